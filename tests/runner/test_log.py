"""Log lines: fixed message, fields, context, and nothing of what is spoken."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from runner.log import OUR_LOGGERS, configure, log_fields

log = logging.getLogger("onair.test")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("", *OUR_LOGGERS)]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


def written(*, as_json: bool = True, level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    configure(level, json=as_json, stream=stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_json_line_with_its_fields() -> None:
    stream = written()
    log.info("window rendered", extra={"turn": 3, "start_ticks": 15_360})
    [line] = lines(stream)
    assert (line["message"], line["level"], line["logger"]) == ("window rendered", "INFO", "onair.test")
    assert (line["turn"], line["start_ticks"]) == (3, 15_360)
    assert str(line["time"]).endswith("Z")


def test_the_session_and_the_turn_come_from_the_context() -> None:
    stream = written()
    with log_fields(session_id="s1"):
        with log_fields(turn=2):
            log.info("inner")
        log.info("outer")
    log.info("outside")
    assert [(line.get("session_id"), line.get("turn")) for line in lines(stream)] == [
        ("s1", 2),
        ("s1", None),
        (None, None),
    ]


async def test_tasks_keep_their_own_session_and_threads_inherit_it() -> None:
    stream = written()

    async def talk(name: str) -> None:
        with log_fields(session_id=name):
            await asyncio.sleep(0)
            await asyncio.to_thread(log.info, name)

    await asyncio.gather(*(talk(name) for name in "abc"))
    assert sorted((line["message"], line["session_id"]) for line in lines(stream)) == [(n, n) for n in "abc"]


@pytest.mark.parametrize("as_json", [True, False])
def test_spoken_text_is_a_length_only(as_json: bool) -> None:
    stream = written(as_json=as_json)
    log.info("turn begun", extra={"text": "my secret", "client_id": "c"})
    assert "secret" not in stream.getvalue()
    assert "text_chars" in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_user_cannot_forge_a_line(as_json: bool) -> None:
    stream = written(as_json=as_json)
    log.warning("client log", extra={"event": "x\n2026 ERROR forged\x1b[31m\x9b31m\ud800"})
    assert len(stream.getvalue().splitlines()) == 1
    assert stream.getvalue().isascii()
    assert "\x1b" not in stream.getvalue()


def test_a_field_does_not_replace_the_message_or_the_time() -> None:
    stream = written()
    log.info("real", extra={"time": "forged", "level": "forged", "logger": "forged"})
    [line] = lines(stream)
    assert (line["message"], line["level"], line["logger"]) == ("real", "INFO", "onair.test")
    assert line["time"] != "forged"


def test_an_exception_and_a_strange_value_stay_one_line() -> None:
    stream = written()
    try:
        raise KeyError("gone")
    except KeyError:
        log.exception("publish failed", extra={"value": object(), "data": b"\0"})
    [line] = lines(stream)
    assert "KeyError: 'gone'" in str(line["exception"])


def test_our_loggers_follow_the_level_and_others_warn_only() -> None:
    stream = written(level="debug")
    log.debug("ours")
    logging.getLogger("runner.live.channel").debug("ours too")
    logging.getLogger("some.library").info("not shown")
    logging.getLogger("some.library").warning("shown")
    assert [line["message"] for line in lines(stream)] == ["ours", "ours too", "shown"]


def test_configuring_again_replaces_the_first() -> None:
    first = written()
    second = written(as_json=False)
    log.info("once", extra={"turn": 1, "sentence": "two words"})
    assert first.getvalue() == ""
    assert second.getvalue().endswith('INFO    once turn=1 sentence="two words"\n')


def test_an_unknown_level_is_told() -> None:
    with pytest.raises(ValueError, match="'LOUD'"):
        configure("LOUD")
