"""A browser, hls.js and a whole server with the simulated engine, for every test of this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runner.bench.chromium import Chromium, find_browser
from tests.runner.web.house import House

ROOT = Path(__file__).resolve().parents[2]
HLS_JS = "hls.js@1.7.4"
FIREFOX = ("firefox-esr", "firefox")
WAIT_FOR_FIREFOX, WAIT_FOR_AXE = pytest.StashKey[int](), pytest.StashKey[int]()
AXE = "axe-core@4.10.2"
MEMBER = "package/dist/hls.min.js"


@pytest.fixture(scope="session")
def hls_js(request: pytest.FixtureRequest) -> Path:
    """hls.js: what install.py fetched, else what an earlier test run fetched, else fetched now."""
    cache = Path(request.config.cache.mkdir("hls.js"))
    for place in (ROOT / ".onair" / "vendor" / "hls.min.js", cache / "hls.min.js"):
        if place.is_file():
            return place
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no hls.js: run python3 install.py setup first")
    done = subprocess.run([npm, "pack", HLS_JS], cwd=cache, capture_output=True, text=True, timeout=120, check=False)
    archives = sorted(cache.glob("*.tgz"))
    if done.returncode or not archives:
        pytest.skip(f"no hls.js: npm could not fetch it ({done.stderr.strip()[-200:]})")
    with tarfile.open(archives[0]) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        (cache / "hls.min.js").write_bytes(member.read())
    archives[0].unlink()
    return cache / "hls.min.js"


@pytest.fixture
def firefox(request: pytest.FixtureRequest) -> str:
    """The Firefox of this machine; tests without one are skipped, and a closing line says how many."""
    path = next((path for path in map(shutil.which, FIREFOX) if path), None)
    if path is None:
        request.config.stash[WAIT_FOR_FIREFOX] = request.config.stash.get(WAIT_FOR_FIREFOX, 0) + 1
        pytest.skip("no Firefox")
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    waiting = config.stash.get(WAIT_FOR_FIREFOX, 0)
    if waiting:
        terminalreporter.write_line(f"{waiting} test needs Firefox and was not run: install firefox-esr or firefox")
    if config.stash.get(WAIT_FOR_AXE, 0):
        terminalreporter.write_line("1 test needs axe-core and was not run: npm could not fetch it")


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """The source of axe-core, fetched once by the npm client and kept in pytest's cache."""
    cache = Path(request.config.cache.mkdir("axe-core"))
    kept = cache / "axe.min.js"
    if not kept.is_file():
        npm = shutil.which("npm")
        command = [npm or "npm", "pack", AXE]
        done = npm and subprocess.run(command, cwd=cache, capture_output=True, timeout=120, check=False)
        archives = sorted(cache.glob("*.tgz"))
        if not done or done.returncode or not archives:
            request.config.stash[WAIT_FOR_AXE] = request.config.stash.get(WAIT_FOR_AXE, 0) + 1
            pytest.skip("no axe-core: npm could not fetch it")
        with tarfile.open(archives[0]) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            kept.write_bytes(member.read())
        archives[0].unlink()
    return kept.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests leave pictures of what they saw: ONAIR_TEST_SCREENSHOTS, else a temporary folder."""
    named = os.environ.get("ONAIR_TEST_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_browser(os.environ.get("ONAIR_TEST_BROWSER"))
    if path is None:
        pytest.skip("no browser: install Chromium, or name one in ONAIR_TEST_BROWSER")
    return path


@pytest.fixture
async def browser(chromium_path: str) -> AsyncIterator[Chromium]:
    async with Chromium(chromium_path) as opened:
        yield opened


@pytest.fixture
async def house(tmp_path: Path, hls_js: Path) -> AsyncIterator[House]:
    async with House(tmp_path, hls_js=hls_js) as opened:
        yield opened
