"""The child's base folder shows the user's ComfyUI, and changes nothing in it."""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_nodes.portrait.picture import png_bytes
from runner.engine.base_folder import lend_inputs, models_file, prepare_base, users_nodes
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_place import ComfyPlace
from runner.ports import PromptJob
from tests.comfy_server import comfyui_tree

ROOT = Path(__file__).resolve().parents[3]
NODE = """
class UsersNode:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": ""})}}
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"
    def run(self, text):
        return (text,)
NODE_CLASS_MAPPINGS = {"UsersNode": UsersNode}
"""


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """Return a user's ComfyUI: a pack, this repository, the manager, a model, a picture; the code is linked in."""
    root = tmp_path / "ComfyUI"
    nodes = root / "custom_nodes"
    for folder in (
        nodes / "my.pack",
        nodes / "ComfyUI-Manager",
        nodes / "old.disabled",
        root / "models" / "checkpoints",
    ):
        folder.mkdir(parents=True)
    (root / "input").mkdir()
    (nodes / "my.pack" / "__init__.py").write_text(NODE)
    (nodes / "ComfyUI-Manager" / "__init__.py").write_text("raise RuntimeError('the manager was loaded')\n")
    (nodes / "single.py").write_text(NODE.replace("UsersNode", "SingleFileNode"))
    (nodes / "OnAir").symlink_to(ROOT, target_is_directory=True)
    (root / "models" / "checkpoints" / "mine.safetensors").write_bytes(b"x")
    (root / "input" / "me.png").write_bytes(png_bytes(np.full((32, 32, 3), 99, np.uint8)))
    return root


def listing(root: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in root.rglob("*") if "__pycache__" not in str(path))


def test_packs_pictures_and_models_of_the_users_comfyui_are_shown(users: Path, tmp_path: Path) -> None:
    before = listing(users)
    base, data = tmp_path / "base", tmp_path / "data"
    for _ in range(2):  # every start does it
        prepare_base(base, data, (ROOT,), users)
    assert [entry.name for entry in users_nodes(users)] == ["my.pack", "single.py"]
    assert sorted(os.listdir(base / "custom_nodes")) == sorted(["my.pack", "single.py", ROOT.name.replace(".", "_")])
    told = json.loads(models_file(base).read_text())
    assert told == {"comfyui": {"checkpoints": str(users / "models" / "checkpoints")}}
    assert listing(users) == before


def test_what_the_user_takes_away_goes_and_the_users_own_files_stay(users: Path, tmp_path: Path) -> None:
    base, data = tmp_path / "base", tmp_path / "data"
    prepare_base(base, data, (ROOT,), users)
    (base / "custom_nodes" / "mine").mkdir()
    (users / "custom_nodes" / "single.py").unlink()
    prepare_base(base, data, (ROOT,), users)
    assert "single.py" not in os.listdir(base / "custom_nodes")
    assert "mine" in os.listdir(base / "custom_nodes")


def test_a_graphs_own_input_files_are_copied_and_no_others(users: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    prepare_base(base, tmp_path / "data", (ROOT,), users)
    (users / "input" / "other.png").write_bytes(b"x")
    (users / "secret.txt").write_bytes(b"x")
    (tmp_path / users.name / "input").mkdir(parents=True, exist_ok=True)
    climbing = f"../../{users.name}/input/me.png"
    values = (climbing, "me.png [input]", "../secret.txt", "", "x" * 5000, "null\0", "a sentence", 7, ["1", 0])
    graph = {str(index): {"class_type": "Any", "inputs": {"image": value}} for index, value in enumerate(values)}
    lend_inputs(base, users, graph)
    assert sorted(os.listdir(base / "input")) == ["me.png", "onair"]
    changed = b"another picture"
    (users / "input" / "me.png").write_bytes(changed)
    lend_inputs(base, users, graph)
    assert (base / "input" / "me.png").read_bytes() == changed


def link_code(root: Path) -> None:
    for entry in comfyui_tree().iterdir():
        if entry.name not in ("custom_nodes", "models", "input", "output", "user", "temp", ".git"):
            (root / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())


@pytest.mark.comfyui
async def test_real_comfyui_lists_the_users_nodes_models_and_pictures_and_our_pack_once(
    users: Path, tmp_path: Path
) -> None:
    link_code(users)
    data = tmp_path / "data"
    place = ComfyPlace(root=users, python=Path(sys.executable), base=data / "comfyui", data=data, packs=(ROOT,))
    engine = ComfyEngine(place=place)
    await engine.start()
    try:
        lend_inputs(place.base, users, {"1": {"class_type": "LoadImage", "inputs": {"image": "me.png"}}})
        info: dict[str, Any] = await engine.object_info()
        load = {"class_type": "LoadImage", "inputs": {"image": "me.png"}}
        show = {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}
        shown = await engine.run(
            PromptJob(prompt_id=str(uuid.uuid4()), graph={"1": load, "2": show}, silence_timeout_ns=10**11)
        )
    finally:
        await engine.close()
    assert len(shown.outputs["2"]["images"]) == 1
    assert {"UsersNode", "SingleFileNode", "OnAirWindow"} <= set(info)
    assert "mine.safetensors" in info["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0]
    log = (data / "comfyui" / "comfyui.log").read_text(errors="replace")
    assert "IMPORT FAILED" not in log
    assert "the manager was loaded" not in log
    imported = [line for line in log.splitlines() if "seconds" in line and "/custom_nodes/" in line]
    assert len(imported) == 3, imported
