"""What is to be done for each model file: it is there, it lies elsewhere and is linked, or it is fetched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from installer import model_fetch, model_folders
from installer.comfyui_source import missing_parts
from installer.errors import BadUse, HostBusy, InstallError
from installer.layout import Layout
from installer.model_host import ModelHost, RemoteFile
from installer.model_list import ModelFile
from installer.progress import warn


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file and what is to be done: nothing where it is `there`, a link to `cached`, else fetching `remote`."""

    model: ModelFile
    target: Path
    there: Path | None = None
    cached: Path | None = None
    remote: RemoteFile | None = None

    @property
    def size_bytes(self) -> int:
        """How large it is; 0 where nobody says so."""
        return (self.remote.size_bytes if self.remote else 0) or self.model.size_bytes

    @property
    def is_missing(self) -> bool:
        """Whether it has to be fetched."""
        return not (self.there or self.cached)

    @property
    def missing_bytes(self) -> int:
        """What is still to be fetched; 0 also where nobody says how much it is."""
        return max(self.size_bytes - model_fetch.came_bytes(self.target), 0) if self.is_missing else 0


def own_models(layout: Layout) -> Path:
    """The models folder of the ComfyUI that `live` starts."""
    return layout.data / "comfyui" / "models"


def _places(layout: Layout, tree: Path | None, models: Path, model: ModelFile) -> tuple[list[Path], list[Path]]:
    """Where ComfyUI sees the file without more ado, and where else it may lie."""
    seen = model_folders.in_models(models, model)
    configs = [models.parent / model_folders.EXTRA] if not missing_parts(models.parent) else []
    elsewhere: list[Path] = []
    if tree is not None:
        around = model_folders.in_models(tree / "models", model)
        extra = model_folders.in_extra(tree / model_folders.EXTRA, model)
        (seen if models == own_models(layout) else elsewhere).extend([*around, *extra])
    seen += [path for config in configs for path in model_folders.in_extra(config, model)]
    for cache in model_folders.hub_caches(layout.root):
        elsewhere += model_folders.in_hub(cache, model)
    return seen, elsewhere


def _item(layout: Layout, tree: Path | None, models: Path, model: ModelFile) -> Item:
    """What is to be done for one file, without asking any host. Raises: BadUse for half a file in its place."""
    target = models / model.place
    seen, elsewhere = _places(layout, tree, models, model)
    there = next((path for path in seen if os.path.isfile(path) and model_folders.is_whole(path)), None)
    if there is None and target.is_file():
        raise BadUse(
            f"{target} is not whole.", why="it is shorter or longer than its own header says",
            remedy="Remove it, or move it away; the same command brings it then.",
        )  # fmt: skip
    whole = (path.resolve() for path in elsewhere if os.path.isfile(path) and model_folders.is_whole(path))
    return Item(model=model, target=target, there=there, cached=None if there else next(whole, None))


def _asked(host: ModelHost, item: Item) -> Item:
    """The same with what the host says of it. Raises: InstallError, also where it has another file than the pinned."""
    remote = host.look(item.model)
    if item.model.sha256 and remote.sha256 and remote.sha256 != item.model.sha256:
        raise InstallError(
            f"{host.url(item.model)} is another file than the one that the graphs were made for.",
            why=f"its SHA-256 is {remote.sha256}, the pinned one is {item.model.sha256}",
            remedy=f"Take another ONAIR_MODEL_HOST, or put a file you trust into models/{item.model.place.as_posix()}.",
        )
    return Item(model=item.model, target=item.target, remote=remote)


def make_plan(
    layout: Layout, tree: Path | None, models: Path, wanted: list[ModelFile], host: ModelHost, *, strict: bool
) -> list[Item]:
    """What is to be done for every file, into the folder `models`; `tree` is the ComfyUI that will read them.

    A host that does not answer is no failure unless `strict`. Raises: InstallError.
    """
    items, silent = [], False
    for model in wanted:
        item = _item(layout, tree, models, model)
        if not (item.there or item.cached or silent):
            try:
                item = _asked(host, item)
            except HostBusy as exc:
                if strict:
                    raise
                silent = True
                warn(f"{host.address} does not answer ({exc.why}): sizes are as they were recorded.")
        items.append(item)
    return items
