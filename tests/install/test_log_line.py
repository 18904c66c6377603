"""The runner's log lines, as `install.py logs` and a failed start show them."""

from __future__ import annotations

import json

import pytest

from installer.log_line import error_of, readable

pytestmark = pytest.mark.fast


def test_a_json_record_becomes_a_line_for_people() -> None:
    line = json.dumps(
        {"time": "2026-01-02T03:04:05.678Z", "level": "INFO", "logger": "a", "message": "turn done", "turn": 7}
    )
    assert readable(line) == "03:04:05 INFO turn done turn=7"
    assert readable(json.dumps({"message": "x", "exception": "Traceback\n  y"})).endswith("x\nTraceback\n  y")


def test_the_address_is_told_in_words() -> None:
    assert readable('{"address": "http://127.0.0.1:8000"}') == "On air: http://127.0.0.1:8000"


@pytest.mark.parametrize("line", ["", "On air: http://127.0.0.1:8000", "[1, 2]", '{"address": 7}', "{"])
def test_every_other_line_stays_as_it_is(line: str) -> None:
    assert readable(line) == line
    assert error_of(line) == ""


@pytest.mark.parametrize(
    "line", ["error [port.taken]: Port 1 is taken.", '{"error": {"code": "port.taken", "message": "Port 1 is taken."}}']
)
def test_the_last_error_is_found_in_both_forms(line: str) -> None:
    assert error_of(line) == "Port 1 is taken. [port.taken]"
