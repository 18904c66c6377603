from __future__ import annotations

import json
import logging
from pathlib import Path

from runner.log_tail import LINES, LogTail

SESSION = "jZ3q0pXn7Zk1l2m3n4o5pQ"


def told(message: str, **fields: object) -> str:
    tail = LogTail(secrets=["s3cret-token", ""], folders=[(Path("/srv/data"), "$ONAIR_DATA"), (Path("/srv"), "~")])
    record = logging.makeLogRecord(
        {"name": "onair.test", "levelno": logging.INFO, "msg": message, "created": 0.0, **fields}
    )
    tail.emit(record)
    return json.dumps(tail.lines())


def test_what_opens_something_is_not_told() -> None:
    assert "s3cret" not in told("sent s3cret-token", where="x s3cret-token")
    assert "abc.def" not in told("Authorization: Bearer abc.def")
    assert "user:pass" not in told("asked", url="http://user:pass@comfy.test:8188/prompt")
    assert SESSION not in told("ended", session_id=SESSION, channel=SESSION)
    assert SESSION not in told(f"GET /hls/{SESSION}/manifest.m3u8 and /session?session=a&resume={SESSION}")


def test_two_sessions_can_still_be_told_apart() -> None:
    assert told("a", session_id=SESSION) == told("a", session_id=SESSION)
    assert told("a", session_id=SESSION) != told("a", session_id=SESSION + "x")


def test_folders_of_the_machine_are_told_by_a_word() -> None:
    line = told("read /srv/data/channels/x and /srv/elsewhere")
    assert "/srv" not in line
    assert "$ONAIR_DATA/channels/x" in line


def test_only_the_last_lines_are_kept() -> None:
    tail = LogTail()
    for number in range(LINES + 10):
        tail.emit(logging.makeLogRecord({"msg": str(number), "levelno": logging.INFO}))
    assert [tail.lines()[at]["message"] for at in (0, -1)] == ["10", str(LINES + 9)]
