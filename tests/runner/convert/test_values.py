"""What the widgets of a saved node become."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from runner.convert import convert
from runner.convert.widgets.look_at import look_at
from tests.runner.convert.saved_graph import INFO, definition, inputs_of, node, workflow

pytestmark = pytest.mark.fast


def alone(kind: str, values: Any = None, info: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return dict(inputs_of(workflow([node(1, kind, values, **more)]), info)["1"])


def test_a_node_without_values_has_its_defaults() -> None:
    assert alone("Sample") == {"seed": 0, "steps": 20, "cfg": 8.0}


def test_values_count_the_control_beside_a_seed_but_never_send_it() -> None:
    assert alone("Sample", [7, "randomize", 4, 1.5]) == {"seed": 7, "steps": 4, "cfg": 1.5}


def test_missing_values_are_defaults_and_values_too_many_are_dropped() -> None:
    assert alone("Sample", [7, "fixed"]) == {"seed": 7, "steps": 20, "cfg": 8.0}
    assert alone("Latent", [64, "more", 5]) == {"width": 64}


def test_values_by_name_reach_their_widgets() -> None:
    assert alone("Sample", {"cfg": 2, "steps": 3, "nobody": 1}) == {"seed": 0, "steps": 3, "cfg": 2}


def test_a_combo_keeps_a_value_that_is_not_in_its_list_but_not_null() -> None:
    assert alone("Load", ["gone.safetensors"]) == {"name": "gone.safetensors"}
    assert alone("Load", [None]) == {"name": "a"}


def test_a_combo_without_choices_sends_nothing() -> None:
    assert alone("Pick", None, {"Pick": definition({"file": [[], {}]})}) == {}


def test_the_order_that_the_server_asks_for_is_the_order_of_the_values() -> None:
    info = {"Two": definition({"b": ["INT", {}], "a": ["INT", {}]}, input_order={"required": ["a", "b"]})}
    assert alone("Two", [1, 2], info) == {"a": 1, "b": 2}


def test_a_socket_that_was_a_widget_once_does_not_shift_the_values() -> None:
    info = {"Two": definition({"a": ["INT", {"forceInput": True}], "b": ["INT", {}]})}
    assert alone("Two", [1, 2], info) == {"b": 2}


def test_an_upload_button_has_a_place_but_is_not_sent() -> None:
    info = {"Pic": definition({"image": [["x.png"], {"image_upload": True}], "n": ["INT", {}]})}
    assert alone("Pic", ["y.png", 5, "image"], info) == {"image": "y.png", "n": 5}


def test_lists_are_wrapped_and_structures_stay() -> None:
    info = {"Draw": definition({"c": ["CURVE", {}], "p": ["COLORS", {}], "b": ["BOUNDING_BOX", {}], "n": ["INT", {}]})}
    box = {"x": 1, "y": 2, "width": 3, "height": 4}
    told = alone("Draw", [[[0, 0]], ["#fff"], box, 1, 2, 3, 4, 9], info)
    curve = {"__type__": "CURVE", "__value__": [[0, 0]]}
    assert told == {"c": curve, "p": {"__value__": ["#fff"]}, "b": box, "n": 9}


def test_the_first_choice_of_a_dynamic_prompt_is_taken_and_comments_go() -> None:
    text = "a {red|blue} {one|{x|y}} cat // not this\n/* nor this */\\{kept\\}"
    assert alone("Encode", [text])["text"] == "a red one cat \n{kept}"


def test_braces_are_text_where_the_input_has_no_dynamic_prompts() -> None:
    info = {"Say": definition({"text": ["STRING", {"multiline": True}]})}
    assert alone("Say", ['{"a": 1}'], info) == {"text": '{"a": 1}'}


def test_a_file_name_takes_values_of_other_nodes_and_the_date() -> None:
    nodes = [
        node(1, "SaveLatent", ["%Big one.steps%_%Load.name%_%nobody.x%_%date:yyyy-MM-dd%"]),
        node(2, "Sample", [1, "fixed", 33], title="Big one"),
        node(3, "Load", ["x/y:z"]),
    ]
    told = convert(workflow(nodes), INFO, now=datetime(2031, 2, 3, 4, 5, 6))
    assert told["1"]["inputs"] == {"filename_prefix": "33_x_y_z_%nobody.x%_2031-02-03"}


def test_titles_are_those_of_the_node_or_of_its_class() -> None:
    info = {"Say": definition({}, display_name="Say it")}
    told = convert(workflow([node(1, "Say"), node(2, "Say", title="Mine")]), info)
    assert [told[key]["_meta"]["title"] for key in ("1", "2")] == ["Say it", "Mine"]


@pytest.mark.parametrize(
    ("position", "target", "quaternion"),
    [
        ((8.995368515120866, 10, 8.995368515120868), (0, 2.5, 0), (-0.243179189106, 0.369188915879, 0.100728118215)),
        (
            (13.4933151206, -0.1326031241, -0.6995208251),
            (0, 2.5, 0),
            (0.0661481134, 0.721826068, -0.069666196),
        ),
    ],
)
def test_a_saved_camera_is_turned_as_the_editor_turns_it(
    position: tuple[float, float, float], target: tuple[float, float, float], quaternion: tuple[float, ...]
) -> None:
    # As the editor told them of two official templates.
    turned = look_at(position, target)
    assert tuple(turned[axis] for axis in "xyz") == pytest.approx(quaternion, abs=1e-8)
    assert sum(part**2 for part in turned.values()) == pytest.approx(1)
