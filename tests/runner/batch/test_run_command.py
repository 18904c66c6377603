"""`run` and `check` as they are called, against real ComfyUI and its stock nodes that need no model."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.comfy_server import ComfyServer, comfyui_tree, end_comfyui, start_comfyui

pytestmark = pytest.mark.comfyui

ROOT = Path(__file__).resolve().parents[3]
PROBES = ROOT / "tests" / "data" / "probe_pack"
LIMIT_S = 120
Graph = dict[str, dict[str, Any]]


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def picture(*, color: int = 0, prefix: str = "a") -> Graph:
    return {
        "1": node("EmptyImage", width=16, height=16, batch_size=1, color=color),
        "2": node("SaveImage", images=["1", 0], filename_prefix=prefix),
    }


def slow() -> Graph:
    return {"1": node("ProbeSteps", steps=6000, step_ms=10, attempt=uuid.uuid4().hex)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """A ComfyUI elsewhere, without OnAir's nodes."""

    def link(custom_nodes: Path) -> None:
        (custom_nodes / "probes").symlink_to(PROBES, target_is_directory=True)

    found, process = start_comfyui(tmp_path_factory.mktemp("run") / "base", link, shared=False)
    try:
        yield found
    finally:
        end_comfyui(process)


def words(graph: Graph, where: str, out: Path, *more: str | Path) -> list[str]:
    out.mkdir(parents=True, exist_ok=True)
    path = out.parent / f"{out.name}.json"
    path.write_text(json.dumps(graph))
    data = out.parent / "data"
    return [
        sys.executable, "-m", "runner", "run", str(path), "-o", str(out), "--comfyui", where, "--data", str(data),
        *map(str, more),
    ]  # fmt: skip


def run(graph: Graph, server: ComfyServer, out: Path, *more: str | Path) -> list[dict[str, Any]]:
    """Run to a good end; return the manifest's files."""
    done = called(words(graph, server.url, out, *more))
    assert done.returncode == 0, done.stderr + done.stdout
    return [one for one in json.loads((out / "manifest.json").read_text())["outputs"] if "file" in one]


def called(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def test_outputs_of_every_kind_come_with_their_subfolders(server: ComfyServer, tmp_path: Path) -> None:
    graph = {
        **picture(prefix="sub/folder/a"),
        "3": node("PreviewImage", images=["1", 0]),
        "4": node("EmptyAudio", duration=0.2, sample_rate=16000, channels=1),
        "5": node("SaveAudio", audio=["4", 0], filename_prefix="audio/s"),
        "6": node("PrimitiveString", value="Grüße"),
        "7": node("PreviewAny", source=["6", 0]),
        "8": node("EmptyLatentImage", width=16, height=16, batch_size=1),
        "9": node("SaveLatent", samples=["8", 0], filename_prefix="latents/l"),
        "10": node("CreateVideo", images=["1", 0], fps=8.0),
        "11": node("SaveVideo", video=["10", 0], filename_prefix="video/v", format="mp4", codec="h264"),
    }
    files = {one["node"]: one for one in run(graph, server, tmp_path / "out")}
    assert files["2"]["file"].startswith("sub/folder/a_")
    assert files["3"]["file"].startswith("temp/")
    assert files["5"]["file"].startswith("audio/s_")
    assert files["9"]["file"].startswith("latents/l_")
    assert files["11"]["file"].startswith("video/v_")
    assert (tmp_path / "out" / files["7"]["file"]).read_text(encoding="utf-8") == "Grüße"
    for one in files.values():
        assert (tmp_path / "out" / one["file"]).stat().st_size == one["bytes"] > 0


def test_the_same_prompt_twice_gives_files_twice_though_the_first_were_deleted(
    server: ComfyServer, tmp_path: Path
) -> None:
    (first,) = run(picture(prefix="twice"), server, tmp_path / "one")
    (server.base / "output" / first["file"]).unlink()
    (second,) = run(picture(prefix="twice"), server, tmp_path / "two")
    assert second["bytes"] == first["bytes"]


def test_values_files_seeds_and_repeats_reach_the_nodes(server: ComfyServer, tmp_path: Path) -> None:
    sound = tmp_path / "Ton ü.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x10" * 800)
    graph = {
        "1": node("LoadAudio", audio="voice.wav"),
        "2": node("SaveAudio", audio=["1", 0], filename_prefix="x"),
        "3": node("PrimitiveInt", value=0),
        "4": node("PreviewAny", source=["3", 0]),
        "5": node("EmptyImage", width=16, height=16, batch_size=1, color=0),
        "6": node("ImageAddNoise", image=["5", 0], seed=1, strength=1.0),
        "7": node("SaveImage", images=["6", 0], filename_prefix="noise"),
    }
    files = run(
        graph, server, tmp_path / "out", "--input", f"voice.wav={sound}", "--set", "PrimitiveInt.value=42",
        "--seed", "9", "--repeat", "2",
    )  # fmt: skip
    texts = [(tmp_path / "out" / one["file"]).read_text() for one in files if one["node"] == "4"]
    assert texts == ["42", "42"]
    pictures = [(tmp_path / "out" / one["file"]).read_bytes() for one in files if one["node"] == "7"]
    assert len(set(pictures)) == 2
    assert len([one for one in files if one["node"] == "2"]) == 2


