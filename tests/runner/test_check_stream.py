"""`check-stream` by address: a server, a channel, a playlist; whatever else is one sentence and exit code 2."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from runner.cli.stream_address import resolve
from runner.errors import BadInput
from tests.runner.test_cli import run
from tests.runner.web.house import House, only_channel

LIST = b"#EXTM3U\n"
HTML = b"<!doctype html><html></html>"


@contextmanager
def site(answers: Mapping[str, bytes]) -> Iterator[str]:
    """Serve these paths, and 404 for all others."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = answers.get(self.path)
            self.send_response(404 if data is None else 200)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def channels(*names: str, private: int = 0) -> bytes:
    return json.dumps({"channels": [{"channel": n, "running": True} for n in names], "private": private}).encode()


@pytest.mark.parametrize("path", ["", "/"])
def test_a_servers_address_means_its_one_channel(path: str, tmp_path: Path) -> None:
    with site({"/api/channels": channels("lobby"), "/hls/lobby/manifest.m3u8": LIST}) as url:
        assert resolve(url + path, data=tmp_path) == (f"{url}/hls/lobby", "manifest.m3u8")


def test_a_pages_own_channel_is_found_by_who_may_read_the_data_folder(tmp_path: Path) -> None:
    for name in ("own", "ended"):
        (tmp_path / "channels" / name).mkdir(parents=True)
    with site({"/api/channels": channels(private=1), "/hls/own/manifest.m3u8": LIST}) as url:
        assert resolve(url, data=tmp_path) == (f"{url}/hls/own", "manifest.m3u8")
        with pytest.raises(BadInput, match="keeps the channels of its 1 open pages to itself"):
            resolve(url, data=tmp_path / "another")


def test_of_several_channels_each_is_named(tmp_path: Path) -> None:
    with site({"/api/channels": channels("a", "b")}) as url, pytest.raises(BadInput) as caught:
        resolve(url, data=tmp_path)
    assert f"give one of {url}/hls/a, {url}/hls/b" in str(caught.value)


@pytest.mark.parametrize("path", ["/hls/x", "/hls/x/", "/hls/x/manifest.m3u8"])
def test_a_channels_address_means_its_media_playlist(path: str, tmp_path: Path) -> None:
    with site({"/hls/x/manifest.m3u8": LIST}) as url:
        assert resolve(url + path, data=tmp_path) == (f"{url}/hls/x", "manifest.m3u8")


@pytest.mark.parametrize(
    ("path", "told"),
    [("", "is no OnAir server"), ("/page.m3u8", "no playlist but a web page"), ("/hls/gone", "there is no stream at")],
)
def test_what_is_no_stream_is_said_in_a_sentence(path: str, told: str, tmp_path: Path) -> None:
    with site({"/": HTML, "/page.m3u8": HTML}) as url, pytest.raises(BadInput, match=told):
        resolve(url + path, data=tmp_path)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://", "http://127.0.0.1:port", "http://[::1"])
def test_an_address_without_a_server_is_one_sentence_and_exit_code_2(address: str, tmp_path: Path) -> None:
    said = run(tmp_path, "check-stream", address)
    assert said.returncode == 2
    [line] = said.stderr.splitlines()
    assert line.startswith(f"error [input.bad]: {address} ")


async def test_the_address_that_a_server_prints_is_enough(tmp_path: Path) -> None:
    async with House(tmp_path / "data") as house:
        none = await asyncio.to_thread(run, tmp_path, "check-stream", house.url)
        assert (none.returncode, none.stderr.count("\n")) == (2, 1)
        assert "open it in a browser" in none.stderr
        await only_channel(house)
        said = await asyncio.to_thread(run, tmp_path, "check-stream", house.url)
        master = f"{house.url}/hls/{await only_channel(house)}/master.m3u8"  # what players are given
        by_master = await asyncio.to_thread(run, tmp_path, "check-stream", master)
    assert said.stdout.endswith(" 0 faults\n"), said.stdout + said.stderr
    assert by_master.stdout.endswith(" 0 faults\n"), by_master.stdout + by_master.stderr
