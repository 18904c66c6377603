from __future__ import annotations

import pytest

from runner.errors import BadInput, PortTaken
from runner.web.server import WebServer


async def test_a_taken_port_is_named() -> None:
    first = WebServer(host="127.0.0.1", port=0)
    try:
        with pytest.raises(PortTaken, match=str(first.port)):
            WebServer(host="127.0.0.1", port=first.port)
    finally:
        await first.close()


def test_an_address_of_another_machine_is_bad_input() -> None:
    with pytest.raises(BadInput):
        WebServer(host="192.0.2.1", port=0)
