"""A model host in miniature: ranges, tags, redirects as the Hub makes them, and the ways in which it goes wrong."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def safetensors(seed: str, size_bytes: int) -> bytes:
    """A whole safetensors file of about that size."""
    data = (hashlib.sha256(seed.encode()).digest() * (size_bytes // 32 + 1))[:size_bytes]
    header = json.dumps({"w": {"dtype": "U8", "shape": [size_bytes], "data_offsets": [0, size_bytes]}}).encode()
    return len(header).to_bytes(8, "little") + header + data


@dataclass
class Host:
    """What it serves and how: `status` answers a path with that code, `cuts` ends so many answers early."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)  # bytes given before each cut, first come first
    leads_to: str = ""  # redirect there, as the Hub does to its store; size and checksum stand in the redirect
    publishes: bool = True
    ranges: bool = True
    claims: dict[str, str] = field(default_factory=dict)  # X-Linked-Size, X-Linked-Etag
    wants: str = ""  # this Authorization, or 401
    version: str = "1"  # part of every ETag
    gate: threading.Event = field(default_factory=threading.Event)  # closed: a GET gets no answer yet
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def starts(self) -> list[int]:
        """From which byte each GET asked."""
        found = [headers.get("range", "bytes=0-") for method, _, headers in self.asked if method == "GET"]
        return [int(text[6:-1]) for text in found]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        host, path = self.host, self.path.lstrip("/")
        host.asked.append((self.command, path, {name.lower(): value for name, value in self.headers.items()}))
        if body:
            host.gate.wait(30)
        data = host.files.get(path)
        code = host.status.get(path, 200 if data is not None else 404)
        if host.wants and self.headers.get("Authorization") != host.wants:
            code = 401
        if code != 200 or data is None:
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if host.leads_to:
            self.send_response(302)
            self.send_header("Location", f"{host.leads_to}/{path}")
            self._linked(data)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._file(data, body=body)

    def _linked(self, data: bytes) -> None:
        told = {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"'}
        for name, value in {**(told if self.host.publishes else {}), **self.host.claims}.items():
            self.send_header(name, value)

    def _file(self, data: bytes, *, body: bool) -> None:
        host, tag = self.host, f'"{len(data)}-{self.host.version}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(asked[1]) if asked and host.ranges and self.headers.get("If-Range") == tag else 0
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", tag)
        self._linked(data)
        self.end_headers()
        if body and host.cuts:
            self.wfile.write(data[start : start + host.cuts.pop(0)])
            self.wfile.flush()
            self.close_connection = True
        elif body:
            with contextlib.suppress(OSError):
                self.wfile.write(data[start:])

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)


@contextlib.contextmanager
def serve() -> Iterator[Host]:
    """A host on a free port."""
    host = Host()
    host.gate.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"host": host}))
    host.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def graph_file(folder: Path, name: str, *models: tuple[str, str]) -> None:
    """A workflow whose nodes load these files: (folder, file), all of one repository."""
    base = "https://huggingface.co/Org/Repo/resolve/main/split"
    nodes = [
        {"type": "Loader", "properties": {"models": [{"name": file, "directory": kind, "url": f"{base}/{file}"}]}}
        for kind, file in models
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"nodes": nodes}))


def path_of(file: str) -> str:
    """Where the host has a file of `graph_file`."""
    return f"Org/Repo/resolve/main/split/{file}"
