"""The options of `live`, looked at before anything is fetched: a slip of the pen must not cost the set-up's minutes.

Only what the standard library can tell. The rest (is the picture a face, is there such a voice) is asked of the
runner itself as soon as its packages are there, see plan.py.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
import socket
import urllib.parse
import urllib.request
from pathlib import Path

from installer.errors import BadUse
from installer.layout import Layout, setting

# A test holds these against the runner's own command.
FILES = ("--workflow", "--idle", "--avatar")
# Avatars that the pack draws: their names stand for no file. A test holds these against the pack.
DRAWN = ("presenter", "professor", "student")
VALUES = (*FILES, "--port", "--host", "--voice", "--set", "--comfyui", "--also", "--header", "--quant", "--data")
FLAGS = ("--rehearsal", "--no-rehearsal", "--json")
REACH_S = 5.0


def split_option(arguments: list[str], name: str) -> tuple[str, list[str]]:
    """Take `--name VALUE` or `--name=VALUE` out; the last one counts. Raises: BadUse without a value."""
    value, rest, words = "", [], iter(arguments)
    for word in words:
        if word == name:
            value = next(words, "")
            if not value:
                raise BadUse(f"{name} needs a value.", remedy=f"Write {name} VALUE, or leave it out.")
        elif word.startswith(f"{name}="):
            value = word.partition("=")[2]
        else:
            rest.append(word)
    return value, rest


def refuse_words(command: str, arguments: list[str], known: tuple[str, ...] = ()) -> None:
    """Raises: BadUse for a word that a command does not take; it names the nearest that it does."""
    for word in arguments:
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            takes = f"It takes {' '.join(known)}." if known else "It takes no options but --data."
            raise BadUse(f"{command} does not know {word}.", remedy=f"Did you mean {near[0]}?" if near else takes)


def pairs(command: str, arguments: list[str]) -> list[tuple[str, str]]:
    """Each option with its value ("" for a flag), in order. Raises: BadUse for one that `live` does not know."""
    found, words = [], iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in VALUES:
            value = value if equals else next(words, "")
            if not value:
                raise BadUse(f"{name} needs a value.", remedy=f"python3 install.py {command} --help")
        elif equals or name not in FLAGS:
            near = difflib.get_close_matches(name, [*VALUES, *FLAGS], n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise BadUse(f"{command} does not know {name}.", remedy=f"{hint}python3 install.py {command} --help")
        found.append((name, value))
    return found


def check_words(layout: Layout, command: str, arguments: list[str], folder: Path) -> list[str]:
    """Refuse unknown options and files that are not there; return the arguments with absolute paths.

    `folder` is where the user wrote them: the runner starts in the checkout. What is not given may be set by
    ONAIR_AVATAR and its like. Raises: BadUse.
    """
    checked, given = [], set()
    for name, value in pairs(command, arguments):
        fixed = str(_file(name, value, folder, layout.root)) if name in FILES else value
        if name == "--set" and not re.match(r"[^=]+\.[^=.]+=", value):
            raise BadUse(
                f"--set {value} is not of the form NODE.INPUT=VALUE.",
                remedy="Write it like --set OnAirWindow.width=640",
            )
        given.add(name)
        checked += [name, fixed] if name in VALUES else [name]
    for name in FILES:
        variable = f"ONAIR_{name[2:].upper()}"
        named = setting(layout.root, variable)
        if named and name not in given:
            _file(variable, named, layout.root)
    return checked


def address(layout: Layout, arguments: list[str]) -> tuple[str, str]:
    """Port and host that the runner will take: the option, else the setting, else its default."""
    port, _ = split_option(arguments, "--port")
    host, _ = split_option(arguments, "--host")
    return (
        port or setting(layout.root, "ONAIR_PORT", "8000"),
        host or setting(layout.root, "ONAIR_HOST", "127.0.0.1"),
    )


def check_port(layout: Layout, arguments: list[str]) -> None:
    """Raises: BadUse when the runner could not listen where it is to."""
    port, host = address(layout, arguments)
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise BadUse(f"The port {port} is none.", remedy="Ports are numbers from 1 to 65535; 0 takes any free one.")
    try:
        family, kind, proto, _, place = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            # As the runner's server does: a port that only waits after a stop is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen(1)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise BadUse(
                f"Port {port} is taken by another program.", remedy="Stop it, or take another --port (0: any)."
            ) from exc
        remedy = "Take 127.0.0.1, 0.0.0.0 or an address of this machine, and a port from 1024 on."
        raise BadUse(f"Cannot listen on {host}:{port}.", why=exc.strerror or str(exc), remedy=remedy) from exc


def _file(name: str, value: str, *folders: Path) -> Path:
    """The file, absolute, seen from the first of the folders that has it; a drawn avatar's name as it is."""
    if name in ("--avatar", "ONAIR_AVATAR") and value in DRAWN and not any((f / value).is_file() for f in folders):
        return Path(value)
    for folder in folders:
        path = Path(os.path.abspath(folder / Path(value).expanduser()))
        if path.is_file():
            return path
    path = Path(os.path.abspath(folders[0] / Path(value).expanduser()))
    drawn = f" OnAir draws {', '.join(DRAWN)} itself." if name in ("--avatar", "ONAIR_AVATAR") else ""
    raise BadUse(
        f"{name}: {path} {'is a folder' if path.is_dir() else 'does not exist'}.",
        remedy=f"Give the path of a file; a relative one is seen from the folder you are in.{drawn}",
    )


def check_reachable(url: str) -> None:
    """Raises: BadUse when nothing listens at this ComfyUI's address. Behind a proxy only the runner can tell."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        host, port = None, 0
    url = re.sub(r"//[^/?#]*@", "//", url)  # a password is not told
    if not host:
        raise BadUse(f"{url} is not an address.", remedy="It looks like http://HOST:8188")
    if parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return
    try:
        socket.create_connection((host, port), timeout=REACH_S).close()
    except OSError as exc:
        raise BadUse(
            f"No ComfyUI answers at {url}.",
            why=exc.strerror or str(exc),
            remedy="Start it there (with --listen, for other machines), or correct --comfyui.",
        ) from exc
