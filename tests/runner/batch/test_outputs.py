"""Outputs of every kind and key, and answers that would lead out of the folder."""

from __future__ import annotations

from typing import Any

import pytest

from runner.batch.outputs import place_of, read_outputs
from runner.ports import OutputFile

pytestmark = pytest.mark.fast


def file(name: str, subfolder: str = "", kind: str = "output", **more: Any) -> dict[str, Any]:
    return {"filename": name, "subfolder": subfolder, "type": kind, **more}


@pytest.mark.parametrize("key", ["images", "gifs", "video", "videos", "audio", "latents", "3d", "result", "files"])
def test_a_file_is_found_under_any_key(key: str) -> None:
    found = list(read_outputs({"3": {key: [file("a.bin", "s/t")], "animated": [True]}}))
    assert found[0].file == OutputFile(kind="output", subfolder="s/t", name="a.bin")
    assert (found[0].node, found[0].key) == ("3", key)
    assert (found[1].key, found[1].value) == ("animated", True)


def test_a_file_told_under_two_keys_comes_once_and_what_was_given_is_none() -> None:
    told = {"1": {"images": [file("a.png"), file("in.png", kind="input")], "gifs": [file("a.png")]}}
    assert [one.key for one in read_outputs(told)] == ["images"]


def test_text_is_an_output_and_a_3d_preview_is_uncertain() -> None:
    told = {"1": {"text": ["hello"]}, "2": {"result": [file("3d/m.glb", mediaType="3d"), {"position": 1}]}}
    text, model, camera = read_outputs(told)
    assert text.text == "hello"
    assert (model.file, model.certain) == (OutputFile(kind="output", subfolder="3d", name="m.glb"), False)
    assert camera.value == {"position": 1}


@pytest.mark.parametrize(
    ("told", "place"),
    [
        (file("a.png", "x/y"), "x/y/a.png"),
        (file("a.png", "x\\y", "temp"), "temp/x/y/a.png"),
        (file("a.png", "../../etc"), "etc/a.png"),
        (file("../../../a.png"), "a.png"),
        (file("/etc/passwd"), "etc/passwd"),
        (file("a.png", "/root", "../up"), "up/root/a.png"),
        (file("C:evil.txt", ".."), "C_evil.txt"),
        (file(".."), "unnamed"),
    ],
)
def test_no_answer_leads_out_of_the_folder(told: dict[str, Any], place: str) -> None:
    (found,) = read_outputs({"1": {"images": [told]}})
    assert found.file is not None
    assert str(place_of(found.file)) == place


def test_odd_answers_are_values() -> None:
    told: dict[str, Any] = {"1": {"text": None, "images": [{"filename": ""}, 3]}, "2": None}
    assert [one.value for one in read_outputs(told)] == [None, {"filename": ""}, 3]
