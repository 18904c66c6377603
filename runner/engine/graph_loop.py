"""Nodes that wait for each other: found before ComfyUI is started."""

from __future__ import annotations

from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

from .api_graph import sources


def refuse_loop(graph: ApiGraph, name: str) -> None:
    """Refuse nodes that wait for each other: ComfyUI would do so with the first prompt, after the idle loop.

    Raises: WorkflowRefused `workflow.loop`.
    """
    done: set[str] = set()
    for first in graph:
        # Depth first by hand: a saved graph may be deeper than Python's stack.
        path, open_ids = [first], [sources(graph[first])]
        while path:
            following = next(open_ids[-1], None)
            if following is None:
                done.add(path.pop())
                open_ids.pop()
            elif following in path:
                ring = [*path[path.index(following) :], following]
                named = " > ".join(f"{graph[node_id]['class_type']} ({node_id})" for node_id in reversed(ring))
                raise WorkflowRefused(
                    f"{name}: these nodes wait for each other: {named}; take one of the links away",
                    code="workflow.loop",
                )
            elif following in graph and following not in done:
                path.append(following)
                open_ids.append(sources(graph[following]))
