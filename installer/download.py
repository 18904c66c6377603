"""`download`: the model files that the shipped graphs need, and the pack that some of them name.

What is here already is linked, the rest is fetched.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from installer import lock, model_fetch, model_list, wrapper_pack, wrapper_venv
from installer.comfyui_source import ComfySource, missing_parts
from installer.errors import BadUse, InstallError
from installer.layout import Layout
from installer.live_options import refuse_words, split_option
from installer.model_host import host_of
from installer.model_list import WRAPPER
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
    try:
        if not missing_parts(folder):
            return folder / "models"
        usable = folder.parent.is_dir() and (folder.is_dir() or not folder.exists())
    except OSError:  # a name that is too long
        usable = False
    if not usable:
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
        say(f"  {megabytes(item.size_bytes) if item.size_bytes else '?':>8}  {item.model.place.as_posix()}")
        say(f"            {' '.join(filter(None, item.model.repository)) or item.model.url}; {_state(item)}")
    say("Licences of the weights:")
    for line in dict.fromkeys(item.model.licence for item in items):
        say(f"  {line}")


def _check_room(items: list[Item], models: Path) -> None:
    """Say what is needed and what is free. Raises: InstallError."""
    folder = next(path for path in (models, *models.parents) if path.is_dir())
    needed, free = sum(item.missing_bytes for item in items), shutil.disk_usage(folder).free
    unknown = sum(item.is_missing and not item.size_bytes for item in items)
    more = f" and {unknown} of unknown size" if unknown else ""
    say(f"To fetch: {megabytes(needed)}{more}; {megabytes(free)} are free on the disk of {folder}.")
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


def _agreed(arguments: list[str], *, fetches: bool) -> bool:
    """Where somebody sits at a terminal, ask before anything large."""
    if "--yes" in arguments or not fetches or not sys.stdin.isatty():
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
    pack, rest = split_option(rest, "--with")
    folder, rest = split_option(rest, "--path")
    refuse_words("download", rest, FLAGS)
    if pack not in ("", WRAPPER):
        raise BadUse(f"There is no pack {pack!r} to bring.", remedy=f"Take --with {WRAPPER}.")
    if folder and not pack:
        raise BadUse("--path goes with --with.", remedy=f"Write --with {WRAPPER} --path DIR.")
    model_list.choose(layout.root / "workflows", names)  # a wrong name, too
    if pack and not _bring_pack(layout, source, folder, rest):
        return 0
    if pack and not names:
        say(f"Its models: python3 install.py download --set {WRAPPER}")
        return 0
    return _bring_models(layout, source, names, named, rest)


def _bring_pack(layout: Layout, source: ComfySource, folder: str, flags: list[str]) -> bool:
    """Show the pack, then bring it and its environment; False where nobody wants it. Raises: InstallError."""
    if source.url:
        raise BadUse(
            f"The ComfyUI at {source.url} has nodes of its own.",
            remedy=f"Install {wrapper_pack.NAME} there, by ComfyUI Manager; its wav2vec node needs transformers 4.",
        )
    wrapper_venv.check_base(layout)
    if folder:
        wrapper_pack.take(folder)  # a wrong one is told before anything is fetched
    say(f"{wrapper_pack.NAME}, {wrapper_pack.LICENCE}, into {layout.wrapper}:")
    what = f"  taken from {folder}" if folder else f"  {wrapper_pack.REPOSITORY} at {wrapper_pack.COMMIT[:7]}"
    say(f"{what}{'' if folder else f', {megabytes(wrapper_pack.CLONE_BYTES)}'}")
    say(f"  an environment over OnAir's own, {megabytes(wrapper_venv.BYTES)}: {', '.join(wrapper_venv.PINS)}")
    say("  OnAir's environment and your ComfyUI stay as they are.")
    if "--dry-run" in flags:
        return True
    if not _agreed(flags, fetches=True):
        say("Nothing was fetched.")
        return False
    with lock.hold(layout.lock, tell=say) as lock_fd:
        pack = wrapper_pack.take(folder) if folder else wrapper_pack.clone(layout, lock_fd)
        say(f"    {wrapper_venv.install(layout, lock_fd)}")
        wrapper_pack.record(layout, pack)
    return True


def _bring_models(layout: Layout, source: ComfySource, names: list[str], named: str, rest: list[str]) -> int:
    models, host = _folder(layout, source, named), host_of(layout.root)
    wanted = model_list.choose(layout.root / "workflows", names)
    if "--dry-run" in rest:
        items = make_plan(layout, source.tree, models, wanted, host, strict=False)
        _show(items, models)
        _check_room(items, models)
        return 0
    try:
        models.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        why = str(exc.strerror)
        raise InstallError(f"{models} cannot be made.", why=why, remedy="Name another folder by --to FOLDER.") from exc
    with lock.hold(models / LOCK, tell=say):
        items = make_plan(layout, source.tree, models, wanted, host, strict=True)
        _show(items, models)
        _check_room(items, models)
        if not _agreed(rest, fetches=any(item.is_missing for item in items)):
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
