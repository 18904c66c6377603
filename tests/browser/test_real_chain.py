"""The same page on the real chain: ComfyUI renders, eSpeak speaks, Chromium plays; for a minute in full."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from runner.bench.chromium import Chromium
from tests.browser.judge import LONGEST_PAUSE_MS, WARM_FRAMES, heard, judge, listen
from tests.e2e.live_server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.comfyui]
log = logging.getLogger("onair.test")

SENTENCE = "Many people are now moving along an open road, all the way home, and nobody is ever alone."
FULL_SECONDS, SECONDS = 60, 12


@pytest.fixture
def server(tmp_path: Path, hls_js: Path) -> Iterator[LiveServer]:
    live = LiveServer(data=tmp_path / "data")
    (live.data / "vendor").mkdir(parents=True)
    copyfile(hls_js, live.data / "vendor" / "hls.min.js")
    live.start()
    try:
        yield live
    finally:
        live.close()


async def test_idle_talk_idle_is_seen_and_heard_without_a_hole(
    browser: Chromium, server: LiveServer, request: pytest.FixtureRequest
) -> None:
    seconds = FULL_SECONDS if request.config.getoption("--full", default=False) else SECONDS
    page = await browser.page()
    await page.goto(server.address + "/")
    await page.until(f"onair.framesPresented.length > {WARM_FRAMES}", seconds=60)
    await page.click("#text")
    await listen(page)
    began_ms = float(await page.evaluate("performance.now()"))
    sent_ms, turns = began_ms, 0
    while sent_ms < began_ms + seconds * 1000 or turns < 2:
        turns += 1
        sent_ms = float(await page.evaluate("performance.now()"))
        await page.click("#text")
        await page.type(SENTENCE)
        await page.until(f"onair.latencies.length >= {turns}", seconds=30)
        await page.until("onair.state === 'idle'", seconds=30)
        sound = await heard(page, since_ms=sent_ms)
        log.warning("heard %s", sound)
        assert sound["heard_ms"] > 3000
        assert sound["silent_ms"] < LONGEST_PAUSE_MS
    told = await judge(page)
    assert told["seconds"] >= seconds
    assert told["presented"] >= 24 * told["seconds"]
    assert page.console == []
