"""The OnAir panel in ComfyUI's real editor, as a hand uses it."""

from __future__ import annotations

import json
from pathlib import Path

from runner.bench.chromium import Chromium, Page
from tests.browser.test_editor import READY, saved
from tests.comfy_server import REPOSITORY

PORTRAIT = REPOSITORY / "workflows" / "portrait_live.json"
PANEL = "document.querySelector('.onair-panel')"
STATUS = "document.querySelector('.onair-status').textContent"
ERROR = "document.querySelector('.onair-error').textContent"
WINDOW = "app.graph.nodes.find((node) => node.type === 'OnAirWindow')"
NOTICE = "document.querySelector('.onair-notice').textContent"
SESSION = "new URL(document.querySelector('.onair-stage iframe').src).searchParams.get('session')"
START_S = 120.0


async def editor(chromium: Chromium, url: str, workflow: Path | None = PORTRAIT) -> Page:
    """A tab with the editor, a graph on its canvas, and the panel open."""
    page = await chromium.page(width=1400, height=900)
    await page.goto(url + "/")
    await page.until(f"{READY} && app.extensionManager?.sidebarTab", seconds=60)
    if workflow is not None:
        await page.evaluate(f"app.loadGraphData({json.dumps(saved(workflow))}).then(() => true)")
        await page.until("app.graph.nodes.some((node) => node.type === 'OnAirWindow')")
    await page.evaluate("app.extensionManager.sidebarTab.toggleSidebarTab('onair')")
    await page.until(f"!!{PANEL}")
    return page


def button(words: str) -> str:
    return f"[...document.querySelectorAll('.onair-button')].find((b) => !b.hidden && b.textContent === '{words}')"


async def press(page: Page, words: str) -> None:
    await page.until(f"!!{button(words)}", seconds=10)
    await page.evaluate(f"{button(words)}.click()")


async def go_live(page: Page) -> None:
    await press(page, "Go live")
    await page.until(
        f"{STATUS}.startsWith('On air') || document.querySelector('.onair-error').textContent", seconds=START_S
    )
    assert str(await page.evaluate(STATUS)).startswith("On air"), await page.evaluate(f"{PANEL}.innerText")


async def speak(page: Page, text: str) -> None:
    await page.evaluate("document.querySelector('.onair-talk textarea').focus()")
    await page.call("Input.insertText", text=text)
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
    await page.call("Input.dispatchKeyEvent", type="rawKeyDown", **enter)
