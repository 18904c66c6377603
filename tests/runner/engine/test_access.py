"""Real ComfyUI behind https, a path prefix and a token: let in, kept out, and no secret told to anybody."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.engine import tls
from runner.engine.comfy_address import address_of
from runner.engine.comfy_engine import ComfyEngine
from runner.errors import BadInput, EngineError
from runner.ports import OutputFile, PromptJob, PromptProgress
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.guarded_proxy import PREFIX, TOKEN, GuardedProxy, certificate

GRAPH: dict[str, Any] = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "access"}},
}


@pytest.fixture(scope="module")
def guarded(
    comfyui_server: ComfyServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[GuardedProxy, Path]]:
    cert, key = certificate(tmp_path_factory.mktemp("tls"))
    proxy = GuardedProxy(int(comfyui_server.url.rsplit(":", 1)[1]), cert=cert, key=key)
    yield proxy, cert
    proxy.close()


@pytest.fixture(autouse=True)
def _only_the_usual_authorities(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    tls.context_for.cache_clear()
    yield
    tls.context_for.cache_clear()


def engine_at(url: str, *, token: str = TOKEN) -> ComfyEngine:
    address = address_of(url, token=token)
    return ComfyEngine(url=address.url, headers=address.headers, needs_pack=False)


@pytest.mark.comfyui
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
async def test_prompts_events_and_files_pass_a_guarded_proxy(
    guarded: tuple[GuardedProxy, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy, authority = guarded
    monkeypatch.setenv(variable, str(authority))
    engine = engine_at(proxy.url + "/")
    await engine.start()
    heard: list[PromptProgress] = []
    try:
        (tmp_path / "face.bin").write_bytes(b"\0" * 300_000)
        assert await engine.put_input(tmp_path / "face.bin")
        for _ in range(5):  # a busy machine may let a first prompt end before the socket is open
            colour = {**GRAPH["1"]["inputs"], "color": uuid.uuid4().int % 2**24}
            graph = {**GRAPH, "1": {**GRAPH["1"], "inputs": colour}}
            job = PromptJob(prompt_id=str(uuid.uuid4()), graph=graph, silence_timeout_ns=60_000_000_000)
            made = (await engine.run(job, heard.append)).outputs["2"]["images"][0]
            if heard:
                break
        picture = OutputFile(kind=made["type"], subfolder=made["subfolder"], name=made["filename"])
        assert await engine.fetch_output(picture, tmp_path / "made.png") > 100
    finally:
        await engine.close()
    assert heard
    assert {told.node for told in heard} <= {"1", "2"}  # only the socket tells of them
    assert any(head.startswith(f"GET {PREFIX}/ws".encode()) for head in proxy.heard)
    assert all(TOKEN.encode() in head for head in proxy.heard)


@pytest.mark.comfyui
async def test_who_is_not_let_in_hears_why_and_the_secret_is_not_told(
    guarded: tuple[GuardedProxy, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, authority = guarded
    with pytest.raises(EngineError, match=r"not trusted: .*REQUESTS_CA_BUNDLE") as untrusted:
        await engine_at(proxy.url).start()
    assert untrusted.value.code == "comfy.certificate"
    with pytest.raises(EngineError, match="does not speak https") as plain:
        await engine_at(f"https://127.0.0.1:{proxy._target[1]}").start()
    assert plain.value.code == "comfy.certificate"
    tls.context_for.cache_clear()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    with pytest.raises(EngineError, match=r"HTTP 401.*ONAIR_COMFYUI_TOKEN") as denied:
        await engine_at(proxy.url, token="another-secret").start()
    assert denied.value.code == "comfy.denied"
    assert "another-secret" not in f"{denied.value!r} {address_of(proxy.url, token='another-secret')!r}"


async def test_a_server_that_sends_on_to_another_host_gets_no_secret_there() -> None:
    there = GuardedProxy(1)
    here = GuardedProxy(1, redirect=f"{there.url}/login?back=1")
    engine = engine_at(here.url)
    with pytest.raises(EngineError, match=f"sends on to {there.url}/login;") as caught:
        await engine.start()
    await engine.close()
    assert caught.value.code == "comfy.redirected"
    assert there.heard == []
    for proxy in (here, there):
        proxy.close()


@pytest.mark.comfyui
@pytest.mark.parametrize(
    "words",
    [
        ("run", "graph.json", "-o", "made", "--comfyui", "{url}"),
        ("convert", "graph.json", "-o", "made", "--server", "{url}"),
        ("check", "graph.json", "--comfyui", "{url}"),
        ("doctor", "--comfyui", "{url}"),
    ],
    ids=lambda words: words[0],
)
def test_the_commands_take_the_token_and_headers(
    guarded: tuple[GuardedProxy, Path], tmp_path: Path, words: tuple[str, ...]
) -> None:
    import json

    proxy, authority = guarded
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    (tmp_path / "token").write_text(TOKEN + "\n")
    begun = len(proxy.heard)
    told = {"ONAIR_COMFYUI_TOKEN_FILE": "token", "REQUESTS_CA_BUNDLE": str(authority), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-m", "runner", *(word.format(url=proxy.url) for word in words), "--header", "X-Room: 7b"],
        cwd=tmp_path,
        env={**os.environ, "ONAIR_DATA": str(tmp_path / "data"), **told},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(proxy.heard) > begun
    assert all(b"X-Room: 7b" in head for head in proxy.heard[begun:])
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.fast
@pytest.mark.parametrize(
    "word", ["no colon", "Na me: x", "X: a\nY: b", "Host: other", "Content-Length: 3", "X: \u2603"]
)
def test_a_header_that_cannot_be_sent_is_refused_without_its_value(word: str) -> None:
    with pytest.raises(BadInput) as caught:
        address_of("http://host:1", headers=[word])
    assert caught.value.code == "comfyui.header"
    assert word.partition(":")[2].strip() not in str(caught.value) or ":" not in word


@pytest.mark.fast
def test_a_name_and_password_in_the_address_become_a_header() -> None:
    address = address_of("https://me:p%40ss@host:8443/prefix/")
    assert address.url == "https://host:8443/prefix"
    assert address.headers == {"Authorization": "Basic bWU6cEBzcw=="}
    with pytest.raises(BadInput) as caught:
        address_of("https://me:p%40ss@host/?query=1")
    assert "p%40ss" not in str(caught.value)


@pytest.mark.fast
def test_of_two_headers_of_one_name_however_it_is_written_the_last_one_is_sent() -> None:
    address = address_of("http://host:1", token="old", headers=["authorization: Bearer new"])
    assert address.headers == {"authorization": "Bearer new"}
