"""`convert` as it is called: files in, files out, one refusal that does not stop the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

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


@pytest.mark.parametrize("words", [(), ("--server", "http://127.0.0.1:1", "--object-info", "x.json")])
def test_the_definitions_come_from_one_place(words: tuple[str, ...], tmp_path: Path) -> None:
    done = convert(tmp_path / "a.json", "-o", tmp_path, *words)
    assert done.returncode == 2
    assert "--object-info FILE" in done.stderr


def test_two_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    words = ("--object-info", CORPUS / "object_info.json", "-o", tmp_path / "out")
    done = convert(tmp_path / "a" / "x.json", tmp_path / "b" / "x.json", *words)
    assert done.returncode == 2
    assert not (tmp_path / "out" / "x.api.json").exists()
