"""What the page does when something breaks: no frames, no server, no player; judged in a real browser."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from runner.bench.chromium import Chromium, Page
from tests.browser.test_page import opened, say
from tests.runner.web.house import House

pytestmark = pytest.mark.browser

FREEZE = """(() => {
    // From here on no frame is presented, as far as the page can see, though the video plays.
    const real = HTMLVideoElement.prototype.requestVideoFrameCallback;
    HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
        return real.call(this, (...told) => window.frozen
            ? setTimeout(() => this.requestVideoFrameCallback(callback), 20)
            : callback(...told));
    };
})()"""
NO_MEDIA_SOURCE = "for (const name of ['MediaSource', 'ManagedMediaSource', 'WebKitMediaSource']) delete window[name];"
STATE = "document.getElementById('state').textContent"
NO_NATIVE = "HTMLMediaElement.prototype.canPlayType = () => '';"


async def opened_with(browser: Chromium, house: House, script: str) -> Page:
    """The page, with `script` run in it before its own."""
    page = await browser.page()
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
    await page.goto(house.url + "/")
    return page


async def plays_on(page: Page, *, frames: int = 50, seconds: float = 20) -> None:
    before = await page.evaluate("onair.framesPresented.length")
    await page.until(f"onair.framesPresented.length > {before + frames}", seconds=seconds)


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What pages reported to the server's log."""
    return [record.__dict__ for record in caplog.records if record.name == "onair.client"]


async def test_without_frames_the_watchdog_seeks_then_reloads_then_builds_a_new_player(
    browser: Chromium, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    page = await opened_with(browser, house, FREEZE)
    await page.until("onair.framesPresented.length > 75", seconds=30)
    caplog.clear()  # on a busy machine the first seconds may have needed the watchdog, too
    await page.evaluate("""(() => {
        window.done = [];
        const hls = window.first = onair.player.hls;
        onair.player.video.addEventListener("seeking", () => done.push("seek"));
        const start = hls.startLoad.bind(hls);
        hls.startLoad = (at) => { done.push("reload"); start(at); };
        window.frozen = true;
    })()""")
    await page.until("onair.player.hls !== first", seconds=20)
    assert await page.evaluate("done.slice(0, 2)") == ["seek", "reload"]
    await page.evaluate("window.frozen = false")
    await plays_on(page)
    steps = [line["event"] for line in told(caplog) if line["event"].startswith("watchdog.")]
    assert steps == ["watchdog.seek", "watchdog.reload", "watchdog.rebuild"]
    # A reload waits for a whole segment, so the picture that nobody could see stood still for a moment.
    assert await page.evaluate("onair.errors.filter((one) => one.fatal)") == []


async def test_a_network_that_was_gone_for_some_seconds_is_survived(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    await page.call("Network.enable")
    await page.call("Network.setBlockedURLs", urls=["*/hls/*"])
    await page.until("onair.errors.length > 0", seconds=20)
    await page.until(f"performance.now() > {await page.evaluate('performance.now()')} + 4000")
    await page.call("Network.setBlockedURLs", urls=[])
    await plays_on(page, seconds=30)
    await page.until("Math.abs(onair.edgeDistance - 0.7) < 0.2", seconds=30)


async def test_after_a_restart_of_the_server_the_page_resumes_its_session_and_talks(
    browser: Chromium, house: House
) -> None:
    page = await opened(browser, house)
    first = await page.evaluate("onair.sessionId")
    await page.evaluate(
        "window.states = []; new MutationObserver(() => states.push(document.body.dataset.state))"
        ".observe(document.body, {attributes: true})"
    )
    await house.restart()
    await page.until("states.includes('lost') && document.body.dataset.state === 'idle'", seconds=20)
    assert await page.evaluate("onair.sessionId") == first
    await plays_on(page, seconds=30)
    await say(page, "One two three four five.")
    await page.until("onair.latencies.length === 1", seconds=20)


async def test_after_a_restart_that_forgot_the_session_the_page_gets_a_new_one(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    first = await page.evaluate("onair.sessionId")
    await house.restart(forget=True)
    await page.until(f"onair.sessionId !== '{first}'", seconds=20)
    await plays_on(page, seconds=30)
    assert await page.evaluate("document.getElementById('notice').hidden")


@pytest.mark.parametrize("missing", ["Media Source", "hls.js"])
async def test_the_browsers_own_player_serves_where_hls_js_cannot(
    browser: Chromium, tmp_path: Path, hls_js: Path, missing: str
) -> None:
    async with House(tmp_path, hls_js=None if missing == "hls.js" else hls_js) as house:
        page = await opened_with(browser, house, NO_MEDIA_SOURCE if missing == "Media Source" else "")
        await page.until("onair.framesPresented.length > 100", seconds=40)
        assert await page.evaluate("[onair.player.hls, onair.player.video.src.endsWith('.m3u8')]") == [None, True]
        await say(page, "One two three four five.")
        await page.until("onair.state === 'talking'", seconds=20)
        assert await page.evaluate(STATE) == "Thinking…"  # the picture is seconds behind, and tells no date
        await page.until(f"{STATE} === 'Talking'", seconds=10)
        await page.until(f"{STATE} === 'Ready'", seconds=20)
        await plays_on(page)


@pytest.mark.parametrize(
    ("script", "hls_is_there", "words"),
    [
        (NO_MEDIA_SOURCE + NO_NATIVE, True, "This browser cannot play live streams."),
        (NO_NATIVE, False, "hls.js is missing on this server: run python3 install.py setup there"),
    ],
    ids=["browser", "server"],
)
async def test_where_nothing_can_play_the_page_says_so_and_stays_quiet(
    browser: Chromium,
    tmp_path: Path,
    hls_js: Path,
    caplog: pytest.LogCaptureFixture,
    script: str,
    hls_is_there: bool,
    words: str,
) -> None:
    async with House(tmp_path, hls_js=hls_js if hls_is_there else None) as house:
        page = await opened_with(browser, house, script)
        await page.until("!document.getElementById('waiting').hidden && onair.errors.length > 0")
        assert words in await page.evaluate("document.getElementById('waiting').textContent")
        await page.until(f"performance.now() > {await page.evaluate('performance.now()')} + 3000")
        await say(page, "One.")
        await page.until("onair.state === 'talking'", seconds=20)
    assert [line["event"] for line in told(caplog)] == ["player.none"]


async def test_errors_of_the_page_reach_the_servers_log(
    browser: Chromium, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    page = await opened(browser, house)
    await page.evaluate("setTimeout(() => { throw new Error('thrown on purpose'); }); 1")
    await page.evaluate("Promise.reject(new Error('rejected on purpose')); 1")
    await page.until("onair.errors.length >= 2")
    await say(page, "")  # an answer from the server: what was sent before it has come
    await plays_on(page, frames=10)
    lines = {line["event"]: line for line in told(caplog)}
    assert lines.keys() >= {"page.error", "page.rejection"}
    assert lines["page.error"]["levelno"] == logging.ERROR
    assert "thrown on purpose" in lines["page.error"]["data"]
    assert lines["page.error"]["session_id"] == await page.evaluate("onair.sessionId")


async def test_keys_that_are_no_action_to_the_browser_neither_unmute_nor_pause(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    for kind in ("keyDown", "keyUp"):
        await page.call("Input.dispatchKeyEvent", type=kind, key="Escape", code="Escape", windowsVirtualKeyCode=27)
    await plays_on(page)
    assert await page.evaluate("[onair.player.video.muted, onair.player.video.paused]") == [True, False]
