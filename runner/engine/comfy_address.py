"""The address of a running ComfyUI, as its user wrote it, and the headers that open it: judged before it is asked."""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runner.errors import BadInput

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
LIKE = "one like http://127.0.0.1:8188 or https://host/prefix"
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\xa0-\xff\t]*)")
OURS = re.compile(r"host|connection|upgrade|content-.*|transfer-encoding|sec-websocket-.*", re.IGNORECASE)
"""Headers that say how a message is built: another value would break it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyAddress:
    """`url` without a slash at its end, with the path of a proxy's prefix; `headers` go with every request.

    Headers may be secrets: they are no part of what is shown, and no other host gets them.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def is_address(where: str) -> bool:
    """Tell whether it is meant as an address; anything else is a folder."""
    return SCHEME.match(where) is not None


def address_of(where: str, *, headers: Sequence[str] = (), token: str = "") -> ComfyAddress:
    """Return an address that can be asked. `headers`: each `Name: value`; `token`: sent as `Authorization: Bearer`.

    A name and password in the address become a header. Raises: BadInput `comfyui.address`, `comfyui.header`.
    """
    url, user = _without_user(where)
    given = [_header(f"Authorization: Bearer {token}", "ONAIR_COMFYUI_TOKEN")] if token else []
    if user:
        given.append(("Authorization", "Basic " + base64.b64encode(urllib.parse.unquote_to_bytes(user)).decode()))
    given += [_header(word, "--header") for word in headers]
    # Names have no case: the event socket would send both an `authorization` and the token's.
    last = {name.lower(): (name, value) for name, value in given}
    return ComfyAddress(url=_checked(url), headers=dict(last.values()))


def _without_user(where: str) -> tuple[str, str]:
    """Take `user:password@` out of an address."""
    found = re.match(r"([^/]*//)([^/?#]*)@(.*)", where, re.DOTALL)
    return (found[1] + found[3], found[2]) if found else (where, "")


def _checked(where: str) -> str:
    found = SCHEME.match(where)
    scheme = found[1].lower() if found else ""
    if scheme not in ("http", "https"):
        sentence = f"{where} is an address that ComfyUI does not answer at, only http and https; give {LIKE}"
        raise BadInput(sentence, code="comfyui.address")
    try:
        parts = urllib.parse.urlsplit(where)
        # IDNA refuses names that are no host's; reading the port, one that is no number.
        host, port = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:
        host, port = b"", None
    if not host or port == 0 or any(letter.isspace() or letter in "?#" for letter in where):
        raise BadInput(f"{where} is no address of a ComfyUI; give {LIKE}", code="comfyui.address")
    return where.rstrip("/")


def _header(word: str, given_by: str) -> tuple[str, str]:
    """Read a header; what is wrong with it is told without its value, which may be a secret."""
    found = HEADER.fullmatch(word.strip())
    if found is None:
        raise BadInput(
            f"{given_by} is not of the form Name: value, in one line of Latin letters; write it like "
            "--header 'X-Api-Key: …'",
            code="comfyui.header",
        )
    if OURS.fullmatch(found[1]):
        raise BadInput(
            f"{given_by} sets {found[1]}, which the connection itself sets; leave it out", code="comfyui.header"
        )
    return found[1], found[2].strip()
