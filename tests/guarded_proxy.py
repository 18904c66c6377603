"""A reverse proxy in front of a ComfyUI, as operators have one: https, a path prefix, a token; HTTP and WebSocket."""

from __future__ import annotations

import select
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

PREFIX, TOKEN = "/studio/comfy", "s3cret-token-of-nobody"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that is its own authority; return it and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl, to make a certificate")
    made, key = folder / "ca.pem", folder / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key), "-out", str(made)]
    subprocess.run([openssl, *words.split(), *names], check=True, capture_output=True)
    return made, key


class GuardedProxy:
    """Lets in what has the token and the prefix. `redirect`: where it sends everything instead; `heard`: all heads."""

    def __init__(self, port: int, *, cert: Path | None = None, key: Path | None = None, redirect: str = "") -> None:
        self._target = ("127.0.0.1", port)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if cert else None
        if self._tls is not None:
            self._tls.load_cert_chain(str(cert), str(key))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._redirect = redirect
        self.heard: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}{PREFIX}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            client = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(65536)
                if not more:
                    return
                head += more
            self.heard.append(head)
            refusal = self._refusal(head)
            if refusal:
                client.sendall(b"HTTP/1.1 " + refusal + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                client.close()
                return
            server = socket.create_connection(self._target)
            server.sendall(self._rewritten(head))
            _bridge(client, server)
        except OSError:
            plain.close()

    def _refusal(self, head: bytes) -> bytes:
        if self._redirect:
            return f"302 Found\r\nLocation: {self._redirect}".encode()
        if b"authorization: bearer " + TOKEN.encode() not in head.replace(
            b"Authorization: Bearer", b"authorization: bearer"
        ):
            return b"401 Unauthorized"
        return b"" if head.split(b" ", 2)[1].startswith(PREFIX.encode() + b"/") else b"404 Not Found"

    @staticmethod
    def _rewritten(head: bytes) -> bytes:
        """Without the prefix; one request a connection, so that each is looked at."""
        head = head.replace(PREFIX.encode(), b"", 1)
        return head.replace(b"Connection: keep-alive", b"Connection: close")


def _bridge(client: socket.socket, server: socket.socket) -> None:
    """Pass on until one side closes; on one thread, since a TLS connection is not to be used by two."""
    try:
        while True:
            held = isinstance(client, ssl.SSLSocket) and client.pending()
            for source in [client] if held else select.select([client, server], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                (server if source is client else client).sendall(data)
    except OSError:
        pass
    finally:
        for end in (client, server):
            end.close()
