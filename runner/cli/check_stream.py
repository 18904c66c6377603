"""`check-stream`: reads a stream back and names every fault in it."""

from __future__ import annotations

import dataclasses
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from hls.check import StreamReport, check_stream
from hls.ticks import TICKS_HZ
from runner.cli.options import Json
from runner.errors import BadInput, StreamFaulty

ANSWER_S = 10.0


def check_stream_command(
    source: Annotated[str, typer.Argument(help="A folder with manifest.m3u8, or the address of one.")],
    as_json: Json = False,
) -> None:
    """Read a stream strictly: ticks, IDR starts, durations, dates, splices. Exit code 5 when there are faults."""
    report = _report(source)
    if as_json:
        print(json.dumps({**dataclasses.asdict(report), "clean": report.clean}))
    else:
        for fault in report.violations:
            print(f"{fault.code}  {fault.where}: {fault.message}")
        print(f"{report.segments} segments, {report.duration_ticks / TICKS_HZ:.2f} s, {len(report.violations)} faults")
    if not report.clean and as_json:
        raise typer.Exit(StreamFaulty.exit_code)  # the report is the one object
    if not report.clean:
        raise StreamFaulty(f"{source} has {len(report.violations)} faults; they are named above")


def _report(source: str) -> StreamReport:
    if not source.startswith(("http://", "https://")):
        folder = Path(source)
        if not (folder / "manifest.m3u8").is_file():
            raise BadInput(f"{folder} has no manifest.m3u8; give the folder of a stream, or its address")
        return check_stream(folder)
    base, _, playlist = source.rpartition("/")
    return check_stream(_fetcher(base), playlist=playlist or "manifest.m3u8")


def _fetcher(base: str) -> Callable[[str], bytes | None]:
    def fetch(name: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"{base}/{urllib.parse.quote(name)}", timeout=ANSWER_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as exc:
            if exc.code == 404:
                return None
            raise BadInput(f"{base} answered {exc.code} for {name}; give the address of the playlist") from exc
        except OSError as exc:
            raise BadInput(f"{base} does not answer ({exc}); correct the address, or start the server") from exc

    return fetch
