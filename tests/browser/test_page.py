"""The page in a real browser, judged by what was presented and heard: CONTRACTS section 8, "no stall"."""

from __future__ import annotations

import logging

import pytest

from runner.bench.chromium import Chromium, Page
from tests.browser.judge import WARM_FRAMES, judge, listen
from tests.runner.web.house import House

pytestmark = pytest.mark.browser
log = logging.getLogger("onair.test")

SENTENCE = "One two three four five six seven eight nine ten."


async def opened(browser: Chromium, house: House, *, query: str = "") -> Page:
    page = await browser.page()
    await page.goto(house.url + "/" + query)
    await page.until(f"onair.framesPresented.length > {WARM_FRAMES}", seconds=30)
    return page


def unexpected(page: Page) -> list[str]:
    """What the console complained of, but for the lists that this folder's server refuses on purpose."""
    return [line for line in page.console if "/api/" not in line]


async def say(page: Page, text: str) -> None:
    await page.click("#text")
    await page.type(text)


async def test_idle_talk_idle_is_presented_and_heard_without_a_hole(
    browser: Chromium, house: House, request: pytest.FixtureRequest
) -> None:
    seconds = 60 if request.config.getoption("--full", default=False) else 10
    page = await opened(browser, house)
    await say(page, SENTENCE)
    await listen(page)
    for turn in range(1, 1 + seconds // 10):
        await page.until(f"onair.latencies.length >= {turn}", seconds=20)
        await page.until("onair.state === 'idle'", seconds=30)
        if turn < seconds // 10:
            await say(page, SENTENCE)
    await page.until(f"onair.framesPresented.length > {WARM_FRAMES + seconds * 24}", seconds=seconds + 30)
    told = await judge(page)
    assert told["presented"] >= 24 * told["seconds"]
    assert await page.evaluate("Math.max(...levels.map((l) => l.level))") > 0.02
    assert unexpected(page) == []


async def test_a_stream_that_has_just_begun_is_loaded_once_and_plays_at_once(browser: Chromium, house: House) -> None:
    page = await browser.page()
    await page.goto(house.url + "/")
    await page.until("onair.player.pdtMs() && onair.player.video.currentTime > 3", seconds=20)
    loaded = "performance.getEntriesByType('resource').map((one) => one.name)"
    parts = [name for name in await page.evaluate(loaded) if "/part_" in name]
    assert len(parts) == len(set(parts)), "hls.js loaded a part again"


async def test_sound_is_off_until_the_first_action_and_on_after_it(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    assert await page.evaluate("[onair.player.video.muted, onair.player.video.paused]") == [True, False]
    assert await page.evaluate("document.body.dataset.sound") == "off"
    await page.click("#sound")
    await page.until("!onair.player.video.muted && !onair.player.video.paused", seconds=5)
    assert await page.evaluate("document.body.dataset.sound") == "on"


async def test_stops_in_a_row_show_idle_at_once_and_leave_no_hole(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    await page.click("#text")
    await listen(page)
    for stops in (1, 2, 3):
        await say(page, SENTENCE * 4)
        await page.until(f"onair.latencies.length === {stops}", seconds=20)
        await page.click("#stop")
        await page.until(f"onair.bargeIns.length === {stops}", seconds=5)
        assert await page.evaluate("onair.state") == "idle"
        before = await page.evaluate("onair.framesPresented.length")
        await page.until(f"onair.framesPresented.length > {before + 50}", seconds=10)
    took = await page.evaluate("onair.bargeIns.map((b) => Math.round(b.sought - b.asked))")
    log.warning("stop to seek %s ms", took)
    assert max(took) <= 500
    # From the first part of the burst: from its last one 0.3 s would be left, and one late part is a stall.
    assert await page.evaluate("Math.min(...onair.bargeIns.map((b) => b.left))") > 0.5
    await judge(page)


async def test_a_reload_goes_on_with_the_same_session(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    first = await page.evaluate("onair.sessionId")
    await page.goto(house.url + "/")
    await page.until("window.onair && onair.sessionId && onair.framesPresented.length > 5", seconds=20)
    assert await page.evaluate("onair.sessionId") == first


async def test_a_session_that_is_gone_is_replaced_by_a_new_one(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    first = await page.evaluate("onair.sessionId")
    await house.hub.close_session(first)
    await page.until(f"onair.sessionId !== '{first}'", seconds=20)
    before = await page.evaluate("onair.framesPresented.length")
    await page.until(f"onair.framesPresented.length > {before + 50}", seconds=20)


async def test_the_behind_parameter_moves_the_playhead(browser: Chromium, house: House) -> None:
    page = await opened(browser, house, query="?behind=1.4")
    await page.until("Math.abs(onair.edgeDistance - 1.4) < 0.12", seconds=20)


async def test_the_state_and_the_caption_stay_until_the_picture_has_said_it(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    await say(page, SENTENCE)
    await page.until("onair.state === 'talking'", seconds=20)
    await page.until("onair.state === 'idle'", seconds=30)
    # The last part has just been published; the picture is still some 0.7 s behind it.
    assert await page.evaluate("document.body.dataset.state") == "talking"
    await page.until("document.body.dataset.state === 'idle'", seconds=3)