def test_events_are_one_json_object_a_line(server: ComfyServer, tmp_path: Path) -> None:
    graph = {"1": node("ProbeSteps", steps=3, step_ms=60)}
    done = called(words(graph, server.url, tmp_path / "out", "--json"))
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["event"] for one in events][:2] == ["prompt", "node"]
    assert {"event": "progress", "node": "1", "class_type": "ProbeSteps", "value": 3, "maximum": 3} in events
    assert events[-1] == {"event": "done", "manifest": str(tmp_path / "out" / "manifest.json"), "runs": 1, "files": 0}


@pytest.mark.parametrize(
    ("graph", "code", "said"),
    [
        ({"1": node("ProbeMemory", steps=1, step_ms=1)}, "comfy.out_of_memory", "take a smaller picture or model"),
        (
            {"1": node("ProbeSteps", steps=1, step_ms=1, message="it is broken")},
            "prompt.failed",
            "ProbeSteps (1) failed with ValueError",
        ),
        (
            {**picture(), "1": node("EmptyImage", width=-5, height=16, batch_size=1, color=0)},
            "prompt.rejected",
            "node 1 (EmptyImage)",
        ),
        (
            {
                **picture(),
                "1": node("EmptyImage", width=-5, height=16, batch_size=1, color=0),
                "3": node("PreviewImage", images=["1", 0]),
                "4": node("PreviewImage"),
            },
            "prompt.rejected",
            "node 4 (PreviewImage)",
        ),
        (
            {
                "1": node("UNETLoader", unet_name="none.safetensors", weight_dtype="default"),
                "2": node("PreviewAny", source=["1", 0]),
            },
            "prompt.no_model",
            "none.safetensors (UNETLoader)",
        ),
    ],
)
def test_a_failed_node_and_a_refused_value_end_in_one_clear_error(
    graph: Graph, code: str, said: str, server: ComfyServer, tmp_path: Path
) -> None:
    done = called(words(graph, server.url, tmp_path / "out", "--json"))
    error = json.loads(done.stdout.splitlines()[-1])["error"]
    assert done.returncode == 3
    assert error["code"] == code
    assert said in error["message"]


def test_a_missing_node_is_named_before_anything_is_queued(server: ComfyServer, tmp_path: Path) -> None:
    done = called(words({**picture(), "9": node("NoSuchNode")}, server.url, tmp_path / "out"))
    assert done.returncode == 2
    assert "workflow.unknown_node" in done.stderr
    assert "NoSuchNode" in done.stderr


def queue(server: ComfyServer) -> list[str]:
    told = server.get("/queue")
    return [str(one[1]) for one in (*told["queue_running"], *told["queue_pending"])]


def wait_for(server: ComfyServer, count: int) -> list[str]:
    limit = time.monotonic() + LIMIT_S
    while time.monotonic() < limit:
        found = queue(server)
        if len(found) == count:
            return found
        time.sleep(0.05)
    pytest.fail(f"the queue never held {count}")


