from __future__ import annotations

from pathlib import Path

import pytest

from custom_nodes.tts.speech import Voice
from hls.errors import StoreFull
from runner.errors import Busy, GenerationDisabled, TextRefused, UnknownVoice
from runner.speech.tone import ToneSpeech
from runner.web.guard import BODY_LIMIT_BYTES
from runner.web.problem import describe
from tests.runner.web.house import House

MEMBERS = {"type", "title", "status", "detail", "code", "retryable"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "path.unknown"),
        ("GET", "/page/nothing.js", 404, "path.unknown"),
        ("PUT", "/api/sessions", 405, "method.not_allowed"),
        ("GET", "/vendor/hls.min.js", 404, "vendor.missing"),
        ("POST", "/api/sessions/nobody/prompt", 422, "request.invalid"),
        ("POST", "/api/sessions/nobody/stop", 404, "session.unknown"),
        ("DELETE", "/api/sessions/nobody", 404, "session.unknown"),
    ],
)
async def test_every_error_is_a_problem(house: House, method: str, path: str, status: int, code: str) -> None:
    answer = await house.http.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() >= MEMBERS
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["retryable"] is False
    assert body["detail"]


class BrokenSpeech(ToneSpeech):
    def voices(self) -> tuple[Voice, ...]:
        raise ValueError("a secret of the inside")


async def test_a_bug_says_nothing_of_the_inside(tmp_path: Path) -> None:
    async with House(tmp_path, speech=BrokenSpeech()) as house:
        answer = await house.http.get("/api/voices")
        assert answer.status_code == 500
        assert answer.json()["code"] == "bug"
        assert "secret" not in answer.text


async def test_a_body_over_the_limit_is_refused_whether_its_length_is_told_or_not(house: House) -> None:
    async def pieces() -> object:
        for _ in range(BODY_LIMIT_BYTES // 1000 + 2):
            yield b" " * 1000

    told = await house.http.post("/api/sessions", content=b" " * (BODY_LIMIT_BYTES + 1))
    untold = await house.http.post("/api/sessions", content=pieces())
    for answer in (told, untold):
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'{"voice": 3}', b'{"surprise": 1}', b'{"voice": "' + b"v" * 300 + b'"}']
)
async def test_a_wrong_body_is_a_422_that_says_where(house: House, body: bytes) -> None:
    answer = await house.http.post("/api/sessions", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize(
    ("exc", "status"),
    [
        (TextRefused("no"), 422),
        (UnknownVoice("no"), 422),
        (GenerationDisabled("no"), 403),
        (Busy("no"), 503),
        (StoreFull("no"), 503),
        (ValueError("no"), 500),
    ],
)
def test_each_error_has_its_status_and_keeps_its_code(exc: Exception, status: int) -> None:
    fault = describe(exc)
    assert fault.status == status
    assert fault.code == getattr(exc, "code", "bug")
    assert fault.retryable is getattr(exc, "retryable", False)


async def test_readiness_names_what_is_missing_and_why(house: House) -> None:
    assert (await house.http.get("/health/live")).json() == {"status": "live"}
    assert (await house.http.get("/health/ready")).status_code == 200
    house.reasons["engine"] = "ComfyUI is starting"
    answer = await house.http.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["retryable"] is True
    assert {"name": "engine", "ready": False, "reason": "ComfyUI is starting"} in answer.json()["components"]


async def test_the_metrics_are_prometheus_text(house: House) -> None:
    answer = await house.http.get("/metrics")
    assert answer.text == "onair_up 1\n"
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_a_body_that_is_not_json_is_told_so_in_one_sentence(house: House) -> None:
    answer = await house.http.post("/api/sessions", content=b'{"a', headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    told = answer.json()["detail"]
    assert told == "The body is not JSON (Unterminated string starting at, at character 1); send one JSON object."


async def test_a_name_of_half_a_character_is_no_bug(house: House) -> None:
    answer = await house.http.post(
        "/api/sessions", content=rb'{"\ud800": 1}', headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_health_and_metrics_answer_head_as_get_without_a_body(house: House, path: str) -> None:
    got, head = await house.http.get(path), await house.http.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    house.reasons["engine"] = "ComfyUI is starting"
    assert (await house.http.head(path)).status_code == (await house.http.get(path)).status_code


async def test_the_docs_describe_errors_as_they_are_and_every_route_in_words(house: House) -> None:
    told = (await house.http.get("/openapi.json")).json()
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert "application/problem+json" in operation["responses"]["default"]["content"], where
            assert "422" not in operation["responses"], where
            assert operation["summary"], where
            assert operation["description"], where
            guarded = (path.startswith("/api/avatars") and method != "get") or "workflow" in path or "check" in path
            assert bool(operation.get("security")) == (guarded or "diagnostics" in path), where
