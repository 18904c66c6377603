"""The caption: a few lines that follow the voice, below the face; nothing lies over anything else."""

from __future__ import annotations

import json

import pytest

from runner.bench.chromium import Chromium
from tests.browser.test_page import opened
from tests.runner.web.house import House

pytestmark = pytest.mark.browser

SENTENCE = "word " * 3000
WORDS = [(0, 3, 48000), (4, 3, 96000), (8, 5, 240000)]
BOXES = """Object.fromEntries(['header', '#stage', '#caption', '#sound', 'form'].map((name) => {
    const box = document.querySelector(name).getBoundingClientRect();
    return [name, { top: box.top, bottom: box.bottom, left: box.left, right: box.right, height: box.height }];
}))"""
# A caption of its own beside the page's, with a clock that is set by hand.
OWN = """import('/page/talk/caption.js').then(({ Caption }) => {
    const element = document.getElementById('caption');
    window.at = 0;
    window.own = new Caption(element, () => at);
    window.line = () => parseFloat(getComputedStyle(element).lineHeight);
    window.row = () => Math.round(element.scrollTop / line());
    window.rows = () => element.scrollHeight / line();
    return true;
})"""


@pytest.mark.parametrize("size", [(390, 844), (1280, 800), (844, 390), (320, 568)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_longest_sentence_leaves_the_face_and_the_header_free(
    browser: Chromium, house: House, size: tuple[int, int]
) -> None:
    page = await browser.page(width=size[0], height=size[1], mobile=size[0] < 1000)
    await page.goto(house.url + "/")
    await page.until("onair.framesPresented.length > 5", seconds=30)
    await house.say(SENTENCE)  # not from the page: typing would turn the sound on
    await page.until("document.getElementById('caption').textContent", seconds=20)
    box = await page.evaluate(BOXES)
    stage = box["#stage"]
    picture = min(stage["height"], stage["right"] - stage["left"])  # it is square, in the middle of the stage
    assert 0 < box["#caption"]["height"] <= picture / 4 + 0.5
    assert box["#caption"]["top"] > (stage["top"] + stage["bottom"]) / 2 >= box["header"]["bottom"]
    caption, sound = box["#caption"], box["#sound"]
    assert caption["bottom"] < sound["top"] or caption["right"] < sound["left"]
    assert sound["top"] > (stage["top"] + stage["bottom"]) / 2  # not on the face
    assert max(caption["bottom"], sound["bottom"]) <= stage["bottom"]
    beside = box["form"]["left"] >= stage["right"]
    assert beside or stage["bottom"] <= box["form"]["top"]
    assert box["form"]["right"] <= size[0]
    assert box["form"]["bottom"] <= size[1]
    await page.click("#sound")
    assert await page.evaluate("document.body.dataset.sound") == "on"


async def test_the_lines_follow_the_voice_and_end_on_the_last(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    await page.evaluate(OWN)
    await page.evaluate("own.say({ turn: 'a', text: 'word '.repeat(300), start_ticks: 0 })")
    assert await page.evaluate("row()") == 0
    for share in (0.25, 0.5, 0.75):
        await page.evaluate(f"at = {share} * 1500 / own.pace")
        await page.until(f"Math.abs(row() + 1 - {share} * rows()) <= 1")
    await page.evaluate("at = 1e6")
    end = "document.getElementById('caption')"
    await page.until(f"{end}.scrollTop + {end}.clientHeight >= {end}.scrollHeight - 1", seconds=5)
    await page.evaluate("own.clear()")
    assert await page.evaluate(f"getComputedStyle({end}).display") == "none"


async def test_a_slow_voice_is_learned_from_the_clause_before(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    await page.evaluate(OWN)
    await page.evaluate("own.say({ turn: 'a', text: 'x'.repeat(70), start_ticks: 0 })")
    await page.evaluate("own.say({ turn: 'a', text: 'y'.repeat(70), start_ticks: 10 * 48000 })")
    assert await page.evaluate("own.pace") == 7
    await page.evaluate("own.say({ turn: 'b', text: 'z', start_ticks: 11 * 48000 })")
    assert await page.evaluate("own.pace") == 7


async def test_the_page_says_that_a_new_sentence_cuts_off_the_old_one(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    told = "document.getElementById(document.getElementById('text').getAttribute('aria-describedby')).innerText"
    assert "cuts off the one being spoken" in await page.evaluate(told)


async def test_each_word_is_marked_when_the_voice_comes_to_it(browser: Chromium, house: House) -> None:
    page = await opened(browser, house)
    await page.evaluate(OWN)
    now = "document.querySelector('#caption .now')?.textContent"
    words = [{"at": at, "chars": chars, "start_ticks": ticks} for at, chars, ticks in WORDS]
    clause = {"turn": "a", "text": "One two three.", "start_ticks": 48000, "words": words}
    await page.evaluate(f"own.say({json.dumps(clause)})")
    for seconds, word in ((0.5, "One"), (1.5, "two"), (3.9, "two"), (4.1, "three.")):
        await page.evaluate(f"at = {seconds}")
        await page.until(f"{now} === '{word}'")
    assert await page.evaluate("document.querySelectorAll('#caption .said').length") == 2
    # A word that no event names is said with the one before it.
    clause["words"] = [words[0], words[2]]
    await page.evaluate(f"at = 0; own.say({json.dumps(clause)})")
    await page.evaluate("at = 4.1")
    await page.until(f"{now} === 'three.'")
    assert await page.evaluate("document.querySelector('#caption .said').textContent") == "One two"
    # Without words of the provider they are spread over the letters.
    await page.evaluate("at = 100; own.say({ turn: 'b', text: 'aaaaaaaaa bbbbbbbbb', start_ticks: 0 })")
    await page.evaluate("at = 100 + 12 / own.pace")
    await page.until(f"{now} === 'bbbbbbbbb'")
    assert await page.evaluate("document.getElementById('caption').textContent") == "aaaaaaaaa bbbbbbbbb"
    await page.click("#captions")
    assert await page.evaluate("getComputedStyle(document.getElementById('caption')).display") == "none"
