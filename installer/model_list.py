"""Which model files the shipped graphs need: read from the graphs themselves, so that it cannot fall behind them.

ComfyUI's editor keeps name, address and folder of a model in `properties.models` of the node that loads it. Sizes and
checksums are not there; those that are known are recorded below, the source is asked for the others.
"""

from __future__ import annotations

import difflib
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from installer.errors import BadUse

HOST = "https://huggingface.co"
# A set is a family of graphs, or one graph by its name. The first family whose word is in the name has it.
WRAPPER = "wanvideowrapper"
FAMILIES = (WRAPPER, "infinitetalk")
SIZES_BYTES = {
    "Wan2_1-I2V-14B-480p_fp8_e4m3fn_scaled_KJ.safetensors": 16_643_349_018,
    "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors": 738_005_744,
    "wan2.1_infiniteTalk_single_fp16.safetensors": 5_125_258_232,
    "wan2.1_infiniteTalk_multi_fp16.safetensors": 5_124_439_112,
    "Wan2_1-InfiniteTalk-Single_fp8_e4m3fn_scaled_KJ.safetensors": 2_713_548_210,
    "Wan2_1-InfiniteTalk-Multi_fp8_e4m3fn_scaled_KJ.safetensors": 2_679_174_658,
    "wav2vec2-chinese-base_fp16.safetensors": 190_115_368,
    "umt5_xxl_fp8_e4m3fn_scaled.safetensors": 6_735_906_897,
    "Wan2_1_VAE_bf16.safetensors": 253_806_278,
}
"""For a plan where the source cannot be asked; what it says goes before them."""
CHECKSUMS = {
    "Wan2_1-I2V-14B-480p_fp8_e4m3fn_scaled_KJ.safetensors": (
        "2ff922282cd84589702e6e8c26e083d1160bfc2b217dd44e1ae2688441dc495d"
    ),
    "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors": (
        "85c4a61c30e0497aa44b91d93a893b624708461a56fe5485183b28fa07e2dfb3"
    ),
    "wan2.1_infiniteTalk_multi_fp16.safetensors": "4c2486cdfb6ff9a9f27408e98e11e20619136933b20411e0c365b1e84075d195",
    "wav2vec2-chinese-base_fp16.safetensors": "000813e441020f18cff844c969d2d5d4adc2a5ce46b2db1f23950b05d88805b4",
    "umt5_xxl_fp8_e4m3fn_scaled.safetensors": "c3355d30191f1f066b26d93fba017ae9809dce6c627dda5f6a66eaa651204f68",
    "Wan2_1_VAE_bf16.safetensors": "1ab9a32cc2c740f6e39d80d367ce5dcc28db8c71b79b28670546b8973e9d75f9",
}
"""SHA-256 of files that several projects pin alike; of the others the source's own is taken, at the download."""
_CITY96 = f"{HOST}/city96/Wan2.1-I2V-14B-480P-gguf/resolve/main"
_KIJAI_GGUF = f"{HOST}/Kijai/WanVideo_comfy_GGUF/resolve/main/InfiniteTalk"
_KIJAI = f"{HOST}/Kijai/WanVideo_comfy/resolve/main/InfiniteTalk"
_COMFY = f"{HOST}/Comfy-Org/Wan_2.1_ComfyUI_repackaged/resolve/main/split_files/diffusion_models"
OTHER_WEIGHTS = {
    "bf16": (
        f"{_COMFY}/wan2.1_i2v_480p_14B_bf16.safetensors",
        f"{_KIJAI}/Wan2_1-InfiniTetalk-Single_fp16.safetensors",
        f"{_KIJAI}/Wan2_1-InfiniteTalk-Multi_fp16.safetensors",
    ),
    "gguf_q8": (
        f"{_CITY96}/wan2.1-i2v-14b-480p-Q8_0.gguf",
        f"{_KIJAI_GGUF}/Wan2_1-InfiniteTalk_Single_Q8.gguf",
        f"{_KIJAI_GGUF}/Wan2_1-InfiniteTalk_Multi_Q8.gguf",
    ),
    "gguf_q4": (
        f"{_CITY96}/wan2.1-i2v-14b-480p-Q4_K_M.gguf",
        f"{_KIJAI_GGUF}/Wan2_1-InfiniteTalk_Single_Q8.gguf",
        f"{_KIJAI_GGUF}/Wan2_1-InfiniteTalk_Multi_Q8.gguf",
    ),
}
"""What the runner's --quant loads instead; no graph names them. All go into diffusion_models."""
_LICENCES = (
    ("infinitetalk", "InfiniteTalk: Apache-2.0"),
    ("lightx2v", "lightx2v: Apache-2.0"),
    ("umt5", "umT5-XXL, as Wan 2.1 ships it: Apache-2.0"),
    ("wan2", "Wan 2.1: Apache-2.0"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file: its `name` in ComfyUI's model `folder`, where it comes from, and what is known of it beforehand."""

    name: str
    folder: str
    url: str
    sha256: str = ""
    size_bytes: int = 0

    @property
    def place(self) -> Path:
        """Folder and name, below a models folder."""
        return Path(self.folder, self.name)

    @property
    def repository(self) -> tuple[str, str]:
        """`ORG/NAME` and the path in it, or ("", "") where the address is none of a model repository."""
        parts = urllib.parse.unquote(urllib.parse.urlsplit(self.url).path).strip("/").split("/")
        if len(parts) < 5 or parts[2] != "resolve":
            return "", ""
        return "/".join(parts[:2]), "/".join(parts[4:])

    @property
    def licence(self) -> str:
        """One line; only what is known for sure."""
        known = next((line for word, line in _LICENCES if word in self.name.lower()), "")
        page = f"{HOST}/{self.repository[0]}" if self.repository[0] else self.url
        return known or f"{self.name}: see the source page, {page}"


def _records(part: object) -> Iterator[dict[str, str]]:
    """Each entry of a `properties.models`, however deep its node lies: subgraphs hold nodes of their own."""
    if isinstance(part, list):
        for one in part:
            yield from _records(one)
    elif isinstance(part, dict):
        properties = part.get("properties")
        models = properties.get("models") if isinstance(properties, dict) else None
        yield from (entry for entry in models or () if isinstance(entry, dict))
        for one in part.values():
            yield from _records(one)


def _file(record: dict[str, str], graph: Path) -> ModelFile:
    name, folder, url = (str(record.get(key, "")) for key in ("name", "directory", "url"))
    place = PurePosixPath(folder, name)
    if not (name and folder and url) or place.is_absolute() or ".." in place.parts or "\\" in str(place):
        raise BadUse(
            f"{graph.name} names a model that cannot be placed: {place}.",
            remedy="Correct name, directory and url in properties.models of the node that loads it.",
        )
    published = record.get("hash", "") if str(record.get("hash_type", "")).upper() == "SHA256" else ""
    return ModelFile(
        name=name, folder=folder, url=url.partition("?")[0], sha256=published.lower() or CHECKSUMS.get(name, ""),
        size_bytes=SIZES_BYTES.get(name, 0),
    )  # fmt: skip


def files_of(graph: Path) -> list[ModelFile]:
    """The files that a saved workflow names, each once. Raises: BadUse."""
    try:
        content = json.loads(graph.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise BadUse(
            f"{graph} cannot be read.", why=str(exc), remedy="Bring the file back: git checkout workflows"
        ) from exc
    return list({(found := _file(record, graph)).place: found for record in _records(content)}.values())


def sets_of(workflows: Path) -> dict[str, list[ModelFile]]:
    """Every set with its files: the families, each graph that needs models, other weights for them. Raises: BadUse."""
    graphs = {path.stem: found for path in sorted(workflows.glob("*.json")) if (found := files_of(path))}
    families: dict[str, dict[Path, ModelFile]] = {}
    for stem, found in graphs.items():
        kind = next((name for name in FAMILIES if name in stem), stem)
        families.setdefault(kind, {}).update({model.place: model for model in found})
    others = {name: [_other(url) for url in urls] for name, urls in OTHER_WEIGHTS.items()}
    return {**graphs, **{name: list(found.values()) for name, found in families.items()}, **others}


def _other(url: str) -> ModelFile:
    return ModelFile(name=url.rpartition("/")[2], folder="diffusion_models", url=url)


def choose(workflows: Path, names: list[str]) -> list[ModelFile]:
    """The files of the named sets, each once. Raises: BadUse.

    Without a name those of all graphs that need no other pack.
    """
    sets = sets_of(workflows)
    names = names or [name for name in sets if WRAPPER not in name and name not in OTHER_WEIGHTS]
    for name in names:
        if name not in sets:
            near = difflib.get_close_matches(name, sets, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Take one of: {', '.join(sorted(sets))}."
            raise BadUse(f"There is no set of models {name!r}.", remedy=remedy)
    return list({model.place: model for name in names for model in sets[name]}.values())
