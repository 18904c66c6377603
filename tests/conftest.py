"""What tests of every ring share: one real ComfyUI, `--full`, and one closing line about browsers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.comfy_server import REPOSITORY, ComfyServer, end_comfyui, start_comfyui

WAITS_FOR_BROWSER = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long series too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from runner.bench.chromium import find_browser

    config.stash[WAITS_FOR_BROWSER] = 0
    browser = find_browser(os.environ.get("ONAIR_TEST_BROWSER"))
    for item in items:
        if item.get_closest_marker("full") and not config.getoption("--full"):
            item.add_marker(pytest.mark.skip(reason="a long series: --full runs it"))
        elif item.get_closest_marker("browser") and browser is None:
            config.stash[WAITS_FOR_BROWSER] += 1
            item.add_marker(pytest.mark.skip(reason="no Chromium"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    waiting = config.stash.get(WAITS_FOR_BROWSER, 0)
    if waiting:
        terminalreporter.write_line(
            f"{waiting} tests need a browser and were not run: install chromium, or run python3 install.py test --full"
        )


@pytest.fixture(scope="session")
def comfyui_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """Yield one real ComfyUI for the session, this repository linked into it."""
    base = tmp_path_factory.mktemp("comfyui") / "base"

    def link(custom_nodes: Path) -> None:
        (custom_nodes / "onair").symlink_to(REPOSITORY, target_is_directory=True)

    server, process = start_comfyui(base, link)
    try:
        yield server
    finally:
        end_comfyui(process)
