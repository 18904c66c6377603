"""Which certificates of a server are trusted: the same over HTTP and the event socket."""

from __future__ import annotations

import functools
import os.path
import ssl

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from runner.errors import EngineError


@functools.cache
def context_for(url: str) -> ssl.SSLContext | None:
    """Return what an https address is checked with; None for http.

    REQUESTS_CA_BUNDLE (a file or folder) replaces the usual authorities; SSL_CERT_FILE, which OpenSSL itself reads,
    adds to them. Raises: EngineError `comfy.certificate` for a bundle that cannot be read.
    """
    if not url.lower().startswith("https:"):
        return None
    with requests.Session() as session:
        bundle = session.merge_environment_settings(url, {}, None, None, None)["verify"]
    try:
        if isinstance(bundle, str):
            folder = os.path.isdir(bundle)
            return ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)
        context = ssl.create_default_context()
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        return context
    except OSError as exc:
        raise EngineError(
            f"the authorities in {bundle} cannot be read ({exc.strerror or exc}); correct REQUESTS_CA_BUNDLE",
            code="comfy.certificate",
        ) from exc


def untrusted(exc: BaseException, url: str) -> EngineError | None:
    """Return the error of a connection that failed because of the server's certificate; None for other reasons."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return EngineError(
                f"the certificate of {url} is not trusted: {cause.verify_message}; give the address that it is made "
                "for, or name its authority's file with REQUESTS_CA_BUNDLE",
                code="comfy.certificate",
            )
        if isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
            return EngineError(f"{url} does not speak https; give its address with http://", code="comfy.certificate")
        following = cause.__cause__ or cause.__context__
        reason = getattr(cause, "reason", None)  # urllib3 keeps the cause there
        inside = next((one for one in cause.args if isinstance(one, BaseException)), None)
        cause = following or (reason if isinstance(reason, BaseException) else inside)
    return None
