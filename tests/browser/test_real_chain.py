"""The same page on the real chain: ComfyUI renders, eSpeak speaks, Chromium plays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from runner.bench.chromium import Chromium
from tests.browser.test_page import FIGURES, GAP_LIMIT_MS, METER, WARM_FRAMES
from tests.e2e.live_server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.comfyui]

SENTENCE = "Many people are now moving along an open road, all the way home, and nobody is ever alone."
SILENT_LEVEL = 0.004
# A comma is a pause of some 0.3 s in this voice; a lost part would be a hole beside it.
LONGEST_PAUSE_MS = 600
QUIET_RUNS = """(() => {
    const talk = levels.filter((l) => l.at > %f);
    const first = talk.findIndex((l) => l.level > 0.02), last = talk.findLastIndex((l) => l.level > 0.02);
    let begun = null, longest = 0;
    for (const l of talk.slice(first, last + 1)) {
        if (l.level > %f) begun = null;
        else { begun = begun ?? l.at; longest = Math.max(longest, l.at - begun); }
    }
    return { longest, heard: first >= 0 ? talk[last].at - talk[first].at : 0 };
})()"""


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


async def test_a_typed_sentence_is_seen_and_heard_and_the_avatar_idles_again(
    browser: Chromium, server: LiveServer, request: pytest.FixtureRequest
) -> None:
    turns = 6 if request.config.getoption("--full", default=False) else 2
    page = await browser.page()
    await page.goto(server.address + "/")
    await page.until(f"onair.framesPresented.length > {WARM_FRAMES}", seconds=60)
    await page.click("#text")
    await page.evaluate(METER)
    heard: list[dict[str, Any]] = []
    for turn in range(1, turns + 1):
        sent = float(await page.evaluate("performance.now()"))
        await page.click("#text")
        await page.type(SENTENCE)
        await page.until(f"onair.latencies.length >= {turn}", seconds=30)
        await page.until("onair.state === 'idle'", seconds=30)
        # The page plays some 0.7 s behind the published edge: the last word is heard after the state says idle.
        await page.until(f"levels.at(-1).at > {sent} && levels.slice(-60).every((l) => l.level < {SILENT_LEVEL})")
        heard.append(await page.evaluate(QUIET_RUNS % (sent, SILENT_LEVEL)))
    told = dict(await page.evaluate(FIGURES % WARM_FRAMES))
    assert told["errors"] == []
    assert told["gaps"][0] <= GAP_LIMIT_MS, told
    for one in heard:
        assert one["heard"] > 3000, heard
        assert one["longest"] < LONGEST_PAUSE_MS, heard
    assert page.console == []
