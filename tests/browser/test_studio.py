"""The studio around the picture: what a viewer does with it, and what it leaves behind; one server for the file."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from runner.bench.chromium import Chromium, Page
from tests.browser.test_page import SENTENCE, say, unexpected
from tests.packs.drawn import draw_presenter
from tests.runner.web.house import House

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SHIFTS = """window.shifted = []; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted.push(
        [entry.value, ...entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName)]);
}).observe({ type: 'layout-shift', buffered: true });"""
POSTER = "/api/avatars/presenter/picture?size=1024"
LOADED = """document.addEventListener('load', ({ target }) => {
    if (target.id === 'poster') window.posterAt ??= performance.now(); }, true);"""
HIDE = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true });"
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
MOVING = """(document.body.dataset.state = 'thinking',
    document.getAnimations().map(({ effect }) => effect.target.id || effect.target.className))"""
AXE_RUN = """axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map((one) => [one.id, ...one.nodes.map((node) => node.target.join(' '))]))"""
SOCKETS = """window.sockets = []; window.WebSocket = class extends WebSocket {
    constructor(...told) { super(...told); sockets.push(this); } };"""
CODES = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowUp": 38}
KEYBOARD = """{ const real = matchMedia;  // a headless browser has no mouse, and so seems to be a phone
    window.matchMedia = (query) => query === '(hover: hover)' ? { matches: true } : real(query); }"""
# What a screen reader reads out: a live region that is seen, whole, whenever something in it changes.
READ_OUT = """window.told = []; document.addEventListener('DOMContentLoaded', () => {
    const live = (node) => (node.nodeType === 1 ? node : node.parentElement)
        .closest('[aria-live], [role=status], [role=alert], [role=log]');
    new MutationObserver((changes) => {
        for (const region of new Set(changes.map(({ target }) => live(target)))) {
            if (region?.getAttribute('aria-live') === 'off' || !region?.getClientRects().length) continue;
            if (region.innerText) told.push(region.innerText);
        }
    }).observe(document.body, { childList: true, subtree: true, attributeFilter: ['hidden'] });
});"""
# As Safari tells of the Enter that accepts a composed word.
COMPOSED = """document.getElementById('text').dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))"""
DIALOGS = ("avatars", "share", "keys")
RELOADS, FULL_RELOADS = 6, 100


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, hls_js: Path) -> AsyncIterator[House]:
    async with House(tmp_path_factory.mktemp("house"), hls_js=hls_js) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def browser(house: House, chromium_path: str) -> AsyncIterator[Chromium]:
    async with Chromium(chromium_path) as opened:
        yield opened
    for session in list(house.hub._sessions):
        await house.hub.close_session(session)


async def opened(browser: Chromium, address: str, *, script: str = "", **size: int) -> Page:
    page = await browser.page(**size)
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=SHIFTS + script)
    await page.goto(address)
    return page


async def seen(page: Page, *, frames: int = 10) -> None:
    await page.until(f"onair.framesPresented.length > {frames}", seconds=30)


async def keep(page: Page, path: Path) -> None:
    await asyncio.to_thread(path.write_bytes, await page.screenshot())


async def press(page: Page, key: str, text: str = "") -> None:
    """Press a key, as a keyboard does; with its `text` it does what it does to the element that has the focus."""
    told = {"key": key, "code": key, "windowsVirtualKeyCode": CODES[key]}
    await page.call("Input.dispatchKeyEvent", type="keyDown", **told, **({"text": text} if text else {}))
    await page.call("Input.dispatchKeyEvent", type="keyUp", **told)


async def scheme(page: Page, name: str) -> None:
    # Without motion: a colour on its way to another one is nobody's contrast.
    told = {"prefers-color-scheme": name, "prefers-reduced-motion": "reduce"}
    features = [{"name": feature, "value": value} for feature, value in told.items()]
    await page.call("Emulation.setEmulatedMedia", features=features)


def face(side: int = 512) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw_presenter(512, 512)).resize((side, side)).save(buffer, format="JPEG")
    return buffer.getvalue()


async def test_the_avatar_is_there_before_the_stream_and_nothing_moves(
    browser: Chromium, house: House, screenshots: Path
) -> None:
    await house.http.get(POSTER)  # drawn once in a server's life
    page = await opened(browser, house.url + "/", script=LOADED, width=1920, height=1080)
    await seen(page)
    assert await page.evaluate("window.posterAt < onair.framesPresented[0].now")
    await keep(page, screenshots / "idle_1920.png")
    await say(page, SENTENCE)
    await page.until("document.querySelectorAll('#caption .said').length > 1")
    await keep(page, screenshots / "talk_1920.png")
    await page.until("document.body.dataset.state === 'idle'", seconds=20)
    assert await page.evaluate("shifted") == []
    box = await page.evaluate("(({ width, height }) => [width, height])(stage.getBoundingClientRect())")
    assert box[0] > 1920 * 0.7
    assert box[1] > 1080 * 0.85
    assert unexpected(page) == []


async def test_what_was_said_is_listed_comes_back_by_arrows_and_survives_a_reload(
    browser: Chromium, house: House
) -> None:
    page = await opened(browser, house.url + "/")
    await seen(page)
    await say(page, "One two.")
    await page.until("document.querySelector('#turns li')?.dataset.status === 'done'", seconds=20)
    await say(page, SENTENCE * 4)
    await page.until("onair.latencies.length === 2", seconds=20)
    await page.evaluate("document.querySelectorAll('.again')[1].focus(); 1")
    await press(page, "Escape")
    await page.until("document.querySelectorAll('#turns li')[1].dataset.status === 'interrupted'")
    assert await page.evaluate("document.activeElement === document.querySelectorAll('.again')[1]")
    await page.evaluate("document.getElementById('text').focus(); 1")
    assert await page.evaluate("document.querySelectorAll('#turns li')[1].querySelector('del').textContent.length > 20")
    stages = await page.evaluate("document.querySelector('.stages').getAttribute('aria-label')")
    assert all(word in stages for word in ("to the first picture", "Voice", "Picture", "Stream", "Screen")), stages
    said = (SENTENCE * 4).strip()
    for key, value in (("ArrowUp", said), ("ArrowUp", "One two."), ("ArrowDown", said)):
        await page.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key)
        assert await page.evaluate("document.getElementById('text').value") == value
    await page.evaluate(COMPOSED)
    assert await page.evaluate("document.getElementById('text').value") == said
    await page.goto(house.url + "/")
    await page.until("document.querySelectorAll('#turns li').length === 2")


async def test_a_clause_of_another_application_that_is_told_again_is_listed_once(
    browser: Chromium, house: House
) -> None:
    page = await opened(browser, house.url + "/")
    listed = await page.evaluate(
        """import('/page/talk/conversation.js').then(({ Conversation }) => {
            const list = document.createElement('ul');
            const conversation = new Conversation({ log: list, list, empty: {}, say() {} });
            for (const [index, text] of [[0, 'One.'], [0, 'One.'], [1, 'Two.']])
                conversation.take({ type: 'clause', turn: 't', index, text });
            return [...list.querySelectorAll('.said')].map((line) => line.textContent);
        })"""
    )
    assert listed == ["One. Two."]


async def test_a_screen_reader_is_told_each_change_once_and_nothing_that_is_heard(
    browser: Chromium, house: House
) -> None:
    page = await opened(browser, house.url + "/", script=READ_OUT)
    await seen(page)
    await say(page, "One two three.")
    await page.until("document.body.dataset.state === 'talking'")
    await page.until("document.body.dataset.state === 'idle'")
    assert await page.evaluate("told.splice(0)") == ["Ready", "Thinking…", "Talking", "Ready"]
    await page.evaluate("document.getElementById('open-avatars').click(); 1")
    await page.evaluate("document.querySelectorAll('.card')[1].click(); 1")
    await page.until("document.body.dataset.state === 'idle'")
    assert await page.evaluate("told.splice(0)") == ["Changing the avatar…", "Ready"]
    await page.evaluate("document.getElementById('open-keys').click(); 1")
    tree = (await page.call("Accessibility.getFullAXTree"))["nodes"]
    names = {(node["role"]["value"], node["name"]["value"]) for node in tree if "name" in node}
    assert {("dialog", "Keys"), ("heading", "Keys"), ("button", "Close")} <= names


async def test_reloads_keep_one_session_and_a_copied_tab_has_its_own(
    browser: Chromium, house: House, request: pytest.FixtureRequest
) -> None:
    opened_before = house.hub._studio.counters.sessions_opened
    page = await opened(browser, house.url + "/")
    await page.until("onair.sessionId")
    kept = await page.evaluate("sessionStorage['onair.session']")
    # What another tab chooses meanwhile is no reason to leave this one's session.
    await page.evaluate("localStorage['onair.chosen'] = JSON.stringify({ avatar: 'professor', voice: 'low' }); 1")
    for number in range(FULL_RELOADS if request.config.getoption("--full", default=False) else RELOADS):
        await page.goto(house.url + "/")
        if number % 2:  # the others are cut off while they connect, as in a storm
            await page.until("window.onair?.sessionId")
    await page.until("window.onair?.sessionId")
    assert await page.evaluate("onair.sessionId") == json.loads(kept)["session"]
    copy = f"sessionStorage['onair.session'] ??= {json.dumps(kept)};"
    other = await opened(browser, house.url + "/", script=copy)
    await other.until("onair.sessionId")
    assert await other.evaluate("onair.sessionId") != json.loads(kept)["session"]
    assert house.hub._studio.counters.sessions_opened == opened_before + 2


async def test_a_flapping_socket_keeps_the_session_and_the_picture(browser: Chromium, house: House) -> None:
    page = await opened(browser, house.url + "/", script=SOCKETS)
    await seen(page)
    session = await page.evaluate("onair.sessionId")
    for flaps in range(2, 6):
        await page.evaluate("sockets.at(-1).close(); 1")
        await page.until(f"sockets.length === {flaps} && document.body.dataset.state === 'idle'")
    assert await page.evaluate("onair.sessionId") == session
    assert await page.evaluate("document.getElementById('notice').hidden")
    await page.until("document.body.dataset.picture === 'live'")
    await say(page, "One two.")
    await page.until("onair.latencies.length === 1")


async def test_a_page_that_finds_no_place_says_so_and_gets_one_when_it_is_free(
    browser: Chromium, house: House, screenshots: Path
) -> None:
    house.hub._max_sessions, room = 0, house.hub._max_sessions
    page = await opened(browser, house.url + "/", script=SOCKETS + READ_OUT)
    await page.until("sockets.length > 2 && document.getElementById('state').innerText === 'Waiting for a place…'")
    await keep(page, screenshots / "no_place.png")
    house.hub._max_sessions = room
    await page.until("document.body.dataset.state === 'idle' && document.getElementById('notice').hidden")
    told = await page.evaluate("told")
    assert (told[0].split(":")[0], told[1:]) == ("All places are taken", ["Waiting for a place…", "Ready"])
    await seen(page)


async def test_a_page_that_nobody_looks_at_lets_go_and_comes_back(browser: Chromium, house: House) -> None:
    page = await opened(browser, house.url + "/")
    await seen(page)
    session = await page.evaluate("onair.sessionId")
    await page.evaluate(f"onair.rest.afterMs = 50; {HIDE % 'true'} {LOOK}; 1")
    await page.until("document.body.dataset.state === 'resting' && !onair.player.hls && !onair.player.source")
    while house.hub.session(session).watched:  # the socket is closed, so the server may collect it
        await page.until("true")
    await page.evaluate(f"window.was = onair.framesPresented.length; {HIDE % 'false'} {LOOK}; 1")
    await page.until("document.body.dataset.state === 'idle' && onair.framesPresented.length > was + 10", seconds=30)
    assert await page.evaluate("onair.sessionId") == session


async def test_a_wait_that_nobody_saw_the_end_of_is_not_counted(browser: Chromium, house: House) -> None:
    page = await opened(browser, house.url + "/")
    await seen(page)
    await say(page, "One two.")
    await page.evaluate(f"{HIDE % 'true'} {LOOK}; {HIDE % 'false'} {LOOK}; 1")
    await page.until("document.body.dataset.state === 'talking'")
    await page.until("document.body.dataset.state === 'idle'")
    assert await page.evaluate("onair.latencies.length") == 0


async def test_a_wide_picture_does_not_look_out_from_behind_the_stream(browser: Chromium, house: House) -> None:
    page = await opened(browser, house.url + "/", width=1600, height=800)
    await seen(page)
    place = "((box) => [box.x, box.y, box.width, box.height])(document.querySelector('%s').getBoundingClientRect())"
    assert await page.evaluate(place % "#poster") == await page.evaluate(place % ".frame")


async def test_a_page_that_the_browser_keeps_to_go_back_to_holds_no_place(browser: Chromium, house: House) -> None:
    page = await opened(browser, house.url + "/")
    await seen(page)
    session = await page.evaluate("window.stayed = onair.sessionId")
    await page.goto("about:blank")
    while house.hub.session(session).watched:
        await page.until("true")
    history = await page.call("Page.getNavigationHistory")
    await page.call("Page.navigateToHistoryEntry", entryId=history["entries"][history["currentIndex"] - 1]["id"])
    await page.until("window.stayed === onair.sessionId && document.body.dataset.state === 'idle'", seconds=30)
    await page.until("document.body.dataset.picture === 'live'")


async def test_a_4k_picture_is_made_smaller_and_taken_and_another_file_is_refused_in_words(
    browser: Chromium, house: House, tmp_path: Path, screenshots: Path
) -> None:
    (tmp_path / "me.jpg").write_bytes(face(3840))
    (tmp_path / "notes.txt").write_text("no picture")
    page = await opened(browser, house.url + "/")
    await seen(page)
    await page.until("!document.getElementById('open-avatars').hidden")
    await page.click("#open-avatars")
    line = "document.querySelector('.upload [role=status]')"
    for name in ("notes.txt", "me.jpg"):
        root = (await page.call("DOM.getDocument"))["root"]["nodeId"]
        field = (await page.call("DOM.querySelector", nodeId=root, selector="#upload"))["nodeId"]
        await page.call("DOM.setFileInputFiles", files=[str(tmp_path / name)], nodeId=field)
        if name == "notes.txt":
            await page.until(f"{line}.dataset.kind === 'bad'")
            assert "Take a JPEG, PNG or WebP" in await page.evaluate(f"{line}.textContent")
            await keep(page, screenshots / "upload_refused.png")
    await page.until(f"{line}.dataset.kind === 'good' && !document.getElementById('avatars').open", seconds=30)
    await page.click("#open-avatars")
    assert await page.evaluate(f"{line}.textContent") == ""  # the next picture has nothing to do with this one
    assert "that you may use" in await page.evaluate("document.getElementById('upload-hint').innerText")
    await page.evaluate("document.getElementById('avatars').close(); 1")
    rows = (await house.http.get("/api/avatars")).json()["avatars"]
    row = next(one for one in rows if one["kind"] == "uploaded")
    assert row["title"] == "me"
    size = Image.open(io.BytesIO((await house.http.get(row["picture"])).content)).size
    assert max(size) <= 2048
    # The avatar is on air, or where this server cannot change it, its own one is: never nothing.
    await page.until("document.body.dataset.picture === 'live' && document.body.dataset.state === 'idle'", seconds=30)


async def test_where_no_face_is_found_its_points_are_set_by_hand(
    browser: Chromium, house: House, tmp_path: Path, screenshots: Path
) -> None:
    Image.new("RGB", (640, 640), (90, 120, 150)).save(tmp_path / "wall.png")
    page = await opened(browser, house.url + "/")
    await seen(page)
    await page.until("!document.getElementById('open-avatars').hidden")
    await page.click("#open-avatars")
    root = (await page.call("DOM.getDocument"))["root"]["nodeId"]
    field = (await page.call("DOM.querySelector", nodeId=root, selector="#upload"))["nodeId"]
    await page.call("DOM.setFileInputFiles", files=[str(tmp_path / "wall.png")], nodeId=field)
    await page.until("document.querySelector('.upload > button:not([hidden])')", seconds=30)
    await keep(page, screenshots / "upload_no_face.png")
    # Later, and not by a click that would be answered: the page goes away under it.
    await page.evaluate("setTimeout(() => document.querySelector('.upload > button').click(), 50); 1")
    wanted = re.compile(re.escape(house.url) + r"/\?view=landmarks&avatar=(u-[0-9a-f]{16})")
    found = None
    for _ in range(300):
        with contextlib.suppress(RuntimeError):  # between two pages there is nobody to ask
            entries = (await page.call("Page.getNavigationHistory"))["entries"]
            found = wanted.fullmatch(entries[-1]["url"])
        if found:
            break
        await asyncio.sleep(0.1)
    assert found is not None
    rows = (await house.http.get("/api/avatars")).json()["avatars"]
    assert [row["title"] for row in rows if row["avatar"] == found.group(1)] == ["wall"]


async def test_a_voice_is_searched_and_chosen_without_a_mouse(browser: Chromium, house: House) -> None:
    page = await opened(browser, house.url + "/", script=KEYBOARD)
    await page.until("!document.getElementById('open-voices').hidden")
    await page.evaluate("document.getElementById('open-voices').focus(); 1")
    await press(page, "Enter", "\r")
    await page.until("document.activeElement.type === 'search'")
    await page.call("Input.insertText", text="low")
    await page.until("document.querySelectorAll('.voice').length === 1")
    await press(page, "Tab")
    await press(page, "Enter", "\r")
    await page.until("!document.getElementById('voices').open && document.activeElement.id === 'open-voices'")
    assert await page.evaluate("JSON.parse(localStorage['onair.chosen']).voice") == "low"


async def test_points_are_moved_by_mouse_and_keys_taken_back_and_saved(browser: Chromium, house: House) -> None:
    row = (await house.http.post("/api/avatars?title=Ada", content=face())).json()
    before = (await house.http.get(f"/api/avatars/{row['avatar']}/landmarks")).json()
    page = await opened(browser, f"{house.url}/?view=landmarks&avatar={row['avatar']}")
    await page.until("document.querySelectorAll('.dot').length > 10")
    assert await page.evaluate("onair.landmarks.mouth") == before["mouth"]
    dot = "[...document.querySelectorAll('.dot')].find((dot) => dot.textContent === 'Mouth, left corner')"
    x, y = await page.evaluate(
        f"(({{ x, y, width }}) => [x + width / 2, y + width / 2])({dot}.getBoundingClientRect())"
    )
    for kind, right in (("mousePressed", 0), ("mouseMoved", 10), ("mouseMoved", 20), ("mouseReleased", 20)):
        await page.call("Input.dispatchMouseEvent", type=kind, x=x + right, y=y, button="left", buttons=1, clickCount=1)
    moved = await page.evaluate("onair.landmarks.mouth.left")
    assert moved[0] > before["mouth"]["left"][0] + 2
    key = {"type": "keyDown", "key": "ArrowUp", "code": "ArrowUp", "windowsVirtualKeyCode": 38}
    await page.call("Input.dispatchKeyEvent", **key)
    assert (await page.evaluate("onair.landmarks.mouth.left"))[1] < moved[1]
    await page.click("#undo")
    assert await page.evaluate("onair.landmarks.mouth.left") == moved
    await page.evaluate("document.getElementById('save').focus(); 1")
    await press(page, "Enter", "\r")
    await page.until("document.getElementById('told').textContent === 'Saved.'")
    assert await page.evaluate("document.activeElement.id") == "save"  # there is nothing more to save, yet it is there
    after = (await house.http.get(f"/api/avatars/{row['avatar']}/landmarks")).json()
    assert after["mouth"]["left"] == pytest.approx(moved, abs=0.5)


async def test_a_kiosk_plays_without_a_session_through_a_restart_and_tells_an_end(
    browser: Chromium, house: House, screenshots: Path
) -> None:
    channel = house.hub.open_channel("lobby", own=False)
    await channel.wait_for(0, None, 5_000_000_000)
    page = await opened(browser, house.url + "/?channel=lobby&background=clear")
    await seen(page)
    assert house.hub._sessions == {}
    assert await page.evaluate("[onair.player.video.muted, getComputedStyle(document.body).backgroundColor]") == [
        True,
        "rgba(0, 0, 0, 0)",
    ]
    assert await page.evaluate("stage.getBoundingClientRect().width === innerWidth")  # no stripe for a scrollbar
    await house.restart()
    count = await page.evaluate("onair.framesPresented.length")
    await page.until(f"onair.framesPresented.length > {count + 30}", seconds=30)
    await house.hub._channels.pop("lobby").close(end=True)
    await page.until("document.getElementById('waiting').textContent.includes('not on air')", seconds=20)
    await keep(page, screenshots / "kiosk_over.png")


async def test_the_picture_of_one_session_is_shown_to_who_has_its_token(browser: Chromium, house: House) -> None:
    told = (await house.http.post("/api/sessions")).json()
    stage = f"{house.url}/?view=stage&session={told['session_id']}&resume="
    page = await opened(browser, stage + told["resume_token"], width=280, height=280)  # as the editor's panel has it
    await seen(page)
    await house.http.post(f"/api/sessions/{told['session_id']}/prompt", json={"text": SENTENCE})
    await page.until("document.querySelectorAll('#caption .said').length > 1")
    assert await page.evaluate("document.getElementById('caption').getBoundingClientRect().top > 0.74 * innerHeight")
    assert await page.evaluate("document.getElementById('sound').getBoundingClientRect().bottom < 0.25 * innerHeight")
    stranger = await opened(browser, stage + "wrong")
    await stranger.until("document.getElementById('waiting').textContent.includes('over')")


async def test_where_cookies_are_blocked_both_views_play_and_keep_nothing(browser: Chromium, house: House) -> None:
    blocked = """for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, {
        get() { throw new DOMException('Access is denied for this document.', 'SecurityError'); } });"""
    studio = await opened(browser, house.url + "/", script=blocked)
    await seen(studio)
    await say(studio, "One two three.")
    await studio.until("document.querySelector('#turns li')?.dataset.status === 'done'")
    viewer = await opened(browser, f"{house.url}/?channel={await studio.evaluate('onair.channel')}", script=blocked)
    await seen(viewer)


async def test_without_a_clipboard_the_text_is_copied_and_not_what_is_selected(browser: Chromium, house: House) -> None:
    insecure = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
    studio = await opened(browser, house.url + "/?dev", script=insecure)
    await studio.until("onair.channel")
    await studio.evaluate("""getSelection().selectAllChildren(document.getElementById('empty')); window.copies = [];
        window.addEventListener('copy', (event) => copies.push(event.clipboardData.getData('text/plain')))""")
    await studio.evaluate("document.querySelector('#dev .row button').scrollIntoView({ block: 'center' })")
    await studio.click("#dev .row button")
    await studio.until("document.querySelector('#dev .row .note').textContent.startsWith('Copied')")
    assert json.loads(await studio.evaluate("copies.at(-1)"))["browser"]["language"]


async def test_axe_finds_nothing_in_any_view_dark_or_light(
    browser: Chromium, house: House, axe: str, screenshots: Path
) -> None:
    row = (await house.http.post("/api/avatars?title=Ada", content=face())).json()
    studio = await opened(browser, house.url + "/?dev")
    await seen(studio)
    await say(studio, SENTENCE)
    await studio.until("document.querySelectorAll('#caption .now').length")
    points = await opened(browser, f"{house.url}/?view=landmarks&avatar={row['avatar']}")
    await points.until("document.querySelectorAll('.dot').length > 10")
    viewer = await opened(browser, f"{house.url}/?channel=none")
    await viewer.until("document.getElementById('waiting').textContent.includes('not on air')")
    for name, page in (("studio", studio), ("points", points), ("viewer", viewer)):
        await page.evaluate(axe + "\n;1")
        for colours in ("dark", "light"):
            await scheme(page, colours)
            assert await page.evaluate(MOVING) == []
            assert await page.evaluate(AXE_RUN) == [], (name, colours)
            await keep(page, screenshots / f"{name}_{colours}.png")
            for dialog in DIALOGS if name == "studio" else ():
                await page.evaluate(f"document.getElementById('open-{dialog}').click(); 1")
                await page.until(f"document.getElementById('{dialog}').open")
                assert await page.evaluate(AXE_RUN) == [], (dialog, colours)
                await page.evaluate(f"document.getElementById('{dialog}').close(); 1")
    bundle = await studio.evaluate("onair.diagnostics()")
    assert bundle["player"]["kind"].startswith("hls.js")
    assert bundle["segments"]
    told = json.dumps(bundle)
    assert "One two three" not in told  # what was said is nobody's business
    for key in ("sessionId", "channel"):  # with the one anybody may speak, with the other watch
        assert await studio.evaluate(f"onair.{key}") not in told
