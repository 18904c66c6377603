"""The strict checker's door: a folder, or whatever can be fetched, in; a report out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .box import Broken
from .continuity import VIDEO
from .init_segment import avcc_sets, read_init
from .listing import Listing
from .playlist import read_listing
from .reload import compare_texts
from .report import StreamReport
from .walk import Fetch, Walk


def check_stream(source: Path | Fetch, *, playlist: str = "manifest.m3u8", earlier: Sequence[str] = ()) -> StreamReport:
    """Check a folder, or whatever `source(name)` fetches (None where there is nothing).

    `earlier` are texts of the same playlist read before, oldest first: then reloads are judged as well.
    Nothing is raised for a faulty stream: every fault is a Violation in the report.
    """
    fetch = _folder(source) if isinstance(source, Path) else source
    report = StreamReport()
    text = fetch(playlist)
    if text is None:
        report.fault("playlist.absent", playlist, "cannot be fetched")
        return report
    listing = read_listing(text.decode("utf-8", "replace"))
    report.violations += listing.faults + compare_texts([*earlier, text.decode("utf-8", "replace")])
    Walk(fetch, listing, report).all()
    _check_master(fetch, listing, report)
    return report


def _folder(folder: Path) -> Fetch:
    def fetch(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    return fetch


def _check_master(fetch: Fetch, listing: Listing, report: StreamReport) -> None:
    data = fetch("master.m3u8")
    init = fetch(listing.segments[0].map_name) if listing.segments else None
    if data is None or init is None:
        return
    try:
        sps, _ = avcc_sets(read_init(init)[VIDEO].config)
    except (Broken, KeyError, IndexError, StopIteration):
        return
    if f"avc1.{sps[1:4].hex().upper()},mp4a.40.2" not in data.decode("utf-8", "replace"):
        report.fault("master.codecs", "master.m3u8", "CODECS does not name the profile and level of the SPS")
