"""Scene: what a channel renders with: a graph bound to its engines, its idle loop, the picture that both show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runner.live.idle import IdleLoop
from runner.live.paces import Paces
from runner.live.renderer import Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`others`: further engines with the same graph. `image`: the picture below `onair/`, "" for the graph's own.

    `avatar`: which one of the gallery it shows; None: none of them. `title`: what people call it.
    """

    title: str = ""
    renderer: Renderer
    idle: IdleLoop
    others: tuple[Renderer, ...] = ()
    image: str = ""
    seed: int = 0
    avatar: str | None = None
    paces: Paces = field(default_factory=Paces)
    """How fast its graph renders; shared by scenes of one graph."""
    own: bool = True
    """Whether its graph is the server's, so that a restart is sure to find it again."""
    findings: tuple[Mapping[str, str | None], ...] = ()
    """What was found of its graph that keeps it not from the air, as rows {node, code, severity, message}."""

    @property
    def renderers(self) -> tuple[Renderer, ...]:
        """Every engine."""
        return (self.renderer, *self.others)

    @property
    def anchored(self) -> bool:
        """Whether talk leaves the loop's pictures and is led back to them; else it follows the loop by itself."""
        return not self.renderer.graph.any_length

    def fits_stream_of(self, other: Scene) -> bool:
        """Whether its pictures go on in the other's stream: the same size, rate and H.264 parameter sets."""
        one, two = self.idle, other.idle
        return (one.width, one.height, one.fps, one.sps, one.pps) == (two.width, two.height, two.fps, two.sps, two.pps)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneGraph:
    """A graph for the air, as the editor saves it or in the API format.

    `idle`: its idle graph; None: what it names, else the server's. `avatar` None: the graph's own picture, and where
    it has none that of `shown` (the avatar on air when it came), else the server's.
    """

    workflow: Mapping[str, Any]
    idle: Mapping[str, Any] | None = None
    avatar: str | None = None
    shown: str | None = None


class SceneMaker(Protocol):
    """Makes scenes: seconds of an engine's work, for the idle loop. `runner.scene_maker.SceneMaker`."""

    async def from_avatar(self, avatar: str) -> Scene:
        """Return the server's own graph with this avatar.

        Raises: BadInput `avatar.unknown`, PictureRefused, EngineError.
        """

    async def from_workflow(self, wanted: SceneGraph) -> Scene:
        """Return a scene of this graph, proven by a window of it.

        Raises: WorkflowRefused with its `findings`, BadInput `avatar.unknown`, PictureRefused, EngineError.
        """
