"""What a model host says about a file, and its bytes from a place on. Made for the Hugging Face Hub and its mirrors."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from installer.errors import BadUse, HostBusy, InstallError
from installer.layout import setting
from installer.model_list import HOST, ModelFile

ANSWER_S = 30.0
_HOPS = 5
_LOCAL = ("127.0.0.1", "localhost", "::1")
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_AGAIN = "Run the same command again; it goes on where it stood. ONAIR_MODEL_HOST names another mirror."


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """What the host says of a file: 0 and "" where it says nothing."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An open answer: its bytes begin at `start_bytes`; `total_bytes` is the whole file's length, 0 when not told."""

    stream: IO[bytes]
    start_bytes: int
    total_bytes: int
    etag: str


class _Stay(urllib.request.HTTPRedirectHandler):
    """The Hub tells size and checksum in the redirect itself; the place it leads to knows neither."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing."""
        return


class ModelHost:
    """A host by its address. The token goes to it alone, in a header, and to no place that it redirects to."""

    def __init__(self, address: str = HOST, token: str = "") -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadUse(f"ONAIR_MODEL_HOST: {address} is not an address.", remedy=f"It looks like {HOST}")
        self.address = address.rstrip("/")
        # Over plain http anybody on the way could read it.
        self._token = token if parts.scheme == "https" or parts.hostname in _LOCAL else ""

    def url(self, model: ModelFile) -> str:
        """Where the file is to be had: this host in the place of the usual one."""
        return self.address + model.url[len(HOST) :] if model.url.startswith(f"{HOST}/") else model.url

    def _request(self, url: str, method: str = "GET") -> urllib.request.Request:
        request = urllib.request.Request(url, method=method, headers={"Accept-Encoding": "identity"})
        request.add_header("User-Agent", "OnAir")
        if self._token and url.startswith(f"{self.address}/"):
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        return request

    def look(self, model: ModelFile) -> RemoteFile:
        """Size and SHA-256, without the file. Raises: InstallError, HostBusy."""
        url, opener = self.url(model), urllib.request.build_opener(_Stay)
        for _ in range(_HOPS):
            try:
                with opener.open(self._request(url, "HEAD"), timeout=ANSWER_S) as answer:
                    headers = answer.headers
            except urllib.error.HTTPError as exc:
                exc.close()
                headers = exc.headers
                if exc.code not in (301, 302, 303, 307, 308):
                    raise self._refused(model, exc.code) from exc
            except (OSError, http.client.HTTPException, ValueError) as exc:
                raise self._unreached(model, exc) from exc
            further = headers.get("Location")
            # No other scheme: urllib would open a file of this machine.
            if not further or headers.get("X-Linked-Size") or not re.match(r"https?:|[^:]*(/|$)", further):
                break
            url = urllib.parse.urljoin(url, further)
        size = headers.get("X-Linked-Size") or headers.get("Content-Length") or ""
        etag = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").strip('"').lower()
        return RemoteFile(
            size_bytes=int(size) if size.isascii() and size.isdigit() else 0,
            sha256=etag if re.fullmatch(r"[0-9a-f]{64}", etag) else "",
        )

    def open(self, model: ModelFile, start_bytes: int, etag: str) -> Body | None:
        """The file from `start_bytes` on where that is still the file of `etag`, else from its beginning.

        None where the host has nothing from there on. Raises: InstallError, HostBusy.
        """
        request = self._request(self.url(model))
        if start_bytes and etag:
            request.add_header("Range", f"bytes={start_bytes}-")
            request.add_header("If-Range", etag)
        try:
            answer = urllib.request.urlopen(request, timeout=ANSWER_S)
        except urllib.error.HTTPError as exc:
            exc.close()
            if exc.code == 416:
                return None
            raise self._refused(model, exc.code) from exc
        except (OSError, http.client.HTTPException, ValueError) as exc:
            raise self._unreached(model, exc) from exc
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range") or "")
        if answer.status == 206 and not (found and int(found[1]) == start_bytes):
            answer.close()
            return None
        length = answer.headers.get("Content-Length") or "0"
        total = (found[2] if found[2] != "*" else "0") if answer.status == 206 and found else length
        tag = answer.headers.get("ETag") or ""
        return Body(
            stream=answer, start_bytes=start_bytes if answer.status == 206 else 0,
            total_bytes=int(total) if total.isascii() and total.isdigit() else 0,
            etag="" if tag.startswith("W/") else tag,
        )  # fmt: skip

    def _refused(self, model: ModelFile, status: int) -> InstallError:
        what, url = f"{model.name} was not handed over.", self.url(model)
        page = url.partition("/resolve/")[0]
        if status in (401, 403):
            remedy = (
                f"Look at {page}: accept its terms there if it asks, then set HF_TOKEN (or HF_TOKEN_FILE) to a token"
            )
            return InstallError(
                what, why=f"{url} answered {status}: it wants a token, or another one, or has no such file",
                remedy=f"{remedy} of that account and run the same command again.",
            )  # fmt: skip
        if status in (404, 410):
            remedy = f"Look at {page}; a file that you find elsewhere goes into models/{model.place.as_posix()}."
            return InstallError(what, why=f"{url} answered {status}: it is not there (any more)", remedy=remedy)
        kind = HostBusy if status in _TRANSIENT else InstallError
        return kind(what, why=f"{url} answered {status}", remedy=_AGAIN)

    def _unreached(self, model: ModelFile, exc: Exception) -> HostBusy:
        reason = getattr(exc, "reason", None) or getattr(exc, "strerror", None) or exc
        return HostBusy(f"{model.name} could not be asked for.", why=f"{self.url(model)}: {reason}", remedy=_AGAIN)


def host_of(root: Path) -> ModelHost:
    """The host and the token that the settings name. Raises: BadUse."""
    token, file = setting(root, "HF_TOKEN"), setting(root, "HF_TOKEN_FILE")
    if file and not token:
        try:
            token = Path(file).expanduser().read_text(encoding="utf-8")
        except (OSError, ValueError) as exc:
            raise BadUse(
                f"HF_TOKEN_FILE: {file} cannot be read.", why=str(exc), remedy="Correct the path, or unset it."
            ) from exc
    if not re.fullmatch(r"[!-~]*", token.strip()):
        raise BadUse("HF_TOKEN is no token.", remedy="Set it to one word, as the account's page shows it.")
    return ModelHost(setting(root, "ONAIR_MODEL_HOST", HOST), token.strip())
