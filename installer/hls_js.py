"""hls.js for the page: fetched once, checked, then served by us. Without it the browser's own HLS remains."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from installer.errors import CommandFailed
from installer.layout import Layout, setting
from installer.progress import answers, run, say, warn

VERSION = "1.7.4"
MEMBER = "package/dist/hls.min.js"
SHA512 = (
    "a8076573f6eabe4ed382c60dfa104645e7440daee97a6152eba752e2202631c1"
    "b585f2f9c70abae8a908e3b289411ed138d69b9c26dc33933e5b9a70c44fcf12"
)
CDN = f"https://cdn.jsdelivr.net/npm/hls.js@{VERSION}/dist/hls.min.js"
CDN_S = 8.0
NPM_S = 90.0
MAX_BYTES = 5_000_000


def target(layout: Layout) -> Path:
    """Where the page's server looks for it."""
    return layout.data / "vendor" / "hls.min.js"


def is_right(data: bytes) -> bool:
    """Whether these bytes are the pinned ones."""
    return hashlib.sha512(data).hexdigest() == SHA512


def is_there(layout: Layout) -> bool:
    """Whether the file is there and is the pinned one."""
    try:
        return is_right(target(layout).read_bytes())
    except OSError:
        return False


def fetch(layout: Layout, lock_fd: int) -> bool:
    """Bring it, by the npm client or from the CDN; False, with a warning, when neither worked."""
    data = _from_file(layout) or _from_npm(layout, lock_fd) or _from_cdn()
    if data is None:
        warn(
            f"hls.js {VERSION} could not be fetched: browsers with HLS of their own (Safari, recent Chrome) play all "
            "the same, others do not. It is tried again at the next start; ONAIR_HLS_JS=FILE takes one you have."
        )
        return False
    path = target(layout)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    fresh.replace(path)
    say(f"    hls.js {VERSION}, checksum right")
    return True


def _checked(data: bytes, origin: str) -> bytes | None:
    if is_right(data):
        return data
    warn(f"hls.js from {origin} is not the pinned file (SHA-512 {hashlib.sha512(data).hexdigest()[:16]}…): not used.")
    return None


def _from_file(layout: Layout) -> bytes | None:
    named = setting(layout.root, "ONAIR_HLS_JS")
    try:
        return _checked(Path(named).expanduser().read_bytes(), named) if named else None
    except OSError as exc:
        warn(f"ONAIR_HLS_JS: {exc}")
        return None


def _from_npm(layout: Layout, lock_fd: int) -> bytes | None:
    npm = shutil.which("npm")
    if not npm or answers([npm, "--version"]) is None:
        return None
    with tempfile.TemporaryDirectory(prefix="onair-") as folder:
        try:
            # A cache in this folder: the user's own stays as it was.
            options = ["--silent", "--ignore-scripts", "--fetch-retries=1", "--cache=cache"]
            run(
                [npm, "pack", f"hls.js@{VERSION}", *options],
                label="hls.js", log=layout.setup_log, lock_fd=lock_fd, timeout_s=NPM_S, cwd=Path(folder),
            )  # fmt: skip
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as tar:
                file = tar.extractfile(MEMBER)
                return _checked(file.read(MAX_BYTES), "the npm client") if file else None
        except (CommandFailed, StopIteration, KeyError, tarfile.TarError, OSError):
            return None


def _from_cdn() -> bytes | None:
    try:
        with urllib.request.urlopen(CDN, timeout=CDN_S) as answer:
            return _checked(answer.read(MAX_BYTES), "the CDN")
    except (OSError, ValueError):
        return None
