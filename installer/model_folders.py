"""Where model files already lie: ComfyUI's extra folders and the caches of the Hugging Face Hub."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from installer.layout import setting
from installer.model_list import ModelFile

EXTRA = "extra_model_paths.yaml"
SHARED_CACHES = (Path("/runpod-volume/huggingface-cache/hub"),)
# ComfyUI's older names for two of its folders.
_ALSO = {"text_encoders": ("clip",), "diffusion_models": ("unet",)}
_HEADER_BYTES = 8
_MAX_HEADER_BYTES = 100_000_000


def hub_caches(root: Path) -> list[Path]:
    """The Hub's cache folders on this machine, the named one first. `root`: of the checkout, for `.env`."""
    found = [Path(setting(root, "HF_HUB_CACHE"))] if setting(root, "HF_HUB_CACHE") else []
    if home := setting(root, "HF_HOME"):
        found.append(Path(home) / "hub")
    found += [Path(setting(root, "XDG_CACHE_HOME", "~/.cache"), "huggingface", "hub"), *SHARED_CACHES]
    # os.path's checks are False, not an error, for what may not be looked into
    return [folder for folder in dict.fromkeys(path.expanduser() for path in found) if os.path.isdir(folder)]


def in_hub(cache: Path, model: ModelFile) -> Iterator[Path]:
    """The file in the snapshots that a cache holds, newest first; the Hub names its blobs by their SHA-256."""
    repository, inside = model.repository
    if repository:
        snapshots = (cache / f"models--{repository.replace('/', '--')}" / "snapshots").glob("*")
        paths = [folder / inside for folder in snapshots if os.path.isfile(folder / inside)]
        for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
            named = re.fullmatch(r"[0-9a-f]{64}", path.resolve().name)
            if not (named and model.sha256 and named[0] != model.sha256):
                yield path


def in_models(models: Path, model: ModelFile) -> list[Path]:
    """Where a file may lie in a `models` folder: under ComfyUI's name for its folder, or an older one."""
    return [models / folder / model.name for folder in (model.folder, *_ALSO.get(model.folder, ()))]


def in_extra(config: Path, model: ModelFile) -> list[Path]:
    """Where a file may lie by an `extra_model_paths.yaml`; none where there is no such file."""
    kinds = {model.folder, *_ALSO.get(model.folder, ())}
    return [folder / model.name for kind, folder in _extra_folders(config) if kind in kinds]


def _extra_folders(config: Path) -> Iterator[tuple[str, Path]]:
    """(kind, folder) of each line: sections with `base_path`, one folder or a `|` block of them. JSON is YAML, too."""
    try:
        text = config.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return
    try:
        sections = json.loads(text)
    except ValueError:
        sections = _yaml(text)
    for section in sections.values() if isinstance(sections, dict) else ():
        if isinstance(section, dict):
            base = config.parent / Path(os.path.expandvars(str(section.get("base_path", "")))).expanduser()
            for kind, folders in section.items():
                if kind not in ("base_path", "is_default"):
                    yield from ((kind, base / line.strip()) for line in str(folders).splitlines() if line.strip())


def _yaml(text: str) -> dict[str, dict[str, str]]:
    """The two levels that this file has; what is none of them is passed over."""
    sections: dict[str, dict[str, str]] = {}
    section, key = "", ""
    for line in text.splitlines():
        plain = re.sub(r"(^|\s)#.*$", "", line).rstrip()
        found = re.match(r"^(\s*)([\w.-]+):(?:\s+(.*))?$", plain)
        if found and not found[1]:
            section, key = found[2], ""
            sections[section] = {}
        elif found and section:
            key = found[2]
            value = (found[3] or "").strip()
            sections[section][key] = "" if value[:1] in ("|", ">") else value.strip("'\"")
        elif plain and key:
            sections[section][key] += f"\n{plain.strip()}"
    return sections


def is_whole(path: Path, *, suffix: str = "") -> bool:
    """Whether a safetensors file is as long as its own header says; of other files, whether there is anything in it.

    `suffix`: of the name that the file is to have.
    """
    try:
        size = path.stat().st_size
        if (suffix or path.suffix) != ".safetensors":
            return size > 0
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_HEADER_BYTES), "little")
            if not 0 < length <= min(size, _MAX_HEADER_BYTES):
                return False
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        return size == _HEADER_BYTES + length + max(ends, default=0)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return False
