"""Scenes: the server's own scene, and one for each avatar that was asked for lately."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from runner.errors import BadInput
from runner.live.scene import Scene, SceneMaker

KEPT = 4
"""Scenes that need not be on air: some 6 MB of coded loop each, so that people can go back and forth."""


class Scenes:
    """Made when first asked for. All of it in one event loop."""

    def __init__(self, own: Scene, *, maker: SceneMaker | None) -> None:
        """`own`: the server's. `maker` None: there is no other."""
        self.own = own
        self._maker = maker
        self._kept: OrderedDict[str, Scene] = OrderedDict()
        self._making: dict[str, asyncio.Task[Scene]] = {}
        self._running: set[asyncio.Task[Scene]] = set()  # also those whose scene is wanted no more

    @property
    def kept(self) -> tuple[Scene, ...]:
        """The server's own, and those that are kept."""
        return (self.own, *self._kept.values())

    async def of_avatar(self, avatar: str | None) -> Scene:
        """Return the scene that shows this avatar; None: the server's own. Who wants the same waits for one making.

        Raises: as `SceneMaker.from_avatar`.
        """
        if avatar is None or avatar == self.own.avatar:
            return self.own
        if avatar in self._kept:
            self._kept.move_to_end(avatar)
            return self._kept[avatar]
        if avatar not in self._making:
            making = self._making[avatar] = asyncio.ensure_future(self._make(avatar))
            self._running.add(making)
            making.add_done_callback(lambda made: self._made(avatar, made))
        return await asyncio.shield(self._making[avatar])  # who goes away takes it from nobody else

    def forget(self, avatar: str) -> None:
        """Make this avatar's scene anew the next time: its picture, or where its face is, has changed."""
        self._kept.pop(avatar, None)
        self._making.pop(avatar, None)  # what is made of the old picture is not kept

    async def close(self) -> None:
        """Stop making."""
        for one in self._running:
            one.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _made(self, avatar: str, making: asyncio.Task[Scene]) -> None:
        self._running.discard(making)
        # Not left to who waits: where all have gone, a failure of then would be told to who comes next.
        if self._making.get(avatar) is making:
            del self._making[avatar]
        if not making.cancelled():
            making.exception()

    async def _make(self, avatar: str) -> Scene:
        if self._maker is None:
            raise BadInput(f"there is no avatar {avatar!r}; take one of /api/avatars", code="avatar.unknown")
        scene = await self._maker.from_avatar(avatar)
        if self._making.get(avatar) is not asyncio.current_task():
            return scene
        self._kept[avatar] = scene
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return scene
