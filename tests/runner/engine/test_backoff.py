from __future__ import annotations

import itertools

import pytest

from runner.engine.backoff import HEALTHY_NS, MAX_S, Backoff

pytestmark = pytest.mark.fast
SECOND = 1_000_000_000


def waits(*, lives_ns: int, proves: bool, deaths: int = 12) -> list[float]:
    backoff, found = Backoff(), []
    for death in range(deaths):
        backoff.started(death * 1000 * SECOND)
        if proves:
            backoff.proved()
        found.append(backoff.ended(death * 1000 * SECOND + lives_ns))
    return found


def test_one_that_never_works_is_started_ever_later_up_to_the_limit() -> None:
    found = waits(lives_ns=SECOND, proves=False)
    assert found[0] == 0
    assert all(later >= sooner for sooner, later in itertools.pairwise(found))
    assert found[-1] == MAX_S


def test_one_that_finished_a_prompt_is_started_at_once_however_often_it_is_killed() -> None:
    assert waits(lives_ns=SECOND, proves=True) == [0.0] * 12


def test_one_that_lived_long_is_started_at_once() -> None:
    assert waits(lives_ns=HEALTHY_NS + 1, proves=False) == [0.0] * 12
