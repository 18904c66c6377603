"""TCP ports of this machine: whether one is taken, and one that is free."""

from __future__ import annotations

import socket


def port_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether something listens on `port`, by trying to bind it as ComfyUI would."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
