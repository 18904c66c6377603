"""What is converted at all, what is refused, and the workflows whose prompt the real editor has told."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from runner.convert import convert
from runner.errors import WorkflowRefused
from tests.runner.convert.saved_graph import INFO, node, workflow

pytestmark = pytest.mark.fast

CORPUS = Path(os.environ.get("ONAIR_TEST_CORPUS", Path(__file__).parent / "corpus"))
CASES = sorted(CORPUS.glob("cases/*"))
COMPOSED = CORPUS / "composed"


def test_what_is_no_workflow_is_refused() -> None:
    with pytest.raises(WorkflowRefused) as refused:
        convert({"1": {"class_type": "Load", "inputs": {}}}, INFO)
    assert refused.value.code == "workflow.not_a_workflow"


@pytest.mark.parametrize(
    "junk", [{"links": [{"id": []}]}, {"nodes": [{"id": 1, "type": "Load", "inputs": [{"link": {}}]}]}]
)
def test_a_damaged_file_is_refused_in_one_sentence(junk: dict[str, Any]) -> None:
    with pytest.raises(WorkflowRefused) as refused:
        convert({"nodes": [node(1, "SaveLatent")], "links": [], **junk}, INFO)
    assert refused.value.code == "workflow.damaged"


def test_neither_file_nor_definitions_are_changed() -> None:
    saved = workflow([node(1, "Load"), node(2, "Encode", ["{a|b}"])], (1, 1, 1, 2, "clip", "CLIP"))
    before = copy.deepcopy((saved, INFO))
    convert(saved, INFO)["2"]["inputs"]["clip"].append("changed")
    assert (saved, INFO) == before


def test_the_corpus_is_there() -> None:
    assert len(CASES) >= 28


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_workflow_becomes_what_the_real_editor_made_of_it(case: Path) -> None:
    info = json.loads((CORPUS / "object_info.json").read_text(encoding="utf-8"))
    saved = json.loads((case / "workflow.json").read_text(encoding="utf-8"))
    expected = json.loads((case / "expected_api.json").read_text(encoding="utf-8"))
    told = convert(saved, info)
    assert {key: (item["class_type"], item["inputs"]) for key, item in told.items()} == {
        key: (item["class_type"], item["inputs"]) for key, item in expected.items()
    }


@pytest.mark.parametrize("case", sorted(COMPOSED.glob("[0-9]*.json")), ids=lambda case: case.stem)
def test_a_composed_workflow_becomes_what_the_real_editor_made_of_it(case: Path) -> None:
    info = json.loads((COMPOSED / "object_info.json").read_text(encoding="utf-8"))
    held = json.loads(case.read_text(encoding="utf-8"))
    told = {key: item["inputs"] for key, item in convert(held["workflow"], info).items()}
    assert told == {key: item["inputs"] for key, item in held["prompt"].items()}


def test_the_composed_workflows_are_there() -> None:
    assert len(list(COMPOSED.glob("[0-9]*.json"))) >= 60
