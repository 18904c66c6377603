"""The flat view of a workflow: every node with its path through the subgraphs, and where its links really begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.errors import WorkflowRefused

from .graph.level import BYPASS, NEVER, Level, Node
from .graph.slot_type import WILDCARD, may_connect
from .subgraphs.subgraph_node import SubgraphNode

Seen = set[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an input gets its value: an output of a node, or the value of a promoted widget."""

    node_id: str
    slot: int
    value: Any = None
    is_value: bool = False


@dataclass(slots=True, eq=False)
class ExecutableNode:
    """A node at its place. `path` names the instances that it is inside of; `host` is the innermost of them."""

    node: Node
    path: tuple[str, ...]
    flat: dict[str, ExecutableNode]
    host: SubgraphNode | None = None

    @property
    def id(self) -> str:
        """The node's id in the prompt."""
        return ":".join((*self.path, self.node.id))

    @property
    def runs(self) -> bool:
        """Whether it is in the prompt."""
        return not self.node.virtual and self.node.mode not in (NEVER, BYPASS)

    def resolve_input(self, index: int, seen: Seen, kind: Any = None) -> Origin | None:
        """Return where this input's value comes from, None when nothing is connected.

        `kind` is the type wanted at the far end of a wire that leads through here.
        Raises: WorkflowRefused `workflow.loop`, `workflow.broken_link`.
        """
        self._note("input", index, seen)
        if not 0 <= index < len(self.node.inputs):
            raise self._broken(f"has no input {index}")
        slot = self.node.inputs[index]
        if slot.link is None:
            return None
        level = self._level()
        link = level.links.get(slot.link)
        if link is None:
            raise self._broken(f"names link {slot.link} at its input {slot.name}, but the file has no such link")
        if self.host is not None and link.from_border:
            return self._resolve_outside(self.host, link.origin_slot, slot.name, seen)
        origin = self.flat.get(":".join((*self.path, link.origin_id)))
        if origin is None:
            raise self._broken(f"is linked at its input {slot.name} to node {link.origin_id}, which does not exist")
        return origin.resolve_output(link.origin_slot, slot.type if kind is None else kind, seen)

    def resolve_output(self, index: int, kind: Any, seen: Seen) -> Origin | None:
        """Return the output that really gives this value: behind mutes, bypasses, bends and subgraphs."""
        self._note("output", index, seen)
        node = self.node
        if node.mode == NEVER:
            return None
        if node.mode == BYPASS:
            place = self._bypass(index, kind)
            return self.resolve_input(place, seen) if place is not None else None
        if isinstance(node, SubgraphNode):
            return self._resolve_inside(node, index, kind, seen)
        if node.virtual:
            link = node.input_link(index)
            return self.resolve_input(link.target_slot, seen, kind) if link is not None else None
        return Origin(self.id, index)

    def _resolve_outside(self, host: SubgraphNode, place: int, name: str, seen: Seen) -> Origin | None:
        if not 0 <= place < len(host.inputs):
            raise self._broken(f"is linked at its input {name} to an input that its subgraph does not have")
        outer = host.inputs[place]
        if outer.link is None:
            return Origin(self.id, -1, outer.host.cell.value, True) if outer.host is not None else None
        link = host.level.links.get(outer.link) if host.level is not None else None
        if link is None:
            raise self._broken(f"names a link at its input {name} that the file does not have")
        instance = self.flat.get(":".join(self.path))
        if instance is None:
            raise self._broken("is inside of a subgraph that is not there")
        return instance.resolve_input(link.target_slot, seen)

    def _resolve_inside(self, node: SubgraphNode, index: int, kind: Any, seen: Seen) -> Origin | None:
        borders = node.subgraph.outputs
        links = node.subgraph.border_links(borders[index]) if 0 <= index < len(borders) else []
        if not links:
            return None
        inner = self.flat.get(":".join((*self.path, node.id, links[0].origin_id)))
        if inner is None:
            if links[0].from_border:
                raise self._broken(f"leads its input {links[0].origin_slot} straight to an output")
            raise self._broken(f"has no inner node {links[0].origin_id}")
        return inner.resolve_output(links[0].origin_slot, kind, seen)

    def _bypass(self, index: int, kind: Any) -> int | None:
        """Return the input that stands for an output of a bypassed node: same place, same type, or a type that fits."""
        inputs = self.node.inputs
        if not 0 <= index < len(self.node.outputs):
            raise self._broken(f"has no output {index}")
        own = self.node.outputs[index].type
        if kind in (WILDCARD, ""):
            return index if len(inputs) > index else 0
        opposite = inputs[index] if index < len(inputs) else None
        if opposite is not None and may_connect(opposite.type, own) and may_connect(opposite.type, kind):
            return index
        exact = (at for at, slot in enumerate(inputs) if slot.type == kind)
        fitting = (at for at, slot in enumerate(inputs) if may_connect(slot.type, own) and may_connect(slot.type, kind))
        return next(exact, next(fitting, None))

    def _note(self, side: str, index: int, seen: Seen) -> None:
        """Remember this step. One step of a subgraph counts once, in whichever of its instances it is taken."""
        step = (self.host.subgraph.id if self.host is not None else None, self.node.id, side, index)
        if step in seen:
            sentence = f"node {self._named()} is linked to itself in a circle; cut the circle"
            raise WorkflowRefused(sentence, code="workflow.loop")
        seen.add(step)

    def _level(self) -> Level:
        if self.node.level is None:
            raise self._broken("is in no graph")
        return self.node.level

    def _broken(self, what: str) -> WorkflowRefused:
        sentence = f"node {self._named()} {what}; open and save the workflow in ComfyUI"
        return WorkflowRefused(sentence, code="workflow.broken_link")

    def _named(self) -> str:
        return f"{self.id} ({self.node.title or self.node.type})"


def flatten(root: Level) -> dict[str, ExecutableNode]:
    """Return all nodes by their id in the prompt; the inside of an inactive instance on the first level is left out."""
    flat: dict[str, ExecutableNode] = {}
    for node in root.nodes:
        found = ExecutableNode(node, (), flat)
        flat[found.id] = found
        if isinstance(node, SubgraphNode) and node.mode not in (NEVER, BYPASS):
            for inner in _inside(node, (), flat, (node.subgraph.id,)):
                flat[inner.id] = inner
    return flat


def _inside(
    instance: SubgraphNode, path: tuple[str, ...], flat: dict[str, ExecutableNode], above: tuple[str, ...]
) -> Iterator[ExecutableNode]:
    inner_path = (*path, instance.id)
    for node in instance.subgraph.nodes:
        yield ExecutableNode(node, inner_path, flat, instance)
        if isinstance(node, SubgraphNode):
            if node.subgraph.id in above:
                raise WorkflowRefused(
                    f"the subgraph {node.subgraph.name} contains itself; take it out of itself in ComfyUI",
                    code="workflow.loop",
                )
            yield from _inside(node, inner_path, flat, (*above, node.subgraph.id))
