"""The pack that `install.py download --with` brought is found whole or not at all, and goes before the user's copy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer import wrapper_venv
from installer.layout import Layout
from installer.wrapper_pack import NAME, Pack, record
from runner.engine.base_folder import prepare_base
from runner.engine.wrapper_pack import wrapper_pack

pytestmark = pytest.mark.fast


def brought(root: Path) -> Path:
    """As the installer leaves it."""
    layout = Layout(root=root, data=root / ".onair")
    folder = layout.wrapper / NAME
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    python = wrapper_venv.python(layout)
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    record(layout, Pack(path=str(folder), origin="", commit=""))
    return folder


def test_what_the_installer_left_is_found_and_half_of_it_is_not(tmp_path: Path) -> None:
    assert wrapper_pack(tmp_path) is None
    folder = brought(tmp_path)
    found = wrapper_pack(tmp_path)
    assert found is not None
    assert (found.path, found.python) == (folder, wrapper_venv.python(Layout(root=tmp_path, data=tmp_path)))
    (folder / "__init__.py").unlink()
    assert wrapper_pack(tmp_path) is None
    (folder / "__init__.py").write_text("")
    found.python.unlink()
    assert wrapper_pack(tmp_path) is None


def test_of_two_copies_ours_is_loaded_whatever_the_letters_of_its_name(tmp_path: Path) -> None:
    folder = brought(tmp_path)
    theirs = tmp_path / "ComfyUI" / "custom_nodes" / NAME.lower()
    theirs.mkdir(parents=True)
    prepare_base(tmp_path / "base", tmp_path / "data", [folder], tmp_path / "ComfyUI")
    linked = {path.name: path.resolve() for path in (tmp_path / "base" / "custom_nodes").iterdir()}
    assert linked == {NAME: folder.resolve()}
    assert json.loads((folder.parent / "pack.json").read_text())["path"] == str(folder)
