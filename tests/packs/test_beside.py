"""Clips are encoded beside the prompts: in their order, few at a time, and what fails is told."""

from __future__ import annotations

import threading

import pytest

from custom_nodes.hls_segment.beside import WAITING, Beside

pytestmark = pytest.mark.fast
LIMIT_S = 20


def nothing(*_: object) -> None:
    pass


def test_they_come_out_in_order_and_a_failed_one_stops_nobody() -> None:
    beside, done, failures, over = Beside(), list[int](), list[BaseException](), threading.Event()

    def work(number: int) -> None:
        if number == 2:
            raise SystemExit(number)
        done.append(number)
        if number == 5:
            over.set()

    for number in range(6):
        beside.give(lambda number=number: work(number), failed=failures.append, look=nothing)  # type: ignore[misc]
    assert over.wait(LIMIT_S)
    assert done == [0, 1, 3, 4, 5]
    assert [type(failure) for failure in failures] == [SystemExit]


def test_who_comes_when_it_is_full_waits_and_may_be_cancelled() -> None:
    beside, begun, go, over = Beside(), threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        go.wait(LIMIT_S)

    beside.give(first, failed=nothing, look=nothing)
    assert begun.wait(LIMIT_S)
    for _ in range(WAITING):
        beside.give(nothing, failed=nothing, look=nothing)
    looks = iter(range(3))

    def interrupted() -> None:
        if next(looks, None) is None:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        beside.give(nothing, failed=nothing, look=interrupted)
    go.set()
    beside.give(over.set, failed=nothing, look=nothing)
    assert over.wait(LIMIT_S)
