"""A saved workflow in the editor's format as the prompt that the editor would send.

It follows frontend 1.47: the editor's rules for slots, widgets, subgraphs and links, without a screen. What needs one
(a drawn 3D view, a recording, a webcam) stays empty, and a random choice is the first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.errors import WorkflowRefused

from .editor import open_workflow
from .graph.opening import Opening
from .graph.widget import Moment
from .prompt import Prompt, make_prompt


def convert(workflow: Mapping[str, Any], object_info: Mapping[str, Any], *, now: datetime | None = None) -> Prompt:
    """Return the prompt of a workflow: node id → `class_type`, `inputs`, `_meta.title`.

    `object_info` is the server's /object_info; `now` is the time that `%date:…%` in a file name tells.
    Raises: WorkflowRefused `workflow.not_a_workflow`, `workflow.loop`, `workflow.broken_link`,
    `workflow.damaged`.
    """
    if not isinstance(workflow.get("nodes"), list):
        raise WorkflowRefused(
            "this is no workflow of ComfyUI's editor: it has no list of nodes; save one with Workflow > Save",
            code="workflow.not_a_workflow",
        )
    time = now or datetime.now()
    try:
        root = open_workflow(workflow, object_info, Opening(time))
        return make_prompt(root, Moment(time, root.find_widget))
    except RecursionError as exc:
        sentence = "the workflow's subgraphs or links go around in a circle, or a value is nested too deeply; cut that"
        raise WorkflowRefused(sentence, code="workflow.loop") from exc
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
        # The shape of a file is not checked field by field: whatever is not what the editor writes ends here.
        sentence = f"the workflow, or what the server says of its nodes, is damaged ({exc}); save it anew in ComfyUI"
        raise WorkflowRefused(sentence, code="workflow.damaged") from exc