def test_ctrl_c_cancels_its_own_prompt_and_no_other(server: ComfyServer, tmp_path: Path) -> None:
    other = str(uuid.uuid4())
    ours = subprocess.Popen(words(slow(), server.url, tmp_path / "out"), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_for(server, 1)
    server.post("/prompt", {"prompt": slow(), "prompt_id": other})
    ours.send_signal(signal.SIGINT)
    _, said = ours.communicate(timeout=30)
    assert ours.returncode == 130, said
    assert wait_for(server, 1) == [other]
    server.post(f"/api/jobs/{other}/cancel", {})
    wait_for(server, 0)


def test_a_history_that_others_empty_loses_nothing(server: ComfyServer, tmp_path: Path) -> None:
    graph = {**picture(prefix="kept"), "3": node("ProbeSteps", steps=30, step_ms=20, attempt=uuid.uuid4().hex)}
    ended = threading.Event()

    def empty() -> None:
        while not ended.wait(0.01):  # more often than anybody looks, and yet the server gets to its work
            with contextlib.suppress(ValueError):  # its answer has no body
                server.post("/history", {"clear": True})

    emptying = threading.Thread(target=empty)
    emptying.start()
    try:
        (file,) = run(graph, server, tmp_path / "out")
    finally:
        ended.set()
        emptying.join()
    assert file["file"].startswith("kept_")


def test_a_server_restarted_in_the_middle_still_gives_the_result(tmp_path: Path) -> None:
    def link(custom_nodes: Path) -> None:
        (custom_nodes / "probes").symlink_to(PROBES, target_is_directory=True)

    base = tmp_path / "base"
    server, process = start_comfyui(base, link, shared=False)
    graph = {**picture(), "3": node("ProbeSteps", steps=300, step_ms=10)}
    try:
        command = words(graph, server.url, tmp_path / "out", "--json")
        ours = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        wait_for(server, 1)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
        server, process = start_comfyui(base, link, shared=False, port=int(server.url.rpartition(":")[2]))
        told, _ = ours.communicate(timeout=LIMIT_S)
        assert ours.returncode == 0, told
        assert [json.loads(line)["event"] for line in told.splitlines()].count("lost") == 1
        assert list((tmp_path / "out").glob("a_*.png"))
    finally:
        end_comfyui(process)


def test_a_file_too_large_to_be_uploaded_is_told_at_once(server: ComfyServer, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(101 << 20)
    graph = {"1": node("LoadImage", image="x.png"), "2": node("PreviewImage", images=["1", 0])}
    done = called(words(graph, server.url, tmp_path / "out", "--input", f"x.png={large}"))
    assert done.returncode == 3
    assert "--max-upload-size" in done.stderr


def test_a_silent_server_ends_it_after_the_timeout(tmp_path: Path) -> None:
    def link(custom_nodes: Path) -> None:
        (custom_nodes / "probes").symlink_to(PROBES, target_is_directory=True)

    server, process = start_comfyui(tmp_path / "base", link, shared=False)
    try:
        graph = {"1": node("ProbeExit", steps=1, step_ms=1)}
        done = called(words(graph, server.url, tmp_path / "out", "--timeout", "3", "--json"))
        error = json.loads(done.stdout.splitlines()[-1])["error"]
        assert (done.returncode, error["code"]) == (3, "comfy.silent")
        assert "for 3 s" in error["message"]
    finally:
        end_comfyui(process)


def test_a_child_of_ours_runs_it_too_and_ends(tmp_path: Path) -> None:
    done = called(words(picture(), str(comfyui_tree()), tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("a_*.png"))) == 1


def test_check_judges_by_the_server_and_queues_nothing(server: ComfyServer, tmp_path: Path) -> None:
    graph = {
        **picture(),
        "3": node("CheckpointLoaderSimple", ckpt_name="none.safetensors"),
        "4": node("VAEDecode", samples=["5", 0], vae=["3", 2]),
        "5": node("EmptyLatentImage", width=8, height=16, batch_size=1),
        "6": node("PreviewImage", images=["4", 0]),
    }
    path = tmp_path / "w.json"
    path.write_text(json.dumps(graph))
    done = called([sys.executable, "-m", "runner", "check", str(path), "--comfyui", server.url, "--json"])
    told = json.loads(done.stdout)
    assert done.returncode == 5
    assert [(one["kind"], one.get("folder", "")) for one in told["findings"]] == [
        ("missing_model", "checkpoints"),
        ("bad_value", ""),
    ]
    assert told["live"]["code"] == "workflow.no_window"
