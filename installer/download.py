"""`download`: the model files that the shipped graphs need. What is here already is linked, the rest is fetched."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from installer import lock, model_fetch, model_list
from installer.comfyui_source import ComfySource, missing_parts
from installer.errors import BadUse, InstallError
from installer.layout import Layout
from installer.live_options import refuse_words, split_option
from installer.model_host import host_of
from installer.model_plan import Item, make_plan, own_models
from installer.plan import RESERVE_BYTES
from installer.progress import megabytes, say

FLAGS = ("--dry-run", "--yes")
LOCK = ".onair-download.lock"


def _folder(layout: Layout, source: ComfySource, named: str) -> Path:
    """The models folder to fill. Raises: BadUse."""
    if not named and source.url:
        raise BadUse(
            f"The ComfyUI at {source.url} does not see this machine's models.",
            remedy="Run download on its machine, or name its models folder by --to FOLDER.",
        )
    if not named:
        return own_models(layout)
    folder = Path(named).expanduser().resolve()
    if not missing_parts(folder):
        return folder / "models"
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise BadUse(f"--to {folder} is no folder.", remedy="Name a ComfyUI's models folder; it is made if missing.")
    return folder


def _state(item: Item) -> str:
    if item.there or item.cached:
        return f"there: {item.there}" if item.there else f"to link: {item.cached}"
    came = model_fetch.came_bytes(item.target)
    pinned = item.model.sha256 or (item.remote.sha256 if item.remote else "")
    checksum = f"SHA-256 {pinned[:12]}…" if pinned else "checksum: not published"
    if not pinned and item.remote is None:
        checksum = "checksum: as the source will say"
    return f"to fetch{f', {megabytes(came)} are here' if came else ''}; {checksum}"


def _show(items: list[Item], models: Path) -> None:
    say(f"Models, into {models}:")
    for item in items:
        size = (item.remote.size_bytes if item.remote else 0) or item.model.size_bytes
        say(f"  {megabytes(size) if size else '?':>8}  {item.model.place.as_posix()}")
        say(f"            {' '.join(filter(None, item.model.repository)) or item.model.url}; {_state(item)}")
    say("Licences of the weights:")
    for line in dict.fromkeys(item.model.licence for item in items):
        say(f"  {line}")


def _check_room(items: list[Item], models: Path) -> None:
    """Say what is needed and what is free. Raises: InstallError."""
    folder = next(path for path in (models, *models.parents) if path.is_dir())
    needed, free = sum(item.missing_bytes for item in items), shutil.disk_usage(folder).free
    say(f"To fetch: {megabytes(needed)}; {megabytes(free)} are free on the disk of {folder}.")
    if needed and free < needed + RESERVE_BYTES:
        raise InstallError(
            f"There is not enough room on the disk of {folder}.",
            why=f"{megabytes(needed + RESERVE_BYTES)} are needed, {megabytes(free)} are free",
            remedy="Free some space, or take another disk by --to FOLDER. Nothing was fetched.",
        )


def _link(item: Item) -> None:
    assert item.cached is not None
    item.target.parent.mkdir(parents=True, exist_ok=True)
    item.target.unlink(missing_ok=True)  # a link whose file has gone
    item.target.symlink_to(item.cached)
    say(f"    {item.model.name}: linked to {item.cached}")


def _agreed(arguments: list[str], items: list[Item]) -> bool:
    """Where somebody sits at a terminal, ask before anything large."""
    if "--yes" in arguments or not any(item.missing_bytes for item in items) or not sys.stdin.isatty():
        return True
    try:
        return input("Fetch them? [Y/n] ").strip().lower() in ("", "y", "yes")
    except EOFError:
        return False


def _sets(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The values of every `--set`, and the other words. Raises: BadUse."""
    names, rest = [], list(arguments)
    while any(word == "--set" or word.startswith("--set=") for word in rest):
        at = next(number for number, word in enumerate(rest) if word == "--set" or word.startswith("--set="))
        length = 1 if "=" in rest[at] else 2
        name, _ = split_option(rest[at : at + length], "--set")
        names.append(name)
        del rest[at : at + length]
    return names, rest


def run_download(layout: Layout, source: ComfySource, arguments: list[str]) -> int:
    """Show, then link and fetch what is missing. Raises: InstallError."""
    names, rest = _sets(arguments)
    named, rest = split_option(rest, "--to")
    refuse_words("download", rest, FLAGS)
    models, host = _folder(layout, source, named), host_of(layout.root)
    wanted = model_list.choose(layout.root / "workflows", names)
    if "--dry-run" in rest:
        items = make_plan(layout, source.tree, models, wanted, host, strict=False)
        _show(items, models)
        _check_room(items, models)
        return 0
    models.mkdir(parents=True, exist_ok=True)
    with lock.hold(models / LOCK, tell=say):
        items = make_plan(layout, source.tree, models, wanted, host, strict=True)
        _show(items, models)
        _check_room(items, models)
        if not _agreed(rest, items):
            say("Nothing was fetched.")
            return 0
        for item in items:
            if item.cached:
                _link(item)
            elif item.remote:
                model_fetch.fetch(host, item.model, item.target, item.remote)
                say(f"    {item.model.name}: {'checked' if item.model.sha256 or item.remote.sha256 else 'size right'}")
    say(f"All {len(items)} files are there.")
    return 0
