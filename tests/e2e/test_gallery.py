"""A gallery through real ComfyUI: the default avatar's lips, measured in what was published; a wall is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from custom_nodes.portrait.picture import png_bytes
from runner.clock import SystemClock
from runner.gallery.faces import Face
from runner.gallery.gallery import Clip, make_gallery
from runner.gallery.report import write_report
from runner.settings import load_settings
from tests.comfy_server import ComfyServer

pytestmark = pytest.mark.comfyui

TEXT = "Papa, mama and Bob. Hello, how do you do?"


def test_a_face_speaks_in_sync_and_a_picture_without_one_is_refused_in_its_row(
    comfyui_server: ComfyServer, tmp_path: Path
) -> None:
    wall = tmp_path / "wall.png"
    wall.write_bytes(png_bytes(np.full((256, 256, 3), 128, np.uint8)))
    faces = [Face(name="presenter", avatar=Path("presenter")), Face(name="wall", avatar=wall)]
    settings = load_settings(comfyui=comfyui_server.url, data=tmp_path / "data")
    folder = tmp_path / "look"
    folder.mkdir()

    async def work() -> list[Clip]:
        clips = make_gallery(
            faces, [TEXT], settings=settings, folder=folder, work=tmp_path, clock=SystemClock(), say=lambda _: None
        )
        return [clip async for clip in clips]

    spoken, refused = asyncio.run(work())
    write_report([spoken, refused], folder)

    assert spoken.figures is not None
    assert abs(spoken.figures.lag_frames) <= 1, spoken
    assert spoken.figures.correlation > 0.4, spoken
    assert spoken.figures.closures >= 6
    assert spoken.figures.closed == spoken.figures.closures, spoken
    assert spoken.figures.widest > 0.1, spoken
    assert spoken.figures.surety > 0.8, spoken
    assert "no face" in refused.refused
    names = {"presenter.webp", "presenter_1.mp4", "overview.webp", "moving.webp", "gallery.json", "gallery.md"}
    assert {path.name for path in folder.iterdir()} == names
