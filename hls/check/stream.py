"""The strict checker's door: a folder, or whatever can be fetched, in; a report out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .box import UNREADABLE
from .continuity import VIDEO
from .init_segment import avcc_sets, read_init
from .listing import Listing
from .playlist import read_listing
from .reload import compare_texts
from .report import StreamReport
from .walk import Fetch, Walk

MASTER_TAG = "#EXT-X-STREAM-INF"


def check_stream(source: Path | Fetch, *, playlist: str = "manifest.m3u8", earlier: Sequence[str] = ()) -> StreamReport:
    """Check a folder, or whatever `source(name)` fetches (None where there is nothing).

    `earlier` are texts of the same playlist read before, oldest first: then reloads are judged as well.
    A master playlist is followed to the first media playlist that it names, in the same folder.
    Nothing is raised for a faulty stream: every fault is a Violation in the report.
    """
    fetch = _folder(source) if isinstance(source, Path) else source
    report = StreamReport()
    text = _text(fetch, playlist)
    if text is not None and MASTER_TAG in text:
        playlist = _media_playlist(text)
        text = _text(fetch, playlist)
    if text is None:
        report.fault("playlist.absent", playlist, "cannot be fetched")
        return report
    listing = read_listing(text)
    report.violations += listing.faults + compare_texts([*earlier, text])
    Walk(fetch, listing, report).all()
    _check_master(fetch, listing, report)
    return report


def _folder(folder: Path) -> Fetch:
    def fetch(name: str) -> bytes | None:
        path = folder / name
        try:
            return path.read_bytes() if path.is_file() else None
        except (OSError, ValueError):  # a name that no file can have, or a file that may not be read
            return None

    return fetch


def _text(fetch: Fetch, playlist: str) -> str | None:
    data = fetch(playlist)
    return None if data is None else data.decode("utf-8", "replace")


def _media_playlist(master: str) -> str:
    """Return the first name behind a variant's tag."""
    behind = master.partition(MASTER_TAG)[2].splitlines()[1:]
    return next((line.strip() for line in behind if line.strip() and not line.startswith("#")), "")


def _check_master(fetch: Fetch, listing: Listing, report: StreamReport) -> None:
    data = fetch("master.m3u8")
    # Who opens it now plays what was listed last; older segments may be of another size, behind a discontinuity.
    init = fetch(listing.segments[-1].map_name) if listing.segments else None
    if data is None or init is None:
        return
    try:
        sps, _ = avcc_sets(read_init(init)[VIDEO].config)
    except UNREADABLE:
        return
    if f"avc1.{sps[1:4].hex().upper()},mp4a.40.2" not in data.decode("utf-8", "replace"):
        report.fault("master.codecs", "master.m3u8", "CODECS does not name the profile and level of the SPS")
