"""`check-stream`: reads a stream back and names every fault in it."""

from __future__ import annotations

import dataclasses
import json
import os
import urllib.parse
from pathlib import Path
from typing import Annotated

import typer

from hls.check import StreamReport, check_stream
from hls.ticks import TICKS_HZ
from runner.cli.form import counted
from runner.cli.options import Json
from runner.cli.stream_address import fetch, resolve
from runner.errors import BadInput, StreamFaulty
from runner.settings import load_settings

WHAT = (
    "A folder with manifest.m3u8; the address of a running server (http://HOST:PORT: its one channel), "
    "of a channel (http://HOST:PORT/hls/CHANNEL) or of a .m3u8."
)


def check_stream_command(
    source: Annotated[str, typer.Argument(metavar="URL|FOLDER", help=WHAT)],
    as_json: Json = False,
) -> None:
    """Read a stream strictly: ticks, IDR starts, durations, dates, splices. Exit code 5 when there are faults."""
    report = _report(source)
    if as_json:
        print(json.dumps({**dataclasses.asdict(report), "clean": report.clean}))
    else:
        for fault in report.violations:
            print(f"{fault.code}  {fault.where}: {fault.message}")
        seconds = f"{report.duration_ticks / TICKS_HZ:.2f} s"
        print(f"{counted(report.segments, 'segment')}, {seconds}, {counted(len(report.violations), 'fault')}")
    if not report.clean and as_json:
        raise typer.Exit(StreamFaulty.exit_code)  # the report is the one object
    if not report.clean:
        raise StreamFaulty(f"{source} has {counted(len(report.violations), 'fault')}, named above")


def _report(source: str) -> StreamReport:
    if not source.startswith(("http://", "https://")):
        folder = Path(source)
        if not os.path.isfile(folder / "manifest.m3u8"):  # unlike Path's, False for a name that is too long, too
            raise BadInput(f"{folder} has no manifest.m3u8; give the folder of a stream, or its address (http://…)")
        return check_stream(folder)
    base, playlist = resolve(source, data=load_settings().data)
    return check_stream(lambda name: fetch(f"{base}/{urllib.parse.quote(name)}"), playlist=playlist)
