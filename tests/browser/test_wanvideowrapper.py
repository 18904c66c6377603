"""The graphs of ComfyUI-WanVideoWrapper in the editor, whichever version of the pack is installed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.bench.chromium import Chromium
from runner.engine.workflow import parse_workflow
from tests.browser.test_convert import OPEN_AND_TELL, READY, plain
from tests.comfy_server import REPOSITORY, ComfyServer, end_comfyui, start_comfyui

pytestmark = [pytest.mark.browser, pytest.mark.comfyui, pytest.mark.wanvideowrapper]


@pytest.fixture(scope="module")
def with_pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """Yield a ComfyUI with the pack, by its own Python."""

    def link(custom_nodes: Path) -> None:
        pack = Path(os.environ["ONAIR_TEST_WANVIDEOWRAPPER"])
        for path, name in ((pack, "ComfyUI-WanVideoWrapper"), (REPOSITORY, "onair")):
            (custom_nodes / name).symlink_to(path, target_is_directory=True)

    python = os.environ.get("ONAIR_TEST_WANVIDEOWRAPPER_PYTHON") or sys.executable
    server, process = start_comfyui(tmp_path_factory.mktemp("wrapper") / "base", link, python=python)
    try:
        yield server
    finally:
        end_comfyui(process)


async def test_they_open_without_a_missing_node_and_become_the_runners_prompt(
    browser: Chromium, with_pack: ComfyServer
) -> None:
    info = with_pack.get("/object_info")
    page = await browser.page(width=1280, height=800)
    await page.goto(with_pack.url + "/")
    await page.until(READY, seconds=60)
    for path in sorted((REPOSITORY / "workflows").glob("*wanvideowrapper*.json")):
        workflow = json.loads(path.read_text(encoding="utf-8"))
        theirs = plain(json.loads(await page.evaluate(OPEN_AND_TELL % json.dumps(workflow))) or {}, info)
        assert {told["class_type"] for told in theirs.values()} <= set(info), path.name
        assert theirs == plain(parse_workflow(path.name, workflow, info).graph, info), path.name
