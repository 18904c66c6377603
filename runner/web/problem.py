"""Every error as RFC 9457 problem+json with `code` and `retryable`, whatever raised it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from custom_nodes.tts.errors import TtsError
from hls.errors import HlsError
from runner.errors import BadInput, Busy, GenerationDisabled, RunnerError, WorkflowRefused

log = logging.getLogger("onair.web")

PROBLEM_TYPE = "application/problem+json"
HTTP_CODES = {
    400: "request.bad",
    404: "path.unknown",
    405: "method.not_allowed",
    408: "request.timeout",
    413: "request.too_large",
    416: "range.bad",
    422: "request.invalid",
}
SENTENCES = {
    "Not Found": "There is nothing at this address; /docs lists what there is.",
    "Method Not Allowed": "This address does not take that method; the Allow header names those that it takes.",
    "There was an error parsing the body": "The body cannot be read; send JSON in UTF-8.",
}
"""What stands instead of the frameworks' bare phrases."""
RETRYABLE_STATUS = (408, 503)
OnError = Callable[[str], None]
"""Is told the code of every error that a client is told."""
INPUT_CODES = frozenset({"voice.unknown", "provider.unknown", "text.refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error as users are told it: HTTP status, stable code, one sentence, and whether to try again."""

    status: int
    code: str
    message: str
    retryable: bool


class NotFound(BadInput):
    """A channel, session or file that is not there; the code says which."""

    code = "path.unknown"


class AccessDenied(BadInput):
    """The request may not do this; the sentence says how it could."""

    code = "access.denied"


def describe(exc: BaseException) -> Fault:
    """Turn any exception into what the client is told. An unknown one says nothing of the inside."""
    if isinstance(exc, HTTPException):
        code = HTTP_CODES.get(exc.status_code, f"http.{exc.status_code}")
        message = SENTENCES.get(str(exc.detail), str(exc.detail))
        return Fault(status=exc.status_code, code=code, message=message, retryable=exc.status_code in RETRYABLE_STATUS)
    if isinstance(exc, RequestValidationError):
        return Fault(status=422, code="request.invalid", message=_first_fault(exc), retryable=False)
    if isinstance(exc, (RunnerError, HlsError, TtsError)):
        message = str(exc).removeprefix(f"[{exc.code}] ")  # a pack's errors show their code in a node
        return Fault(status=_status(exc), code=exc.code, message=message, retryable=exc.retryable)
    return Fault(status=500, code="bug", message="Something unexpected failed; the log says what.", retryable=False)


def problem(fault: Fault, *, headers: Mapping[str, str] | None = None, **members: object) -> JSONResponse:
    """Answer a fault; `members` become extension members of the problem."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(fault.status).phrase,
        "status": fault.status,
        "detail": fault.message,
        "code": fault.code,
        "retryable": fault.retryable,
        **members,
    }
    answer_headers = {"Cache-Control": "no-store", **(headers or {})}
    if fault.retryable and fault.status == 503:
        answer_headers.setdefault("Retry-After", "1")
    return JSONResponse(body, status_code=fault.status, media_type=PROBLEM_TYPE, headers=answer_headers)


def refuse(status: int, code: str, message: str, *, retryable: bool = False) -> JSONResponse:
    """Answer a fault that was found without an exception."""
    return problem(Fault(status=status, code=code, message=message, retryable=retryable))


def install_handlers(app: FastAPI, *, on_error: OnError) -> None:
    """Make every error of the app, 404 and 500 included, a problem+json answer; `on_error` is told its code."""

    async def answer(request: Request, exc: Exception) -> JSONResponse:
        fault = describe(exc)
        on_error(fault.code)
        if fault.status == 500:
            log.error("request failed", exc_info=exc, extra={"path": request.url.path, "code": fault.code})
        kept = getattr(exc, "headers", None)
        # Of a graph, each at its node.
        members = {"findings": list(exc.findings)} if isinstance(exc, WorkflowRefused) else {}
        return problem(fault, headers=kept if isinstance(kept, Mapping) else None, **members)

    for kind in (HTTPException, RequestValidationError, RunnerError, HlsError, TtsError, Exception):
        app.add_exception_handler(kind, answer)


def _status(exc: RunnerError | HlsError | TtsError) -> int:
    if isinstance(exc, NotFound):
        return 404
    if isinstance(exc, (AccessDenied, GenerationDisabled)):
        return 403
    if isinstance(exc, Busy):
        return 503
    if isinstance(exc, BadInput) or exc.code in INPUT_CODES:
        return 422
    return 503 if exc.retryable else 500


def _first_fault(exc: RequestValidationError) -> str:
    first = exc.errors()[0]
    if first.get("type") == "json_invalid":
        reason, at = first.get("ctx", {}).get("error", "it ends too early"), first.get("loc", (0,))[-1]
        return f"The body is not JSON ({reason}, at character {at}); send one JSON object."
    where = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
    return f"{where or 'The body'}: {first.get('msg', 'is not valid')}."
