"""Who may upload, check, swap and read the log: who has the token, or, where none is set, this machine's own user.

Without a token three things must hold, because a browser on this machine can be made to ask by any site it shows: the
client is this machine and no proxy stands before it; the host that was asked is this machine by name, so that no
foreign name was rebound to it; and an origin, where one is told, is the page's own or an editor's.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from .problem import AccessDenied

BEARER = "bearer "
OF_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""What a proxy adds: the client whom we see is then the proxy."""
FOREIGN_SITES = ("cross-site", "same-site")
"""Sec-Fetch-Site of a page elsewhere; told also where a browser leaves the origin out."""
REMEDY = "send Authorization: Bearer with the ONAIR_TOKEN of this server"
SCHEME = HTTPBearer(auto_error=False, scheme_name="ONAIR_TOKEN", description="The server's `ONAIR_TOKEN`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Judges requests. `token` "" stands for none; `editors` are origins in lower case, without a slash at the end."""

    token: str = ""
    editors: frozenset[str] = frozenset()

    async def admit(self, request: Request, _: Annotated[object, Security(SCHEME)] = None) -> None:
        """Let a request in: a FastAPI dependency. Raises: AccessDenied."""
        self.judge(request)

    def judge(self, request: HTTPConnection) -> None:
        """Let a request in. Raises: AccessDenied."""
        headers = request.headers
        given = headers.get("authorization", "")
        if self.token:
            sent = given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else ""
            if not hmac.compare_digest(sent.encode(), self.token.encode()):
                raise AccessDenied(f"This server asks for its token; {REMEDY}.")
            return
        self._judge_machine(request.client.host if request.client is not None else "", headers)
        self._judge_origin(headers)

    def allows(self, request: HTTPConnection) -> bool:
        """Whether a request is let in."""
        try:
            self.judge(request)
        except AccessDenied:
            return False
        return True

    @staticmethod
    def _judge_machine(client: str, headers: Mapping[str, str]) -> None:
        if not _is_loopback(client) or any(name in headers for name in OF_PROXIES):
            raise AccessDenied(
                "From another machine, or through a proxy, this asks for a token; set ONAIR_TOKEN on the server and "
                f"{REMEDY}."
            )
        if not _is_this_machine(_name_of(headers.get("host", ""))):
            raise AccessDenied(
                "Without a token this is open under the names localhost and 127.0.0.1 alone; use one of them, or set "
                f"ONAIR_TOKEN on the server and {REMEDY}."
            )

    def is_local(self, request: HTTPConnection) -> bool:
        """Whether it comes from this machine itself, and no proxy stands between."""
        try:
            self._judge_machine(request.client.host if request.client is not None else "", request.headers)
        except AccessDenied:
            return False
        return True

    def _judge_origin(self, headers: Mapping[str, str]) -> None:
        origin = headers.get("origin")
        if origin is None:
            if headers.get("sec-fetch-site", "none") in FOREIGN_SITES:
                raise AccessDenied(f"A page of another site may not do this; {REMEDY}, which has to be set there.")
            return
        told = origin.lower()
        if told != f"http://{headers.get('host', '').lower()}" and told not in self.editors:
            raise AccessDenied(
                f"Pages of {origin[:100]} may not do this; add that origin to ONAIR_EDITORS where it is your editor's, "
                f"or {REMEDY}."
            )


def _name_of(host: str) -> str:
    """Return a Host header's name without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_this_machine(name: str) -> bool:
    return name.lower().rstrip(".") == "localhost" or _is_loopback(name)


def _is_loopback(told: str) -> bool:
    try:
        address = ip_address(told)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None  # how a socket of both kinds tells it
    return (mapped or address).is_loopback
