"""`convert` as it is called: files in, files out, one refusal that does not stop the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runner.test_check_stream import site

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "runner" / "convert" / "corpus"


def convert(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runner", "convert", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_good_ones_are_written_and_the_bad_one_is_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    case = CORPUS / "cases" / "sdxlturbo_example"
    good.write_bytes((case / "workflow.json").read_bytes())
    bad.write_text("no JSON")
    info = CORPUS / "object_info.json"
    done = convert(bad, good, "--object-info", info, "-o", tmp_path / "out", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 2
    assert told["refused"][str(bad)]["code"] == "workflow.not_json"
    made = json.loads(Path(told["written"][str(good)]).read_text())
    expected = json.loads((case / "expected_api.json").read_text())
    assert {key: node["inputs"] for key, node in made.items()} == {
        key: node["inputs"] for key, node in expected.items()
    }


def test_the_definitions_come_from_one_place(tmp_path: Path) -> None:
    done = convert(tmp_path / "a.json", "-o", tmp_path, "--server", "http://127.0.0.1:1", "--object-info", "x.json")
    assert done.returncode == 2
    assert "--object-info FILE" in done.stderr


def test_without_a_place_they_are_asked_of_the_comfyui_that_live_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONAIR_COMFYUI", "http://127.0.0.1:1")
    monkeypatch.setenv("ONAIR_DATA", str(tmp_path / "data"))
    done = convert(tmp_path / "a.json", "-o", tmp_path)
    assert done.returncode == 3
    assert "http://127.0.0.1:1" in done.stderr


def test_two_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    words = ("--object-info", CORPUS / "object_info.json", "-o", tmp_path / "out")
    done = convert(tmp_path / "a" / "x.json", tmp_path / "b" / "x.json", *words)
    assert done.returncode == 2
    assert not (tmp_path / "out" / "x.api.json").exists()


def test_what_json_does_not_know_comes_out_as_json(tmp_path: Path) -> None:
    saved = '{"nodes": [{"id": 1, "type": "KSampler", "widgets_values": [NaN, "fixed", Infinity, 2, "\\ud800"]}]}'
    (tmp_path / "odd.json").write_text(saved)
    done = convert(tmp_path / "odd.json", "--object-info", CORPUS / "object_info.json", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    inputs = json.loads((tmp_path / "out" / "odd.api.json").read_text(encoding="utf-8"))["1"]["inputs"]
    assert (inputs["seed"], inputs["steps"], inputs["cfg"], inputs["sampler_name"]) == (None, None, 2, "\ud800")


def test_each_strange_file_ends_in_a_prompt_or_one_sentence(tmp_path: Path) -> None:
    deep = '{"nodes": [{"id": 1, "type": "KSampler", "widgets_values": [' + "[" * 200 + "]" * 200 + "]}]}"
    odd = {
        "empty": ("", "workflow.not_json"),
        "endless": ("[" * 200_000, "workflow.not_json"),
        "deep": (deep, None),
        "no_nodes": ('{"nodes": []}', "workflow.not_a_workflow"),
        "null": ("null", "workflow.not_a_workflow"),
        "long": (json.dumps({"nodes": [{"id": 1, "type": "SaveImage", "widgets_values": ["x" * 10**7]}]}), None),
    }
    for name, (content, _) in odd.items():
        (tmp_path / f"{name}.json").write_text(content)
    files = [tmp_path / f"{name}.json" for name in odd]
    done = convert(*files, "--object-info", CORPUS / "object_info.json", "-o", tmp_path / "out", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 2
    assert {Path(name).stem: one["code"] for name, one in told["refused"].items()} == {
        name: code for name, (_, code) in odd.items() if code
    }


@pytest.mark.parametrize("content", ["", '{"1": {"class_type": "KSampler", "inputs": {}}}'])
def test_a_file_that_is_no_answer_of_object_info_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "info.json").write_text(content)
    done = convert(tmp_path / "w.json", "--object-info", tmp_path / "info.json", "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "/object_info" in done.stderr


@pytest.mark.parametrize("page", [b"<html>Log in</html>", b"[1, 2]", b'{"a": 5}', b"{}"])
def test_a_server_that_is_no_comfyui_is_told(tmp_path: Path, page: bytes) -> None:
    with site({"/object_info": page}) as url:
        done = convert(tmp_path / "w.json", "--server", url, "-o", tmp_path / "out")
    assert done.returncode == 3
    assert "see whether it is a ComfyUI" in done.stderr
