"""Going live from ComfyUI's real editor: previews, the panel, two editors, a runner that dies, a graph that cannot.

One ComfyUI, one browser and one runner serve all tests here; each begins off the air.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import urllib.error
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from runner.bench.chromium import Chromium, Page, find_browser
from tests.browser.panel import (
    ERROR,
    NOTICE,
    PANEL,
    PORTRAIT,
    SESSION,
    START_S,
    STATUS,
    WINDOW,
    button,
    editor,
    go_live,
    press,
    speak,
)
from tests.browser.test_editor import READY, saved
from tests.comfy_server import REPOSITORY, ComfyServer, end_comfyui, start_comfyui

pytestmark = [pytest.mark.browser, pytest.mark.comfyui, pytest.mark.asyncio(loop_scope="module")]

OURS = "[...document.querySelectorAll('[role=dialog] *')].find((e) => !e.children.length && e.textContent === 'onair')"


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


Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module")
async def editors(chromium: Chromium, comfyui: ComfyServer) -> AsyncIterator[Open]:
    """Opens tabs; afterwards their streams are ended, whatever became of the test, and they are closed."""
    pages: list[Page] = []

    async def opened(workflow: Path | None = PORTRAIT) -> Page:
        pages.append(await editor(chromium, comfyui.url, workflow))
        return pages[-1]

    yield opened
    for page in pages:
        await page.evaluate(f"{button('End')}?.click()")
        await page.until(f"{STATUS} === 'Off air'", seconds=20)
        await page.call("Page.close")


def runners(comfyui: ComfyServer) -> list[psutil.Process]:
    """The live runners of that ComfyUI, the process that holds each left out."""
    told = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "live" in line and comfyui.url in line and not any(word.endswith("tether.py") for word in line):
            told.append(process)
    return told


async def test_a_template_runs_goes_live_speaks_is_changed_stopped_and_ended(
    editors: Open, comfyui: ComfyServer
) -> None:
    page = await editors(workflow=None)
    await page.evaluate("app.extensionManager.command.execute('Comfy.BrowseTemplates')")
    await page.until(f"!!{OURS}", seconds=20)
    await page.evaluate(f"{OURS}.click()")
    card = "document.querySelector('[data-testid=template-workflow-portrait_live]')"
    await page.until(f"!!{card}", seconds=20)
    await page.evaluate(f"{card}.scrollIntoView()")  # pictures are loaded when they come into sight
    await page.until(f"{card}.querySelector('img')?.naturalWidth > 0", seconds=20)
    await page.evaluate(f"{card}.click()")
    await page.until("app.graph.nodes.some((node) => node.type === 'OnAirPortrait')", seconds=20)

    await page.evaluate("app.queuePrompt(0).then(() => true)")
    await page.until(f"{WINDOW}.onairSound?.bars.length > 100", seconds=60)
    video = "document.querySelector('video')"
    await page.until(f"{video}?.readyState >= 2 && {video}.videoWidth === 512", seconds=20)

    await go_live(page)
    assert len(runners(comfyui)) == 1
    assert await page.until("document.querySelector('.onair-stage iframe')?.src.includes('view=stage')")
    await speak(page, "One, two, three, four, five, six, seven, eight, nine, ten.")
    await page.until(f"{STATUS}.includes('Speaking')", seconds=60)
    await press(page, "Stop speaking")
    await page.until(f"{STATUS} === 'On air'", seconds=30)
    await page.evaluate(f"{WINDOW}.widgets.find((widget) => widget.name === 'seed').value = 7")
    await press(page, "Update")
    await page.until(f"{NOTICE} || {ERROR}", seconds=30)
    assert (await page.evaluate(NOTICE)).startswith("The new graph")
    await press(page, "End")
    await page.until(f"{STATUS} === 'Off air' && !document.querySelector('.onair-stage iframe')", seconds=20)


async def test_what_cannot_go_live_starts_nothing_and_says_why(editors: Open, comfyui: ComfyServer) -> None:
    page = await editors(workflow=None)
    before = len(runners(comfyui))
    await page.evaluate("app.graph.clear(); app.graph.add(LiteGraph.createNode('VAELoader')); true")
    await press(page, "Go live")
    assert "no OnAir Window and OnAir Segment" in await page.until(ERROR)
    await page.evaluate("app.extensionManager.setting.set('OnAir.Runner.Address', 'http://127.0.0.1:9')")
    await page.evaluate(f"app.loadGraphData({json.dumps(saved(PORTRAIT))}).then(() => true)")
    await press(page, "Go live")
    assert "No runner answers at http://127.0.0.1:9" in await page.until(f"{ERROR}.includes('answers') && {ERROR}")
    await page.evaluate("app.extensionManager.setting.set('OnAir.Runner.Address', '')")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        comfyui.post("/onair/runner/start", {})  # as a page of another site would
    assert len(runners(comfyui)) == before


@pytest.mark.full
async def test_an_editor_that_may_reach_no_other_address_says_so(
    chromium: Chromium, comfyui_server: ComfyServer
) -> None:
    page = await editor(chromium, comfyui_server.url)  # runs with --disable-api-nodes
    await page.evaluate("app.extensionManager.setting.set('OnAir.Runner.Address', 'http://127.0.0.1:9')")
    await press(page, "Go live")
    assert "--disable-api-nodes" in await page.until(ERROR)
    await page.evaluate("app.extensionManager.setting.set('OnAir.Runner.Address', '')")
    await page.call("Page.close")


@pytest.mark.full
async def test_two_editors_at_once_share_a_runner_and_have_a_stream_each_or_are_told_why(
    editors: Open, comfyui: ComfyServer
) -> None:
    one, other = await editors(), await editors()
    await go_live(one)
    await press(other, "Go live")
    await other.until(f"{STATUS}.startsWith('On air') || {ERROR}", seconds=START_S)
    assert len(runners(comfyui)) == 1
    assert str(await one.evaluate(STATUS)).startswith("On air")
    if await other.evaluate(ERROR):
        assert "in time and has as many" in await other.evaluate(ERROR)
    else:
        assert await one.evaluate(SESSION) != await other.evaluate(SESSION)


@pytest.mark.full
async def test_a_reload_of_the_editor_goes_on_with_its_stream(editors: Open) -> None:
    page = await editors()
    await go_live(page)
    before = await page.evaluate(SESSION)
    await page.call("Page.reload")
    with contextlib.suppress(RuntimeError):
        await page.until("false", seconds=20)  # ends with the page that is left
    await page.until(f"{READY} && app.extensionManager?.sidebarTab && !{PANEL}", seconds=60)
    await page.evaluate("app.extensionManager.sidebarTab.toggleSidebarTab('onair')")
    await page.until(f"{STATUS}.startsWith('On air')")
    assert await page.evaluate(SESSION) == before


@pytest.mark.full
async def test_a_killed_runner_is_told_of_and_can_be_started_again(editors: Open, comfyui: ComfyServer) -> None:
    page = await editors()
    await go_live(page)
    (runner,) = runners(comfyui)
    runner.kill()
    assert "ended with exit code" in await page.until(ERROR, seconds=30)
    await page.until(f"{STATUS} === 'Off air'")
    await go_live(page)
