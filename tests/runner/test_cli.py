"""The command line: bad input is one sentence and exit code 2, `--json` is JSON alone, before anything is started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli import form
from runner.cli.progress import Progress
from runner.cli.speak import check_target
from runner.clock import FakeClock
from runner.data_lock import lock_data
from runner.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]


def run(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    comfyui = tmp_path / "ComfyUI"
    comfyui.mkdir(exist_ok=True)
    (comfyui / "main.py").write_text("raise SystemExit('it was started')\n")
    env = {**os.environ, "ONAIR_DATA": str(tmp_path / "data"), "ONAIR_COMFYUI": str(comfyui)}
    command = [sys.executable, "-m", "runner", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def speak(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(tmp_path, "speak", "Hello.", "-o", str(tmp_path / "hello.mp4"), *words)


BAD = {
    "a setting": (("--set", "Nobody.x=1"), "workflow.set"),
    "a voice": (("--voice", "xx"), "voice.unknown"),
    "a picture": (("--avatar", "README.md"), "picture.unreadable"),
    "a workflow": (("--workflow", "README.md"), "workflow.not_json"),
    "an idle graph": (("--idle", "workflows/portrait_live.json"), "workflow.no_idle"),
    "an address": (("--comfyui", "localhost:8188"), "comfyui.not_found"),
    "half an address": (("--comfyui", "http://[::1"), "comfyui.address"),
    "an address without a host": (("--comfyui", "http://"), "comfyui.address"),
    "an address with a wrong port": (("--comfyui", "http://h:abc"), "comfyui.address"),
    "an address with too long a name": (("--comfyui", f"http://{'h' * 300}"), "comfyui.address"),
    "another protocol": (("--comfyui", "ftp://x"), "comfyui.address"),
    "a long folder": (("--comfyui", "n" * 300), "comfyui.not_found"),
    "an option": (("--nothing",), "usage"),
}


@pytest.mark.parametrize(("words", "code"), BAD.values(), ids=BAD)
def test_bad_input_is_told_before_comfyui_is_started(words: tuple[str, ...], code: str, tmp_path: Path) -> None:
    said = speak(tmp_path, *words)
    assert said.returncode == 2
    assert said.stdout == ""
    [line] = said.stderr.splitlines()
    assert line.startswith(f"error [{code}]: ")
    assert not (tmp_path / "data" / "comfyui").exists()


@pytest.mark.parametrize(("option", "code"), [("--avatar", "picture.unreadable"), ("--workflow", "workflow.not_found")])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_refused_instead_of_read(option: str, code: str, kind: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    given = {"pipe": pipe, "device": Path("/dev/zero"), "folder": tmp_path}[kind]
    said = run(tmp_path, "live", "--check", "--port", "0", option, str(given))
    assert said.returncode == 2
    assert json.loads(said.stderr)["error"]["code"] == code


@pytest.mark.parametrize(("name", "value"), [("ONAIR_TOKEN", "short"), ("ONAIR_EDITORS", "my-editor")])
def test_who_may_come_in_is_judged_before_anything_is_set_up(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    said = run(tmp_path, "live", "--check", "--port", "0")
    assert said.returncode == 2
    told = json.loads(said.stderr)["error"]
    assert (told["code"], name in told["message"]) == ("settings.bad", True)


def test_a_folder_of_an_impossible_name_is_no_stream(tmp_path: Path) -> None:
    assert run(tmp_path, "check-stream", "n" * 300).returncode == 2


@pytest.mark.parametrize("option", ["-o", "--hls", "--avatar", "--workflow", "--idle", "--data"])
def test_an_empty_name_is_refused(option: str, tmp_path: Path) -> None:
    said = run(tmp_path, "speak", "Hello.", option, "")
    assert (said.returncode, said.stdout) == (2, "")
    [line] = said.stderr.splitlines()
    assert line.startswith("error [usage]: an option has an empty name")


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    said = speak(tmp_path, "--set", "OnAirWindow.overlap_frames=0", "--json")
    assert (said.returncode, said.stderr) == (2, "")
    assert json.loads(said.stdout)["error"]["code"] == "workflow.value"


def test_live_into_a_file_writes_json_lines_alone(tmp_path: Path) -> None:
    said = run(tmp_path, "live", "--port", "0", "--voice", "de")
    assert said.returncode == 3  # this ComfyUI ends at once
    lines = [json.loads(line) for line in said.stderr.splitlines()]
    assert [line["step"] for line in lines if "step" in line] == ["Starting ComfyUI, some 10 s …"]
    assert lines[-1]["error"]["code"] == "comfy.unreachable"
    assert "it was started" in lines[-1]["error"]["message"]


@pytest.mark.parametrize("words", [("--help",), ("doctor",), ("live", "--nothing")])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(words: tuple[str, ...], tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)  # as `| head -1` does, only sooner
    errors = tmp_path / "errors"
    with os.fdopen(writes, "wb") as gone, errors.open("wb") as sink:
        command = [sys.executable, "-m", "runner", *words]
        where = gone if words[0] == "live" else sink  # its words go there
        code = subprocess.call(command, cwd=ROOT, stdout=gone, stderr=where, timeout=60)
    assert (code, errors.read_text()) == (form.READER_GONE, "")


def refused(target: Path, *, folder: bool) -> str:
    with pytest.raises(BadInput) as caught:
        check_target(target, folder=folder)
    return caught.value.code


def test_a_result_without_a_place_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "there.mp4").write_bytes(b"old")
    assert refused(tmp_path / "none" / "a.mp4", folder=False) == "output.folder"
    assert refused(tmp_path / "full", folder=False) == "output.folder"
    assert refused(tmp_path / "a.mov", folder=False) == "output.format"
    assert refused(tmp_path / "full", folder=True) == "output.taken"
    assert refused(tmp_path / "there.mp4", folder=True) == "output.taken"
    assert refused(Path("/proc/a.mp4"), folder=False) == "output.folder"  # not even root writes there
    assert refused(tmp_path / f"{'n' * 300}.mp4", folder=False) == "output.file"
    assert refused(tmp_path / f"{'n' * 250}.mp4", folder=False) == "output.file"  # written under a longer name first
    assert refused(tmp_path / ("n" * 300), folder=True) == "output.file"
    check_target(tmp_path / "there.mp4", folder=False)  # it is replaced
    check_target(tmp_path / "new", folder=True)
    assert sorted(os.listdir(tmp_path)) == ["full", "there.mp4"]


def test_a_step_is_told_once_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(FakeClock())
    for step in ("Rehearsing: window 1 …", "Rehearsing: window 2 …", "", "Rendering …", "Rendering …"):
        progress.say(step)
    assert capsys.readouterr().err.splitlines() == ["Rehearsing: window 1 …", "Rendering …"]


def test_the_form_is_json_where_nobody_looks_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert form.use_json(as_json=False, setting=None)
    assert not form.use_json(as_json=False, setting=False)
    assert form.use_json(as_json=True, setting=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert not form.use_json(as_json=False, setting=None)


def test_a_fault_of_ours_is_told_in_the_runs_own_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    form.use_json(as_json=False, setting=True)
    form.say_error("bug", "this is a fault", trace="Traceback")
    assert json.loads(capsys.readouterr().err) == {
        "error": {"code": "bug", "message": "this is a fault", "exception": "Traceback"}
    }
    form.use_json(as_json=False, setting=False)
    form.say_error("bug", "this is a fault", trace="Traceback\n")
    assert capsys.readouterr().err == "Traceback\nerror [bug]: this is a fault\n"


def test_a_second_live_server_on_a_data_folder_is_refused_and_speak_is_not(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with lock_data(tmp_path / "data"):
        said = run(tmp_path, "live", "--port", "0")
        assert said.returncode == 2
        assert json.loads(said.stderr.splitlines()[-1])["error"]["code"] == "data.taken"
        assert not (tmp_path / "data" / "comfyui").exists()
        assert run(tmp_path, "live", "--check").returncode == 0  # what a restart asks while the old one still runs
        assert "comfy.unreachable" in speak(tmp_path).stderr  # it went as far as this ComfyUI lets it
