"""What the page says and offers where a graph renders far slower than it plays."""

from __future__ import annotations

import pytest

from runner.bench.chromium import Chromium
from runner.live.planner import Pace
from tests.browser.judge import WARM_FRAMES
from tests.runner.web.house import House

pytestmark = pytest.mark.browser
SHOWN = "!document.getElementById('slow').hidden"


async def test_a_long_wait_is_explained_with_a_way_out_that_is_taken_by_one_click(
    browser: Chromium, house: House
) -> None:
    house._engine.rtf = 27.0
    house.hub._studio.paces.step = Pace(rtf=27.0)
    page = await browser.page()
    await page.goto(house.url + "/")
    await page.until(f"onair.framesPresented.length > {WARM_FRAMES}", seconds=30)
    assert not await page.evaluate(SHOWN)
    await page.click("#text")
    await page.type("Hello to all of you, my friends. And here is some more to say.")
    await page.until(SHOWN, seconds=10)
    told = await page.evaluate("document.getElementById('slow').innerText")
    assert "about" in told
    assert "min" in told
    assert "lighter graph" in told
    await page.click("#by-clause")
    session = next(iter(house.hub._sessions.values()))
    await page.until("onair.state === 'thinking'", seconds=5)
    for _ in range(100):
        if session.by_clause:
            break
        await page.evaluate("new Promise((done) => setTimeout(done, 20))")
    assert session.by_clause
    await page.click("#stop")
    await page.until(f"!({SHOWN})", seconds=5)
    assert page.console == []
