"""Going live from ComfyUI's real editor: previews, the panel, two editors, a runner that dies, a graph that cannot.

One ComfyUI, one browser and one runner serve all tests here; each begins off the air.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from runner.bench.chromium import Chromium, Page, find_browser
from tests.browser.test_editor import READY, saved
from tests.comfy_server import REPOSITORY, ComfyServer, end_comfyui, start_comfyui

pytestmark = [pytest.mark.browser, pytest.mark.comfyui, pytest.mark.asyncio(loop_scope="module")]

PORTRAIT = REPOSITORY / "workflows" / "portrait_live.json"
PANEL = "document.querySelector('.onair-panel')"
STATUS = "document.querySelector('.onair-status').textContent"
ERROR = "document.querySelector('.onair-error').textContent"
WINDOW = "app.graph.nodes.find((node) => node.type === 'OnAirWindow')"
START_S = 60.0


@pytest.fixture(scope="module")
def comfyui(tmp_path_factory: pytest.TempPathFactory, hls_js: Path) -> Iterator[ComfyServer]:
    """A ComfyUI as people start it: its editor may reach other addresses, as its own account pages need."""
    place = tmp_path_factory.mktemp("editor")
    (place / "data" / "vendor").mkdir(parents=True)
    shutil.copy(hls_js, place / "data" / "vendor" / "hls.min.js")

    def link(custom_nodes: Path) -> None:
        (custom_nodes / "onair").symlink_to(REPOSITORY, target_is_directory=True)

    with pytest.MonkeyPatch.context() as patch:
        # The runner inherits these: a folder of its own, and no sentence for nobody, which only takes time here.
        patch.setenv("ONAIR_DATA", str(place / "data"))
        patch.setenv("ONAIR_REHEARSAL", "false")
        patch.delenv("ONAIR_COMFYUI", raising=False)
        server, process = start_comfyui(place / "base", link, api_nodes=True)
    try:
        yield server
    finally:
        end_comfyui(process)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    path = find_browser(os.environ.get("ONAIR_TEST_BROWSER"))
    assert path is not None
    async with Chromium(path) as opened:
        yield opened


async def editor(chromium: Chromium, comfyui: ComfyServer, workflow: Path | None = PORTRAIT) -> Page:
    """A tab with the editor, a graph on its canvas, and the panel open."""
    page = await chromium.page(width=1400, height=900)
    await page.goto(comfyui.url + "/")
    await page.until(f"{READY} && app.extensionManager?.sidebarTab", seconds=60)
    if workflow is not None:
        await page.evaluate(f"app.loadGraphData({json.dumps(saved(workflow))}).then(() => true)")
        await page.until("app.graph.nodes.some((node) => node.type === 'OnAirWindow')")
    await page.evaluate("app.extensionManager.sidebarTab.toggleSidebarTab('onair')")
    await page.until(PANEL)
    return page


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Chromium, comfyui: ComfyServer) -> AsyncIterator[Page]:
    opened = await editor(chromium, comfyui)
    yield opened
    await leave(opened)


async def leave(page: Page) -> None:
    """End the stream, if there is one, and close the tab."""
    await page.evaluate(f"{button('End')}?.click()")
    await page.until(f"{STATUS} === 'Off air'", seconds=10)
    await page.call("Page.close")


def button(words: str) -> str:
    return f"[...document.querySelectorAll('.onair-button')].find((b) => !b.hidden && b.textContent === '{words}')"


async def press(page: Page, words: str) -> None:
    await page.until(button(words), seconds=5)
    await page.evaluate(f"{button(words)}.click()")


async def go_live(page: Page) -> None:
    await press(page, "Go live")
    await page.until(
        f"{STATUS}.startsWith('On air') || document.querySelector('.onair-error').textContent", seconds=START_S
    )
    assert str(await page.evaluate(STATUS)).startswith("On air"), await page.evaluate(f"{PANEL}.innerText")


def runners(comfyui: ComfyServer) -> list[psutil.Process]:
    """The live runners of that ComfyUI, the process that holds each left out."""
    told = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "live" in line and comfyui.url in line and not any(word.endswith("tether.py") for word in line):
            told.append(process)
    return told


async def test_a_run_shows_the_windows_sound_and_plays_its_clip(page: Page) -> None:
    await page.evaluate("app.queuePrompt(0).then(() => true)")
    await page.until(f"{WINDOW}.onairSound?.bars.length > 100", seconds=40)
    video = "document.querySelector('video')"
    await page.until(f"{video}?.readyState >= 2 && {video}.videoWidth === 512", seconds=20)


async def test_a_template_opens_from_the_browser_with_its_thumbnail(chromium: Chromium, comfyui: ComfyServer) -> None:
    page = await editor(chromium, comfyui, workflow=None)
    await page.evaluate("app.extensionManager.command.execute('Comfy.BrowseTemplates')")
    ours = (
        "[...document.querySelectorAll('[role=dialog] *')].find((e) => !e.children.length && e.textContent === 'onair')"
    )
    await page.until(ours, seconds=20)
    await page.evaluate(f"{ours}.click()")
    picture = "[...document.querySelectorAll('img')].find((one) => one.src.endsWith('onair/portrait_live.jpg'))"
    await page.until(f"{picture}?.naturalWidth > 0", seconds=20)
    await page.evaluate(f"{picture}.click()")
    await page.until("app.graph.nodes.some((node) => node.type === 'OnAirPortrait')", seconds=20)
    await page.call("Page.close")


async def test_a_graph_without_onair_nodes_is_told_so_and_starts_nothing(
    chromium: Chromium, comfyui: ComfyServer
) -> None:
    page = await editor(chromium, comfyui, workflow=None)
    before = len(runners(comfyui))
    await page.evaluate("app.graph.clear(); app.graph.add(LiteGraph.createNode('VAELoader'))")
    await press(page, "Go live")
    told = await page.until(ERROR)
    assert "no OnAir Window and OnAir Segment" in told
    assert len(runners(comfyui)) == before
    await leave(page)


async def test_live_from_the_panel_speaks_updates_stops_and_ends(page: Page, comfyui: ComfyServer) -> None:
    await go_live(page)
    assert len(runners(comfyui)) == 1
    assert await page.until("document.querySelector('.onair-stage iframe')?.src.includes('view=stage')")
    await page.evaluate("document.querySelector('.onair-talk textarea').focus()")
    await page.call("Input.insertText", text="One, two, three, four, five, six, seven, eight, nine, ten.")
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
    await page.call("Input.dispatchKeyEvent", type="rawKeyDown", **enter)
    await page.until(f"{STATUS}.includes('Speaking')", seconds=30)
    await press(page, "Stop speaking")
    await page.until(f"{STATUS} === 'On air'", seconds=20)
    assert await page.evaluate("document.querySelector('.onair-figures').innerText.includes('RTF')")
    await page.evaluate(f"{WINDOW}.widgets.find((widget) => widget.name === 'seed').value = 7")
    await press(page, "Update")
    await page.until("document.querySelector('.onair-notice').textContent", seconds=20)
    assert await page.evaluate(STATUS) == "On air"
    await press(page, "End")
    await page.until(f"{STATUS} === 'Off air' && !document.querySelector('.onair-stage iframe')")


async def test_two_editors_at_once_have_a_stream_each_from_one_runner(
    page: Page, chromium: Chromium, comfyui: ComfyServer
) -> None:
    other = await editor(chromium, comfyui)
    await go_live(page)
    await go_live(other)
    frame = "new URL(document.querySelector('.onair-stage iframe').src).searchParams.get('session')"
    assert await page.evaluate(frame) != await other.evaluate(frame)
    assert len(runners(comfyui)) == 1
    await leave(other)


async def test_a_reload_of_the_editor_goes_on_with_its_stream(page: Page) -> None:
    await go_live(page)
    frame = "document.querySelector('.onair-stage iframe')?.src"
    before = await page.evaluate(frame)
    await page.call("Page.reload")
    await page.until(f"{READY} && app.extensionManager?.sidebarTab", seconds=60)
    await page.evaluate("app.extensionManager.sidebarTab.toggleSidebarTab('onair')")
    await page.until(f"{STATUS}.startsWith('On air')")
    assert await page.evaluate(frame) == before


async def test_a_killed_runner_is_told_of_and_can_be_started_again(
    page: Page, comfyui: ComfyServer
) -> None:
    await go_live(page)
    (runner,) = runners(comfyui)
    runner.kill()
    told = await page.until(ERROR, seconds=20)
    assert "ended with exit code" in told
    await page.until(f"{STATUS} === 'Off air'")
    await go_live(page)
