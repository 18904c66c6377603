"""Which ComfyUIs render, by the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.engines import further_engines, make_engine
from runner.errors import BadInput
from runner.settings import Settings, load_settings


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "ComfyUI"
    folder.mkdir()
    (folder / "main.py").touch()
    return folder


def settings(tmp_path: Path, **given: object) -> Settings:
    return load_settings(data=tmp_path / "data", **given)


def test_children_of_one_folder_have_a_base_and_a_gpu_each(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engines.has_gpu", lambda: True)
    told = settings(tmp_path, comfyui=str(tree), engines=3)
    first = make_engine(told, tmp_path)
    others = further_engines(told, first, tmp_path)
    places = [one.process.place for one in (first, *others) if one.process is not None]
    assert len({place.base for place in places}) == 3
    assert [place.arguments for place in places] == [(), ("--cuda-device", "1"), ("--cuda-device", "2")]
    assert {place.data for place in places} == {tmp_path}


def test_further_servers_are_named_by_address(tmp_path: Path, tree: Path) -> None:
    told = settings(tmp_path, comfyui=str(tree), also="http://one:8188, https://two/prefix/")
    others = further_engines(told, make_engine(told, tmp_path), tmp_path)
    assert [one.url for one in others] == ["http://one:8188", "https://two/prefix"]


@pytest.mark.parametrize("also", ["http://one:8188", "http://two, http://two/"])
def test_one_server_is_not_taken_for_two(tmp_path: Path, also: str) -> None:
    told = settings(tmp_path, comfyui="http://one:8188/", also=also)
    with pytest.raises(BadInput, match="named twice"):
        further_engines(told, make_engine(told, tmp_path), tmp_path)


def test_somebody_elses_comfyui_is_not_started_twice(tmp_path: Path) -> None:
    told = settings(tmp_path, comfyui="http://one:8188", engines=2)
    with pytest.raises(BadInput, match="--also"):
        further_engines(told, make_engine(told, tmp_path), tmp_path)


@pytest.mark.parametrize("also", ["one:8188", "/some/folder"])
def test_what_is_no_address_is_refused(tmp_path: Path, tree: Path, also: str) -> None:
    told = settings(tmp_path, comfyui=str(tree), also=also)
    with pytest.raises(BadInput):
        further_engines(told, make_engine(told, tmp_path), tmp_path)
