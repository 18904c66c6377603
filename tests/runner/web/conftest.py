"""The house on a free port, for every test of this folder."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.runner.web.house import House


@pytest.fixture(scope="session")
def loop_kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first house's idle loop is kept for the others: rendering it is most of a house's beginning."""
    return tmp_path_factory.mktemp("loop") / "idle"


@pytest.fixture
def house_data(tmp_path: Path, loop_kept: Path) -> Iterator[Path]:
    if loop_kept.is_dir():
        shutil.copytree(loop_kept, tmp_path / "idle")
    yield tmp_path
    if not loop_kept.is_dir() and (tmp_path / "idle").is_dir():
        shutil.copytree(tmp_path / "idle", loop_kept)


@pytest.fixture
async def house(house_data: Path) -> AsyncIterator[House]:
    async with House(house_data) as opened:
        yield opened
