"""Firefox plays the page too: idle, talk, a caption that follows, idle; at its distance from the edge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.firefox import Firefox
from tests.browser.test_page import SENTENCE
from tests.runner.web.house import House

pytestmark = pytest.mark.browser


async def test_firefox_plays_idle_talk_idle_with_captions_and_without_errors(
    firefox: str, house: House, tmp_path: Path, screenshots: Path
) -> None:
    async with Firefox(firefox, tmp_path / "profile") as page:
        await page.goto(house.url + "/")
        await page.until("onair.framesPresented.length > 75", seconds=40)
        await page.evaluate("document.getElementById('text').focus()")
        await page.type(SENTENCE)
        await page.until("onair.latencies.length === 1", seconds=20)
        await page.until("document.querySelectorAll('#caption .said').length > 2", seconds=20)
        await page.screenshot(screenshots / "firefox_talk.png")
        await page.until("document.body.dataset.state === 'idle' && onair.state === 'idle'", seconds=30)
        await page.until("Math.abs(onair.edgeDistance - 0.7) < 0.25", seconds=20)
        frames = await page.evaluate("onair.framesPresented.map((f) => [f.now, f.presented])")
        assert (frames[-1][1] - frames[75][1]) / (frames[-1][0] - frames[75][0]) * 1000 > 22
        assert await page.evaluate("document.querySelector('#turns li').dataset.status") == "done"
        assert [one for one in await page.evaluate("onair.errors") if one["fatal"] or "page" in one["details"]] == []
        assert [line for line in page.errors if "/api/" not in line] == []
