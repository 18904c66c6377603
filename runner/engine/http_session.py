"""A session of `requests` with one server: its headers, its certificates, and no way to any other host."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from .comfy_address import ComfyAddress
from .tls import context_for

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_loopback(url: str) -> bool:
    """Tell whether the address is this machine's own."""
    return urlsplit(url).hostname in LOOPBACK


def new_session(address: ComfyAddress) -> requests.Session:
    """Return a session for one thread. Requests must not follow redirects: headers would go along to other hosts.

    Raises: EngineError `comfy.certificate`.
    """
    session = requests.Session()
    session.trust_env = not is_loopback(address.url)  # a proxy of the environment never leads to loopback
    session.headers.update(address.headers)
    if "authorization" in map(str.lower, address.headers):
        session.auth = _AsGiven()
    context = context_for(address.url)
    if context is not None:
        session.mount("https://", _Checked(context))
    return session


class _AsGiven(AuthBase):
    """Leaves the headers alone: without it `requests` takes the password of a ~/.netrc instead of what was given."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Checked(HTTPAdapter):
    """Checks certificates with a context of ours."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **told: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=self._context, **told)

    def proxy_manager_for(self, proxy: str, **told: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **told)
