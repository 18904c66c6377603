"""What tests of every ring share: one real ComfyUI, `--full`, and one closing line about what could not run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.comfy_server import REPOSITORY, ComfyServer, end_comfyui, start_comfyui
from tests.tiny_models.fixtures import tiny_engine, tiny_server

__all__ = ["tiny_engine", "tiny_server"]
NOT_RUN = pytest.StashKey[Counter[str]]()
HOW_TO_GET = {
    "browser": "need a browser: install chromium, or as root python3 install.py test --full",
    "comfyui": "need ComfyUI: python3 install.py test",
    "full": "are long series: --full",
    "wanvideowrapper": "need ComfyUI-WanVideoWrapper: python3 install.py download --with wanvideowrapper",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long series too")


@pytest.hookimpl(trylast=True)  # after -k and -m: what nobody asked for is not missed
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from runner.bench.chromium import find_browser

    missing = {
        "full": not config.getoption("--full"),
        "browser": find_browser(os.environ.get("ONAIR_TEST_BROWSER")) is None,
        "comfyui": not os.environ.get("ONAIR_TEST_COMFYUI"),
        "wanvideowrapper": not os.environ.get("ONAIR_TEST_WANVIDEOWRAPPER"),
    }
    config.stash[NOT_RUN] = Counter()
    for item in items:
        lacking = next((need for need, gone in missing.items() if gone and item.get_closest_marker(need)), None)
        if lacking:
            item.add_marker(pytest.mark.skip(reason=HOW_TO_GET[lacking]))
            config.stash[NOT_RUN][lacking] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    waiting = config.stash.get(NOT_RUN, Counter())
    if waiting:
        said = "; ".join(f"{number} {HOW_TO_GET[need]}" for need, number in waiting.items())
        terminalreporter.write_line(f"Not run: {said}")


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
