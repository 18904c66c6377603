"""Which idle graph belongs to a talk graph, before any server is asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from runner.engine.workflow import load_workflow
from runner.errors import WorkflowRefused
from runner.graphs import idle_path
from runner.settings import REPOSITORY, Settings

pytestmark = pytest.mark.fast
SHIPPED = REPOSITORY / "workflows"


def found(workflow: Path, idle: Path | None = None) -> Path:
    return idle_path(Settings(workflow=workflow, idle=idle), load_workflow(workflow, {}))


def test_a_copy_of_the_shipped_graph_takes_the_shipped_idle_graph_unless_one_lies_beside_it(tmp_path: Path) -> None:
    copy = tmp_path / "my.json"
    shutil.copy(SHIPPED / "portrait_live.json", copy)
    assert found(copy) == SHIPPED / "idle_portrait.json"
    beside = tmp_path / "idle_portrait.json"
    shutil.copy(SHIPPED / "idle_portrait.json", beside)
    assert found(copy) == beside
    assert found(copy, tmp_path / "other.json") == tmp_path / "other.json"


def test_an_idle_graph_that_lies_nowhere_is_refused(tmp_path: Path) -> None:
    graph = json.loads((SHIPPED / "portrait_live.json").read_text())
    graph["extra"] = {"onair": {"idle": "nowhere.json"}}
    mine = tmp_path / "my.json"
    mine.write_text(json.dumps(graph))
    with pytest.raises(WorkflowRefused, match=r"names the idle graph nowhere\.json.*--idle") as caught:
        found(mine)
    assert caught.value.code == "workflow.no_idle_file"


@pytest.mark.parametrize("name", ["x" * 5000, "..", "null\0", "\ud800"])
def test_what_can_be_no_file_name_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    mine = tmp_path / "my.json"
    graph = json.loads((SHIPPED / "portrait_live.json").read_text())
    graph["extra"]["onair"] = {"idle": name}
    mine.write_text(json.dumps(graph))
    with pytest.raises(WorkflowRefused, match="names the idle graph") as caught:
        found(mine)
    assert len(str(caught.value)) < 400
