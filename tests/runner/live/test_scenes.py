from __future__ import annotations

import asyncio
from dataclasses import replace

from runner.errors import ComfyLost
from runner.live.scene import Scene, SceneGraph
from runner.live.scenes import Scenes
from tests.runner.live.conftest import Stage


class SlowMaker:
    """Makes a scene when it is let to; counts. `fails`: so many do not come about."""

    def __init__(self, own: Scene, *, fails: int = 0) -> None:
        self.own, self.may, self.made, self.fails = own, asyncio.Event(), 0, fails

    async def from_avatar(self, avatar: str) -> Scene:
        self.made += 1
        await self.may.wait()
        if self.made <= self.fails:
            raise ComfyLost("ComfyUI went away")
        return replace(self.own, avatar=avatar)

    async def from_workflow(self, wanted: SceneGraph) -> Scene:
        raise NotImplementedError


async def test_a_picture_that_changes_while_its_scene_is_made_is_made_again(stage: Stage) -> None:
    maker = SlowMaker(stage.hub._scenes.own)
    scenes = Scenes(stage.hub._scenes.own, maker=maker)
    first = asyncio.ensure_future(scenes.of_avatar("me"))
    beside = asyncio.ensure_future(scenes.of_avatar("me"))
    await asyncio.sleep(0)
    scenes.forget("me")
    maker.may.set()
    assert await first is await beside
    assert (await scenes.of_avatar("me")) is not await first
    assert (await scenes.of_avatar("me")) is await scenes.of_avatar("me")
    assert maker.made == 2


async def test_a_failure_that_nobody_waited_for_is_not_told_to_who_comes_next(stage: Stage) -> None:
    maker = SlowMaker(stage.hub._scenes.own, fails=1)
    scenes = Scenes(stage.hub._scenes.own, maker=maker)
    gone = asyncio.ensure_future(scenes.of_avatar("me"))
    await asyncio.sleep(0)
    gone.cancel()
    maker.may.set()
    await asyncio.gather(gone, return_exceptions=True)
    for _ in range(3):
        await asyncio.sleep(0)
    assert (await scenes.of_avatar("me")).avatar == "me"
    assert maker.made == 2


async def test_closing_also_stops_what_is_made_of_a_picture_that_has_changed(stage: Stage) -> None:
    scenes = Scenes(stage.hub._scenes.own, maker=SlowMaker(stage.hub._scenes.own))
    waiting = asyncio.ensure_future(scenes.of_avatar("me"))
    await asyncio.sleep(0)
    scenes.forget("me")
    await scenes.close()
    await asyncio.wait([waiting], timeout=2)
    assert waiting.cancelled()
