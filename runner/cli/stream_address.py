"""What a user calls a stream on a server, into the folder and the list to read: a server, a channel, a playlist."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from runner.errors import BadInput

ANSWER_S = 10.0
MANIFEST = "manifest.m3u8"
KINDS = "give http://HOST:PORT of a running server, http://HOST:PORT/hls/CHANNEL, or the address of a .m3u8"


def resolve(address: str, *, data: Path) -> tuple[str, str]:
    """Return the address of the stream's folder, without a slash at its end, and the name of the playlist.

    A server is asked for its channels; `data` is its folder when it runs here. Raises: BadInput where there is not
    exactly one, or no playlist.
    """
    parts = _split(address)
    folder, _, name = parts.path.rstrip("/").rpartition("/")
    if not parts.path.strip("/"):
        folder, name = _only_channel(f"{parts.scheme}://{parts.netloc}", data), MANIFEST
    elif not name.endswith(".m3u8"):
        folder, name = f"{folder}/{name}", MANIFEST
    base = f"{parts.scheme}://{parts.netloc}{folder}"
    _check_playlist(f"{base}/{name}")
    return base, urllib.parse.unquote(name)


def fetch(address: str) -> bytes | None:
    """Return what lies at an address, None at a 404. Raises: BadInput when there is no answer, or another one."""
    where = urllib.parse.urlsplit(address)
    server = f"{where.scheme}://{where.netloc}"
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as exc:
        if exc.code == 404:
            return None
        raise BadInput(f"{server} answered {exc.code} for {where.path}; {KINDS}") from exc
    except (OSError, http.client.HTTPException, ValueError) as exc:
        reason = getattr(exc, "reason", None) or str(exc) or type(exc).__name__
        message = f"{server} does not answer as a web server ({reason}); start it, or correct the address"
        raise BadInput(message) from exc


def _split(address: str) -> urllib.parse.SplitResult:
    try:
        parts = urllib.parse.urlsplit(address)
        named = parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if not named:
        raise BadInput(f"{address} is no address that can be asked; {KINDS}")
    return parts


def _only_channel(server: str, data: Path) -> str:
    """Return the path of the one channel on air that can be known from here."""
    told = fetch(f"{server}/api/channels")
    try:
        answer = json.loads(told or b"")
        channels = {str(row["channel"]) for row in answer["channels"] if row["running"]}
        private = int(answer["private"])
    except (ValueError, KeyError, TypeError) as exc:
        raise BadInput(f"{server} is no OnAir server, it lists no channels; {KINDS}") from exc
    channels |= _channels_here(server, data)
    if len(channels) == 1:
        return f"/hls/{channels.pop()}"
    if channels:
        named = ", ".join(f"{server}/hls/{channel}" for channel in sorted(channels))
        raise BadInput(f"{server} has {len(channels)} channels on air; give one of {named}")
    if private:
        raise BadInput(
            f"{server} keeps the channels of its {private} open pages to itself; run this where the server runs, with "
            f"its ONAIR_DATA, or give {server}/hls/CHANNEL as the page's developer tools show it"
        )
    raise BadInput(f"{server} has no channel on air; open it in a browser, and check again")


def _channels_here(server: str, data: Path) -> set[str]:
    """Return a page's own channels, whose ids are keys: who may read the server's data folder may know them."""
    host = urllib.parse.urlsplit(server).hostname or ""
    folders = data / "channels"
    if not (host in ("localhost", "::1") or host.startswith("127.")) or not folders.is_dir():
        return set()
    found = {path.name for path in folders.iterdir() if path.is_dir()}
    return {channel for channel in found if fetch(f"{server}/hls/{urllib.parse.quote(channel)}/{MANIFEST}")}


def _check_playlist(address: str) -> None:
    text = fetch(address)
    if text is None:
        raise BadInput(f"there is no stream at {address}; {KINDS}")
    if not text.lstrip(b"\xef\xbb\xbf").startswith(b"#EXTM3U"):
        what = "a web page" if b"<html" in text[:2000].lower() else "something else"
        raise BadInput(f"{address} is no playlist but {what}; {KINDS}")
