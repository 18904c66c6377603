"""A network that does not keep up: the picture goes on from a reserve, the page says why, and comes back by itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_nodes.portrait.drawn import draw
from custom_nodes.portrait.talker import Talker
from hls.encode import encode_clip
from runner.bench.chromium import Chromium, Page
from tests.browser.judge import WARM_FRAMES
from tests.runner.web.house import House

pytestmark = pytest.mark.browser
TOLD = "document.getElementById('network').textContent"
STATE = "document.getElementById('state').textContent"
FRAMES = "onair.framesPresented.length"
UNHURRIED = 0  # CDP takes it for no limit, with -1 bytes a second


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face, which takes as many bits as faces do."""
    path = tmp_path_factory.mktemp("loop") / "face.mp4"
    talker = Talker(draw("presenter", 256, 256))
    encode_clip(talker.idle(48), path, width=256, height=256, idr_every_frames=24)
    return path


@pytest.fixture
async def house(tmp_path: Path, hls_js: Path, loop: Path) -> AsyncIterator[House]:
    async with House(tmp_path, hls_js=hls_js, loop=loop) as opened:
        yield opened


async def throttle(page: Page, *, bits_per_s: float, latency_ms: int) -> None:
    await page.call("Network.enable")
    bytes_per_s = bits_per_s / 8 if bits_per_s else -1
    limits = {"downloadThroughput": bytes_per_s, "uploadThroughput": bytes_per_s, "latency": latency_ms}
    await page.call("Network.emulateNetworkConditions", offline=False, **limits)


async def opened(browser: Chromium, house: House, *, spare: float) -> Page:
    """Return a page that plays, on a network with `spare` times the bits that it needs, and 300 ms to each answer."""
    page = await browser.page(width=390, height=844, mobile=True)
    await page.goto(house.url + "/")
    await page.until(f"{FRAMES} > {WARM_FRAMES}", seconds=30)
    assert await page.evaluate(TOLD) == ""
    needed = float(await page.evaluate("onair.distance.network.rates.neededBitsPerS"))
    await throttle(page, bits_per_s=spare * needed, latency_ms=300)
    return page


async def plays(page: Page, *, frames: int) -> None:
    seen = int(await page.evaluate(FRAMES))
    await page.until(f"{FRAMES} > {seen + frames}", seconds=frames / 25 + 10)


async def test_the_picture_goes_on_behind_a_slow_network_and_comes_back(browser: Chromium, house: House) -> None:
    # Parts come later and later; whole segments, with fewer waits, come in time.
    page = await opened(browser, house, spare=2.5)
    await page.until("onair.distance.name === 'far'", seconds=30)
    assert "a few seconds behind" in await page.evaluate(TOLD)
    stood = int(await page.evaluate("onair.distance.network.stalls"))
    await page.click("#text")
    await page.type("One two three four five six seven eight nine ten. " * 4)
    await page.until("onair.latencies.length", seconds=30)
    await plays(page, frames=50)
    assert await page.evaluate("onair.distance.network.stalls") <= stood

    await page.click("#stop")
    await page.until(f"{STATE} === 'Stopping…'", seconds=3)
    await page.until("onair.bargeIns.length", seconds=15)
    await page.until(f"{STATE} === 'Ready'", seconds=3)

    await page.evaluate("onair.player.rebuild()")  # as for another avatar: it begins from a reserve, too
    await page.until("onair.player.bufferedAheadS > 0.3 && onair.player.video.playbackRate === 0", seconds=10)
    await plays(page, frames=25)
    assert await page.evaluate("onair.distance.name") in {"far", "short"}

    await throttle(page, bits_per_s=UNHURRIED, latency_ms=0)
    await page.evaluate("onair.distance.calmMs = 500")
    await page.until("onair.distance.name === 'near' && onair.edgeDistance < 1.2", seconds=60)
    assert await page.evaluate(TOLD) == ""
    await plays(page, frames=25)
    assert page.console == []


async def test_the_page_tells_of_talk_when_the_picture_comes_to_it(browser: Chromium, house: House) -> None:
    page = await browser.page()
    await page.goto(house.url + "/")
    await page.until(f"{FRAMES} > {WARM_FRAMES}", seconds=30)
    await page.evaluate("onair.distance.rateController.hold()")
    await page.click("#text")
    await page.type("One two three four five six seven eight nine ten. " * 2)
    await page.until("onair.state === 'talking'", seconds=10)
    await page.until("onair.edgeDistance > 3", seconds=10)  # longer than it would take a picture that runs
    assert await page.evaluate(STATE) == "Thinking…"
    await page.evaluate("onair.distance.rateController.release()")
    await page.until(f"{STATE} === 'Talking'", seconds=5)

    # The server has said all of it and can stop nothing; the picture, which is behind, can.
    await page.evaluate("onair.distance.rateController.hold()")
    await page.until("onair.state === 'idle'", seconds=15)
    assert await page.evaluate(STATE) == "Talking"
    await page.click("#stop")
    await page.until(f"{STATE} === 'Ready' && onair.bargeIns.length === 1", seconds=10)
    await page.evaluate("onair.distance.rateController.release()")
    await plays(page, frames=10)


async def test_a_network_below_the_stream_is_told_with_what_helps(browser: Chromium, house: House) -> None:
    page = await opened(browser, house, spare=0.8)
    await page.until("onair.distance.name === 'short'", seconds=60)
    told = await page.evaluate(TOLD)
    assert re.search(r"brings 0\.\d of the 0\.\d Mbit/s", told)
    assert "Wi-Fi" in told
    await plays(page, frames=10)


async def test_a_silence_is_told_and_is_no_slow_network(browser: Chromium, house: House) -> None:
    page = await browser.page()
    await page.goto(house.url + "/")
    await page.until(f"{FRAMES} > {WARM_FRAMES}", seconds=30)
    await page.call("Network.enable")
    limits = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await page.call("Network.emulateNetworkConditions", offline=True, **limits)
    await page.until(f"{TOLD}.includes('No picture comes')", seconds=15)
    await page.click("#text")
    await page.type("Kept.")
    assert await page.evaluate("document.getElementById('text').value") == "Kept."
    assert "the text is kept" in await page.evaluate("document.getElementById('notice').textContent")
    await page.call("Network.emulateNetworkConditions", offline=False, **limits)
    await plays(page, frames=50)
    assert await page.evaluate(TOLD) == ""
    assert await page.evaluate("onair.distance.name") == "near"
