"""ComfyUI's event socket: a fresh client id per connection, and a wait that another thread can end."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import uuid
from typing import Any

import websocket

from runner.errors import ComfyUnreachable

from .comfy_address import ComfyAddress
from .tls import context_for

CONNECT_TIMEOUT_S = 2.0  # the thread can do nothing else meanwhile
FRAME_TIMEOUT_S = 5.0
FEATURES = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
"""Previews name their prompt and node then, where a prompt asks for any."""
PREVIEW = 4  # the first four bytes, big-endian, of such a frame; then the length of a JSON text, it, and the picture


class ComfySocket:
    """One connection at a time. `read` returns the messages that came; `wake` (any thread) ends its wait."""

    def __init__(self, address: ComfyAddress) -> None:
        self._address = address
        self._url = address.url.replace("http", "ws", 1)
        self._socket: websocket.WebSocket | None = None
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self.client_id = ""

    @property
    def connected(self) -> bool:
        """Tell whether there is a connection (it may be deaf)."""
        return self._socket is not None

    def connect(self) -> None:
        """Connect under a new client id: a second socket of the same id is forgotten when the first one closes.

        Raises: ComfyUnreachable.
        """
        self.disconnect()
        self.client_id = uuid.uuid4().hex
        try:
            self._socket = websocket.create_connection(
                f"{self._url}/ws?clientId={self.client_id}",
                timeout=CONNECT_TIMEOUT_S,
                enable_multithread=False,
                header=dict(self._address.headers),
                sslopt={"context": context_for(self._address.url)},
                redirect_limit=0,  # the headers are for this host alone
            )
            self._socket.settimeout(FRAME_TIMEOUT_S)
            self._socket.send(json.dumps(FEATURES))
        except (websocket.WebSocketException, OSError) as exc:
            raise ComfyUnreachable(
                f"ComfyUI's event socket at {self._url} cannot be opened, it is tried again: {exc}"
            ) from exc

    def disconnect(self) -> None:
        """Close at once, without waiting for the other side's close frame."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.shutdown()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close the connection and the wake pipe."""
        self.disconnect()
        self._wake_in.close()
        self._wake_out.close()

    def wake(self) -> None:
        """End a `read` that waits; called from any thread."""
        with contextlib.suppress(OSError):
            self._wake_out.send(b"x")

    def read(self, timeout_s: float) -> list[dict[str, Any]]:
        """Wait for one message, at most `timeout_s`. Returns [] when none came, or on a wake.

        Raises: ComfyUnreachable when the connection was lost (it is closed then).
        """
        connection = self._socket
        stream = connection.sock if connection is not None else None
        if stream is None or not _pending(stream):
            waiting = [self._wake_in] if stream is None else [self._wake_in, stream]
            ready, _, _ = select.select(waiting, [], [], timeout_s)
            if self._wake_in in ready:
                with contextlib.suppress(OSError):
                    self._wake_in.recv(4096)
            if stream is None or stream not in ready:
                return []
        assert connection is not None
        try:
            kind, data = connection.recv_data(control_frame=True)
        except (websocket.WebSocketException, OSError) as exc:
            self.disconnect()
            raise ComfyUnreachable(f"ComfyUI's event socket was lost, it is tried again: {exc}") from exc
        if kind == websocket.ABNF.OPCODE_CLOSE:
            self.disconnect()
            raise ComfyUnreachable("ComfyUI closed its event socket, it is tried again")
        return _parse(kind, data)


def _pending(sock: socket.socket) -> bool:
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0


def _parse(kind: int, data: bytes) -> list[dict[str, Any]]:
    if kind == websocket.ABNF.OPCODE_BINARY and data[:4] == PREVIEW.to_bytes(4, "big"):
        end = 8 + int.from_bytes(data[4:8], "big")
        data, picture = data[8:end], data[end:]
    elif kind == websocket.ABNF.OPCODE_TEXT:
        picture = b""
    else:  # text progress, and previews of nobody knows what
        return []
    try:
        message = json.loads(data)
    except ValueError:
        return []
    if not isinstance(message, dict):
        return []
    if picture:
        return [{"type": "preview", "data": {**message, "node": message.get("node_id"), "preview": picture}}]
    return [message]
