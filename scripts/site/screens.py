"""Make the README's pictures of screens: the page, and the panel in ComfyUI's editor, both while the presenter speaks.

Called by scripts/screens. Everything in them is real: ComfyUI, the runner that the panel starts, the stream.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

from runner.bench.chromium import Chromium, Page, find_browser
from runner.settings import load_settings
from tests.browser.panel import STATUS, editor, go_live, press, speak
from tests.comfy_server import REPOSITORY, end_comfyui, start_comfyui

TEXT = "Whatever you build in this graph can go on air as it is, and be changed while it speaks."
QUALITY = 86
SPOKEN = "document.querySelectorAll('#caption .said').length > 8"
PREVIEWED = "document.querySelector('video')?.readyState >= 2"
BESIDE_PANEL = """(() => {
    const boxes = app.graph.nodes.map((node) => node.boundingRect);
    const [left, top] = [0, 1].map((axis) => Math.min(...boxes.map((box) => box[axis])));
    const right = Math.max(...boxes.map((box) => box[0] + box[2]));
    const free = app.canvas.canvas.getBoundingClientRect().right - 400;
    app.canvas.ds.scale = (free - 20) / (right - left);
    app.canvas.ds.offset = [390 / app.canvas.ds.scale - left, 150 / app.canvas.ds.scale - top];
    app.canvas.setDirty(true, true);
    return true;
})()"""
"""All nodes are seen, none behind the panel."""
WELCOME = "document.querySelector('[role=dialog]')"
"""The editor greets a new profile with its templates."""
MEASURED_MS = 3_200
"""Of speaking, until each node has told what it took of a window."""


async def shoot(page: Page, target: Path) -> None:
    """Write what a tab shows as WebP."""
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    await asyncio.to_thread(picture.save, target, quality=QUALITY, method=6)


async def screens(comfyui: str, folder: Path) -> None:
    """Go on air from the editor at `comfyui`, speak there and in the runner's page, and write both pictures."""
    browser = find_browser(os.environ.get("ONAIR_TEST_BROWSER"))
    if browser is None:
        sys.exit("No Chromium here; install it, or name one in ONAIR_TEST_BROWSER.")
    async with Chromium(browser) as chromium:
        tab = await editor(chromium, comfyui)
        await tab.until(WELCOME)
        await tab.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape", windowsVirtualKeyCode=27)
        await tab.evaluate("app.queuePrompt(0).then(() => true)")
        await tab.until(PREVIEWED, seconds=60)
        await go_live(tab)
        await tab.evaluate(BESIDE_PANEL)
        await speak(tab, TEXT)
        await tab.until(f"{STATUS}.includes('Speaking')", seconds=60)
        await tab.evaluate(f"new Promise((done) => setTimeout(done, {MEASURED_MS}))")
        await shoot(tab, folder / "editor.webp")
        address = await tab.evaluate("new URL(document.querySelector('.onair-stage iframe').src).origin")
        await press(tab, "End")
        await tab.until(f"{STATUS} === 'Off air'", seconds=30)
        page = await chromium.page(width=1280, height=800)
        await page.goto(address + "/")
        await page.until("onair.framesPresented.length > 10", seconds=60)
        await page.click("#text")
        await page.type(TEXT)
        await page.until(SPOKEN, seconds=60)
        await shoot(page, folder / "page.webp")


def main(folder: Path) -> None:
    """Start a ComfyUI that has this pack, take the pictures, end it."""
    hls_js = load_settings().data / "vendor" / "hls.min.js"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        data = Path(work) / "data"
        (data / "vendor").mkdir(parents=True)
        shutil.copy(hls_js, data / "vendor")
        # For the runner, which the panel starts: a folder of its own.
        os.environ["ONAIR_DATA"] = str(data)
        server, process = start_comfyui(
            Path(work) / "base", lambda nodes: (nodes / "onair").symlink_to(REPOSITORY), api_nodes=True
        )
        try:
            asyncio.run(screens(server.url, folder))
        finally:
            end_comfyui(process)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/media"))
