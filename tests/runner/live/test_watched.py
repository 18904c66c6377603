"""What an operator sees of a turn: its figures in the metrics, its ids on every log line."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest

from runner import log

from .conftest import Stage
from .test_turn import talk_text


def shown(stage: Stage, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", stage.metrics.render().decode(), flags=re.MULTILINE)
    return float(found.group(1)) if found else 0.0


async def test_windows_and_the_first_frame_of_a_turn_are_observed(stage: Stage) -> None:
    await talk_text(stage)
    await stage.turn_ends()
    assert shown(stage, "onair_window_rtf_count") == stage.counters.windows_rendered > 0
    assert shown(stage, "onair_first_frame_seconds_count") == 1
    assert 0 < shown(stage, "onair_first_frame_seconds_sum") < 10


async def test_a_failed_turn_is_counted_by_its_code(stage: Stage) -> None:
    stage.engine.failure_rate = 1.0
    await talk_text(stage)
    await stage.turn_ends()
    assert shown(stage, 'onair_errors_total{code="prompt.failed"}') == 1


async def test_a_window_that_was_sent_again_is_counted_by_its_code_too(stage: Stage) -> None:
    stage.engine.lose_next()
    await talk_text(stage)
    await stage.turn_ends()
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert shown(stage, 'onair_errors_total{code="comfy.lost"}') == 1


async def test_every_line_of_a_turn_names_its_session_and_turn(stage: Stage, request: pytest.FixtureRequest) -> None:
    lines = io.StringIO()
    root, handlers = logging.getLogger(), list(logging.getLogger().handlers)
    request.addfinalizer(lambda: root.handlers.__setitem__(slice(None), handlers))
    log.configure("INFO", stream=lines)
    session = await talk_text(stage)
    await stage.turn_ends()
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    first = next(line for line in told if line["message"] == "first part published")
    assert (first["session_id"], first["turn"]) == (session.id, stage.of("turn_end")[0]["turn"])
