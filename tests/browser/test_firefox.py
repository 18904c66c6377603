"""Firefox plays the page too: judged by the playhead that the page tells, for nobody drives this browser."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.runner.web.house import House

pytestmark = pytest.mark.browser

PREFERENCES = {
    "network.proxy.type": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.aboutwelcome.enabled": False,
    "app.update.enabled": False,
}
STARTING, SETTLING, PARTS = 120, 15, 30
NS = 1_000_000_000


@contextmanager
def opened(path: str, url: str, profile: Path) -> Iterator[None]:
    """The page in a headless Firefox with an empty profile."""
    profile.mkdir()
    lines = [f'user_pref("{name}", {str(value).lower()});' for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [path, "--headless", "--no-remote", "--profile", str(profile), url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def playheads(house: House, *, parts: int) -> list[tuple[int, int]]:
    """What the page says that it plays, and the published edge then, in ns since 1970; once a part of 0.32 s."""
    told = []
    for _ in range(parts):
        channels = house.hub.channels()
        if not channels:
            await house.clock.sleep_until_ns(house.clock.monotonic_ns() + NS // 3)
            continue
        await channels[-1].wait_for(*channels[-1].stream.next_part, NS)
        playhead = house.playhead()
        if playhead is not None:
            told.append((playhead, channels[-1].published_end_unix_ns))
    return told


async def test_firefox_plays_idle_talk_idle_at_its_distance_from_the_edge(
    firefox: str, house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(firefox, house.url + "/", tmp_path / "profile"):
        for _ in range(STARTING):
            if await playheads(house, parts=1):
                break
        await playheads(house, parts=SETTLING)
        await house.say("One two three four five six seven eight nine ten.")
        told = await playheads(house, parts=PARTS)
    assert len(told) == PARTS
    seconds = (told[-1][1] - told[0][1]) / NS
    assert abs((told[-1][0] - told[0][0]) / NS - seconds) < 0.5
    assert max(edge - playhead for playhead, edge in told) < 2 * NS
    errors = [record.__dict__ for record in caplog.records if record.name == "onair.client"]
    assert [one["event"] for one in errors if one["levelname"] == "ERROR"] == []
