"""The first frame, stage by stage, on the real thing: a live server, real ComfyUI, a real Chromium."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runner.bench.chromium import Chromium, Page, find_browser
from runner.bench.machine import machine, spread
from runner.errors import BadInput, EngineError
from runner.settings import REPOSITORY, load_settings

TEXT = "Good evening. This is the news at nine, live from the studio."
START_S = 300.0
SETTLE_S = 4.0  # the page's rate controller needs some seconds to reach its distance from the edge
TURN_S = 20.0
LOG_END = 500
HLS_JS = Path("vendor", "hls.min.js")
STAGES = ("pcm", "window", "prompt", "clip", "published")


def bench_live(rounds: int = 10) -> dict[str, Any]:
    """Measure `rounds` sentences one after another. Raises: BadInput without a Chromium or hls.js, EngineError.

    Milliseconds from the text's arrival at the server to each stage; `presented` from the page's send to the first
    talking frame that `requestVideoFrameCallback` reports. `rtf`: seconds to render / seconds rendered, per sentence.
    """
    browser = find_browser()
    if browser is None:
        raise BadInput("bench live found no Chromium on the PATH; install one, for example with apt install chromium")
    settings = load_settings()
    if not (settings.data / HLS_JS).is_file():
        raise BadInput(
            f"bench live needs hls.js at {settings.data / HLS_JS}; run python3 install.py setup, it fetches it"
        )
    with tempfile.TemporaryDirectory(prefix="onair-bench-") as folder, _live(Path(folder)) as server:
        try:
            presented, rtfs, errors = asyncio.run(_page(browser, server.address, rounds))
        except RuntimeError as exc:
            raise EngineError(
                f"no talking picture came to the page in time; see how the server's log ends: {server.last_words()}"
            ) from exc
        stages = server.stages()
    return {
        "bench": "live",
        "rounds": rounds,
        "text": TEXT,
        **machine(comfyui=Path(settings.comfyui or REPOSITORY / ".comfyui")),
        "stages_ms": {stage: spread([told[stage] for told in stages if stage in told]) for stage in STAGES},
        "presented_ms": spread(presented),
        "rtf": spread([rtf for rtf in rtfs if math.isfinite(rtf)]),
        "player_errors": errors,
    }


class _Server:
    def __init__(self, address: str, log: Path) -> None:
        self.address = address
        self._log = log

    def last_words(self) -> str:
        """Return the end of the server's log."""
        return self._log.read_text(errors="replace")[-LOG_END:].strip()

    def stages(self) -> list[dict[str, float]]:
        """Return the stages that the turns logged."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [line["stages_ms"] for line in lines if "stages_ms" in line]


@contextlib.contextmanager
def _live(folder: Path) -> Iterator[_Server]:
    log = folder / "log.jsonl"
    command = [sys.executable, "-m", "runner", "live", "--port", "0", "--json"]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line or "address" not in line:
            raise EngineError(
                f"the live server did not start; see its last words: {line or log.read_text()[-LOG_END:]}"
            )
        yield _Server(json.loads(line)["address"], log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def _page(browser: str, address: str, rounds: int) -> tuple[list[float], list[float], int]:
    async with Chromium(browser) as chromium:
        page = await chromium.page()
        await page.goto(address)
        await page.until("window.onair && window.onair.sessionId", seconds=START_S)
        await asyncio.sleep(SETTLE_S)
        await page.click("#text")
        rtfs = [await _say(page, count) for count in range(1, rounds + 1)]
        presented = [float(value) for value in await page.evaluate("window.onair.latencies")]
        errors = int(await page.evaluate("window.onair.errors.length"))
    return presented, rtfs, errors


async def _say(page: Page, count: int) -> float:
    await page.click("#text")
    await page.type(TEXT)
    await page.until(f"window.onair.latencies.length >= {count}", seconds=TURN_S)
    await page.until("window.onair.state === 'idle'", seconds=TURN_S)
    # The next sentence must not fall on the same phase of the parts.
    await asyncio.sleep(0.5 + 0.07 * count)
    return float(await page.evaluate("window.onair.stats ? window.onair.stats.rtf : NaN"))
