"""Who is let in: each attack that a browser, a proxy or another machine can make, against the rule and the server."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from runner.web.access import Access
from runner.web.problem import AccessDenied

TOKEN = "a-token-of-the-test"
EDITOR = "http://127.0.0.1:8188"
HOST = "127.0.0.1:8000"


def asked(client: str = "127.0.0.1", **headers: str) -> HTTPConnection:
    told = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    pairs = [(name.encode(), value.encode()) for name, value in told.items()]
    return HTTPConnection({"type": "http", "client": (client, 50_000), "headers": pairs})


OPEN = Access(editors=frozenset({EDITOR}))
CLOSED = Access(token=TOKEN, editors=frozenset({EDITOR}))


@pytest.mark.parametrize(
    "request_",
    [
        asked(),
        asked("::1", host="[::1]:8000"),
        asked("::ffff:127.0.0.1", host="localhost:8000"),
        asked(host="LOCALHOST."),
        asked(origin="http://127.0.0.1:8000", sec_fetch_site="same-origin"),
        asked(host="localhost:8000", origin=EDITOR),
        asked(origin="HTTP://127.0.0.1:8188", sec_fetch_site="same-site"),
    ],
    ids=["curl", "IPv6", "mapped", "localhost", "own page", "editor", "editor's capitals"],
)
def test_without_a_token_this_machines_own_user_is_let_in(request_: HTTPConnection) -> None:
    OPEN.judge(request_)


@pytest.mark.parametrize(
    "request_",
    [
        asked("192.168.1.7"),
        asked("192.168.1.7", host="localhost"),
        asked(x_forwarded_for="127.0.0.1"),
        asked(forwarded="for=127.0.0.1"),
        asked(x_real_ip="203.0.113.4"),
        asked(via="1.1 proxy"),
        asked(host="attacker.test:8000"),
        asked(host="attacker.test:8000", origin="http://attacker.test:8000", sec_fetch_site="same-origin"),
        asked(host="127.0.0.1.attacker.test"),
        asked(host="localhost.attacker.test:8000"),
        asked(host="0.0.0.0:8000"),
        asked(host=""),
        asked(host="["),
        asked(origin="https://attacker.test"),
        asked(origin="null"),
        asked(origin="http://localhost:8000"),
        asked(origin="https://127.0.0.1:8000"),
        asked(origin="http://127.0.0.1:9000"),
        asked(origin=f"{EDITOR}.attacker.test"),
        asked(sec_fetch_site="cross-site"),
        asked(sec_fetch_site="same-site"),
    ],
)
def test_without_a_token_nobody_else_is(request_: HTTPConnection) -> None:
    with pytest.raises(AccessDenied, match=r"ONAIR_TOKEN|ONAIR_EDITORS"):
        OPEN.judge(request_)


def test_a_token_lets_in_from_everywhere() -> None:
    CLOSED.judge(asked("203.0.113.4", host="onair.test", origin="https://app.test", authorization=f"Bearer {TOKEN}"))
    CLOSED.judge(asked("203.0.113.4", x_forwarded_for="198.51.100.1", authorization=f"bearer  {TOKEN} "))


@pytest.mark.parametrize(
    "given", ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \xff"]
)
def test_once_a_token_is_set_everybody_needs_it(given: str) -> None:
    with pytest.raises(AccessDenied, match="token"):
        CLOSED.judge(asked(authorization=given))


def test_no_token_never_means_an_empty_one() -> None:
    with pytest.raises(AccessDenied):
        OPEN.judge(asked("192.168.1.7", authorization="Bearer "))
