"""The live chain as an operator runs it: one process, real ComfyUI, and everything that can die, dying."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import signal
import socket

import pytest

from hls.check import StreamReport, check_stream
from tests.e2e.live_server import LiveServer, Talk

pytestmark = pytest.mark.comfyui

TEXT = "Good evening. This is a sentence that is long enough for many windows, so that something can go wrong in it."


def judged(server: LiveServer, talk: Talk, *, earlier: tuple[str, ...] = ()) -> StreamReport:
    """Check the whole stream as a player fetches it."""
    base = talk.playlist.rsplit("/", 1)[0]
    report = check_stream(lambda name: server.fetch(f"{base}/{name}"), earlier=earlier)
    assert report.clean, report.violations
    return report


def test_a_sentence_goes_on_air_and_sigterm_while_talking_leaves_nothing_behind(server: LiveServer) -> None:
    async def work() -> None:
        talk = await Talk.open(server)
        await talk.say("Hello there.")
        await talk.until("state", state="talking")
        ended = await talk.until("turn_end")
        assert (ended["reason"], ended["heard"]) == ("done", "Hello there.")
        await talk.until("segment_published", kind="idle")
        assert judged(server, talk).segments > 1
        await talk.say(TEXT)
        await talk.until("state", state="talking")

    asyncio.run(work())
    assert server.end(signal.SIGTERM) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0
    assert "Traceback" not in server.log


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.full)])
def test_comfyui_killed_mid_window_is_restarted_and_the_stream_never_stops(server: LiveServer, kills: int) -> None:
    dice = random.Random(3)

    async def work() -> None:
        talk = await Talk.open(server)
        for _ in range(kills):
            await talk.say(TEXT)
            await talk.until("state", state="thinking")
            await asyncio.sleep(dice.uniform(0, 1.0))
            server.comfyui().kill()
            ended = await talk.until("turn_end", seconds=90)
            assert ended["reason"] == "done", talk.heard[-10:]
        await talk.until("segment_published", kind="idle")
        report = judged(server, talk)
        assert report.discontinuities == 0
        published = [at for at, message in talk.heard if message["type"] == "segment_published"]
        gaps = [later - sooner for sooner, later in itertools.pairwise(published)]
        # A segment is 0.96 s at most; three of them late would have emptied every player's buffer.
        assert max(gaps) < 3.0

    asyncio.run(work())


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.full)])
def test_a_killed_runner_goes_on_with_the_stream_and_the_open_turn(server: LiveServer, kills: int) -> None:
    dice = random.Random(5)

    async def until_killed(before: Talk | None) -> tuple[Talk, str]:
        talk = await Talk.open(server, resume=before)
        await talk.say(TEXT)
        await talk.until("state", state="talking")
        await asyncio.sleep(dice.uniform(0.2, 2.0))
        text = (server.fetch(talk.playlist) or b"").decode()
        return talk, text

    async def goes_on(talk: Talk) -> None:
        again = await Talk.open(server, resume=talk)
        ended = await again.until("turn_end", seconds=60)
        assert ended["reason"] == "done"
        await again.until("segment_published", kind="idle")

    talk, texts = None, []
    for _ in range(kills):
        talk, text = asyncio.run(until_killed(talk))
        texts.append(text)
        assert server.end(signal.SIGKILL) == []
        server.start()
        asyncio.run(goes_on(talk))
    assert talk is not None
    report = judged(server, talk, earlier=tuple(texts))
    # A long series outlasts the listing: what has left it is counted in the sequence number.
    playlist = (server.fetch(talk.playlist) or b"").decode()
    gone = re.search(r"#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)", playlist)
    assert report.discontinuities + (int(gone[1]) if gone else 0) == kills
