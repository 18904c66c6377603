"""ComfyUI-WanVideoWrapper, for the graphs that name it: a pinned commit of it, or the folder that the user has."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from installer.errors import BadUse, CommandFailed, InstallError
from installer.layout import Layout
from installer.progress import answers, run, say

NAME = "ComfyUI-WanVideoWrapper"
REPOSITORY = "https://github.com/kijai/ComfyUI-WanVideoWrapper"
COMMIT = "088128b224242e110d3906c6750e9a3a348a659b"  # 2026-05-24; the shipped graphs were run with it
LICENCE = "Apache-2.0"
CLONE_BYTES = 45_000_000  # the tree and its history of one commit
REACH_S, CLONE_S = 20.0, 600.0
RECORD = "pack.json"
PARTS = ("__init__.py", "nodes.py", "nodes_sampler.py", "nodes_model_loading.py", "multitalk/nodes.py")
_MIRROR = f"Clone {REPOSITORY} where it can be reached, and name that folder: --path DIR."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Where it lies and what it is; `commit` is "" where git does not tell. The runner reads this from RECORD."""

    path: str
    origin: str
    commit: str


def missing_parts(folder: Path) -> list[str]:
    """What the pack has and this folder lacks; empty for a whole one."""
    return [name for name in PARTS if not (folder / name).is_file()]


def installed(layout: Layout) -> Pack | None:
    """The pack that was installed last, or None; a folder that has gone since is none."""
    try:
        pack = Pack(**json.loads((layout.wrapper / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return None if missing_parts(Path(pack.path)) else pack


def take(folder: str) -> Pack:
    """The user's own copy, used where it lies and never changed. Raises: BadUse."""
    path = Path(folder).expanduser().resolve()
    lacking = missing_parts(path)
    if lacking:
        raise BadUse(
            f"--path {path} is no {NAME}.",
            why=f"it has no {', no '.join(lacking)}" if path.is_dir() else "there is no such folder",
            remedy="Name the folder that holds its nodes.py.",
        )
    return Pack(path=str(path), origin="your folder", commit=_commit(path))


def clone(layout: Layout, lock_fd: int) -> Pack:
    """Fetch the pinned commit, whole or not at all. Raises: InstallError."""
    target = layout.wrapper / NAME
    if not missing_parts(target) and _commit(target) == COMMIT:
        return Pack(path=str(target), origin=REPOSITORY, commit=COMMIT)
    git = shutil.which("git")
    if not git:
        raise InstallError(f"{NAME} was not fetched.", why="there is no git", remedy=f"Install git. Or: {_MIRROR}")
    if answers([git, "ls-remote", "--exit-code", REPOSITORY, "HEAD"], timeout_s=REACH_S) is None:
        raise InstallError(f"{NAME} was not fetched.", why=f"{REPOSITORY} is not reached", remedy=_MIRROR)
    fresh = layout.wrapper / f"{NAME}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    slow = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30", "-c", "advice.detachedHead=false"]
    try:
        for words in (
            ["init", "--quiet"],
            ["fetch", "--quiet", "--depth", "1", REPOSITORY, COMMIT],
            ["checkout", "--quiet", "FETCH_HEAD"],
        ):
            run([git, "-C", fresh, *slow, *words], label=f"{NAME}, git {words[0]}", log=layout.setup_log,
                lock_fd=lock_fd, timeout_s=CLONE_S)  # fmt: skip
        lacking = missing_parts(fresh)
        if lacking or _commit(fresh) != COMMIT:
            raise InstallError(
                f"What came from {REPOSITORY} is not the pinned {NAME}.",
                why=f"missing: {', '.join(lacking) or 'nothing'}; commit: {_commit(fresh)}", remedy=_MIRROR,
            )  # fmt: skip
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    except CommandFailed as exc:
        raise InstallError(f"{NAME} was not fetched.", why=exc.tail, remedy=_MIRROR) from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Pack(path=str(target), origin=REPOSITORY, commit=COMMIT)


def record(layout: Layout, pack: Pack) -> None:
    """Say that it is there, environment and all: from now on the runner uses it."""
    layout.wrapper.mkdir(parents=True, exist_ok=True)
    fresh = layout.wrapper / f"{RECORD}.new"
    fresh.write_text(json.dumps(asdict(pack), indent=1) + "\n", encoding="utf-8")
    fresh.replace(layout.wrapper / RECORD)
    commit = f"commit {pack.commit[:7]}" if pack.commit else "no commit known"
    other = "" if pack.commit == COMMIT else f"; the graphs were run with {COMMIT[:7]}"
    say(f"    {NAME}: {pack.path}, {commit}{other}")


def _commit(folder: Path) -> str:
    """The commit of a folder that is itself a git work tree, else ""."""
    git = shutil.which("git") if (folder / ".git").exists() else None
    return (git and answers([git, "-C", folder, "rev-parse", "HEAD"])) or ""
