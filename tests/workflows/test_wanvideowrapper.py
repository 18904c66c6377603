"""The graphs of ComfyUI-WanVideoWrapper against what its nodes say of themselves."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from runner.batch.finding import find_faults
from runner.convert import convert
from runner.engine.api_graph import link_of
from runner.engine.binding import ENCODER_CONTEXT_FRAMES, bind
from runner.engine.idle_renderer import bind_idle
from runner.engine.workflow import load_workflow
from runner.errors import WorkflowRefused
from tests.comfy_server import REPOSITORY, ComfyServer

pytestmark = pytest.mark.comfyui

RECORDED: dict[str, Any] = json.loads(
    (REPOSITORY / "tests" / "data" / "wanvideowrapper" / "object_info.json").read_text(encoding="utf-8")
)
FILES = sorted((REPOSITORY / "workflows").glob("*wanvideowrapper*.json"))
LIVE = REPOSITORY / "workflows" / "infinitetalk_wanvideowrapper_live.json"
TWO = REPOSITORY / "workflows" / "infinitetalk_wanvideowrapper_two_speakers_live.json"
SINGLE = REPOSITORY / "workflows" / "infinitetalk_wanvideowrapper_single.json"
IDLE = REPOSITORY / "workflows" / "idle_infinitetalk_wanvideowrapper.json"


@pytest.fixture(scope="module")
def info(comfyui_server: ComfyServer) -> dict[str, Any]:
    """Return this ComfyUI's definitions and the recorded ones of the pack."""
    return {**comfyui_server.get("/object_info"), **RECORDED}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def wrong(graph: dict[str, Any], info: dict[str, Any]) -> list[str]:
    """Say what is not named, not typed, not linked or out of range; files that are not here are none of it."""
    told = [
        one.message
        for one in find_faults(graph, info, packs={}, models={})
        if one.kind not in ("missing_model", "missing_file")
    ]
    for node_id, node in graph.items():
        groups = info[node["class_type"]]["input"]
        known = {**groups.get("required", {}), **groups.get("optional", {})}
        told += [
            f"{name} of {node['class_type']} ({node_id}) is no input"
            for name in node["inputs"]
            if name.partition(".")[0] not in known
        ]
    return told


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_input_is_named_typed_linked_and_in_range(info: dict[str, Any], path: Path) -> None:
    graph = convert(read(path), info)
    assert wrong(graph, info) == []
    for node in graph.values():
        groups = info[node["class_type"]]["input"]
        widgets = {
            name
            for group in groups.values()
            if isinstance(group, dict)
            for name, (kind, *_) in group.items()
            if kind in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO") or isinstance(kind, list)
        }
        assert widgets <= set(node["inputs"]), node["class_type"]


def test_the_check_sees_a_wrong_name_type_value_and_a_missing_link(info: dict[str, Any]) -> None:
    whole = convert(read(LIVE), info)

    def changed(kind: str, **inputs: Any) -> list[str]:
        graph = copy.deepcopy(whole)
        node = next(node for node in graph.values() if node["class_type"] == kind)
        node["inputs"].update(inputs)
        node["inputs"] = {name: value for name, value in node["inputs"].items() if value is not None}
        return wrong(graph, info)

    loader = next(node_id for node_id, node in whole.items() if node["class_type"] == "WanVideoModelLoader")
    assert "is no input" in changed("WanVideoSampler", motion_frame=9)[0]
    assert "link WANVAE" in changed("WanVideoDecode", vae=[loader, 0])[0]
    assert "take one of" in changed("WanVideoSampler", scheduler="dpm++ sde")[0]
    assert "it takes 0.0 to 30.0" in changed("WanVideoSampler", cfg=31.0)[0]
    assert "is not linked" in changed("WanVideoSampler", image_embeds=None)[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_node_is_comfyuis_own_ours_or_the_packs_and_says_so(info: dict[str, Any], path: Path) -> None:
    for node in read(path)["nodes"]:
        if node["type"] == "MarkdownNote":
            continue
        pack, kind = node["properties"]["cnr_id"], node["type"]
        assert pack == (
            "ComfyUI-WanVideoWrapper" if kind in RECORDED else "onair" if kind.startswith("OnAir") else "comfy-core"
        )
        assert (pack == "ComfyUI-WanVideoWrapper") == ("ver" in node["properties"])
        assert not (path == SINGLE and pack == "onair")


def values_of(graph: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the inputs of the only node of a class."""
    (found,) = [node["inputs"] for node in graph.values() if node["class_type"] == kind]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_values_are_those_that_people_use(info: dict[str, Any], path: Path) -> None:
    graph = convert(read(path), info)
    sampler, heard = values_of(graph, "WanVideoSampler"), values_of(graph, "MultiTalkWav2VecEmbeds")
    assert (sampler["scheduler"], sampler["steps"], sampler["cfg"]) == ("dpm++_sde", 6, 1.0)
    assert (heard["audio_scale"], heard["audio_cfg_scale"], heard["fps"]) == (1.6, 1.0, 25.0)
    # by the window each would get a gain of its own; in one go it is once over the whole sound
    assert heard["normalize_loudness"] is (path == SINGLE)
    if path == SINGLE:
        loop = values_of(graph, "WanVideoImageToVideoMultiTalk")
        assert (loop["frame_window_size"], loop["motion_frame"], loop["mode"]) == (81, 25, "infinitetalk")
    else:
        assert heard["num_frames"] == 10_000
        assert values_of(graph, "OnAirWindow")["loudness"] == (0.0 if path == IDLE else -23.0)


@pytest.mark.parametrize("path", [LIVE, TWO], ids=lambda path: path.stem)
def test_both_numbers_of_motion_frames_go_on_air(info: dict[str, Any], path: Path) -> None:
    workflow = load_workflow(path, info)
    for overlap, step in ((9, 72), (25, 56)):
        graph = bind(workflow, info, settings=[f"OnAirWindow.overlap_frames={overlap}"])
        assert (graph.window_frames, graph.window_frames - graph.overlap_frames) == (81, step)
    # wav2vec hears three seconds of past, and the picture is encoded once a session
    assert graph.context_frames == ENCODER_CONTEXT_FRAMES
    assert link_of(values_of(graph.graph, "WanVideoImageToVideoEncode")["start_image"]) == (graph.reference_id, 0)
    with pytest.raises(WorkflowRefused, match="4n\\+1"):
        bind(workflow, info, settings=["OnAirWindow.window_frames=80", "OnAirWindow.overlap_frames=8"])


def test_a_size_is_set_once_for_all_nodes_of_talk_and_idle(info: dict[str, Any]) -> None:
    sets = ["OnAirWindow.width=640", "OnAirWindow.height=352"]
    talk = bind(load_workflow(LIVE, info), info, settings=sets)
    idle = bind_idle(load_workflow(IDLE, info), info, settings=sets)
    for bound, frames in ((talk, 81), (idle, 57)):
        assert (bound.width, bound.height) == (640, 352)
        encode = values_of(bound.graph, "WanVideoImageToVideoEncode")
        held = [bound.graph[encode[name][0]]["inputs"]["value"] for name in ("width", "height", "num_frames")]
        assert held == [640, 352, frames]


def test_two_voices_are_heard_at_the_same_time_each_at_its_own_place(info: dict[str, Any]) -> None:
    graph = convert(read(TWO), info)
    heard = values_of(graph, "MultiTalkWav2VecEmbeds")
    assert heard["multi_audio_type"] == "para"
    window = next(node_id for node_id, node in graph.items() if node["class_type"] == "OnAirWindow")
    assert [heard["audio_1"], heard["audio_2"]] == [[window, 0], [window, 1]]
    masks = graph[heard["ref_target_masks"][0]]["inputs"]
    places = [graph[masks[f"masks.mask{number}"][0]]["inputs"]["x"] for number in range(2)]
    assert places == [0, 416]
