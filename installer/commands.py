"""The command line: words in, one command called, one exit code out."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from installer import comfyui_source, daemon, doctor, manager, testing, uninstall
from installer.comfyui_source import ComfySource
from installer.errors import BadUse, InstallError
from installer.layout import WINDOWS, Layout, find_layout, setting
from installer.plan import set_up
from installer.progress import child_environment, say

SCRIPT = Path(sys.argv[0]) if sys.argv and Path(sys.argv[0]).name == "install.py" else Path(__file__).parents[1] / "x"

HELP = """\
OnAir: a talking avatar, live, rendered by ComfyUI.

  python3 install.py live [options]     set up what is missing, then go on air; prints one address
  python3 install.py test [--full] [pytest arguments]
                                        set up, then run the tests (CI=true or --full: with everything they need)
  python3 install.py setup              only set up; takes minutes once, a moment after that
  python3 install.py start [options]    live, detached; then: status, logs [-f] [-n LINES], stop, restart
  python3 install.py doctor             look at everything, change nothing
  python3 install.py uninstall [--yes] [--everything]
                                        remove what setup made; --everything: also what was rendered and logged
  python3 install.py                    what ComfyUI Manager calls: checks that the nodes can load

Options of live, start and restart:
  --comfyui PATH|URL    a ComfyUI folder, or the address of a running one; else one is found or fetched
  --avatar FILE         photo or drawing of a face          --voice ID      a voice or a language: de
  --workflow FILE       the talk graph                      --idle FILE     the idle graph
  --port N --host NAME  where to listen (127.0.0.1:8000)    --set NODE.INPUT=VALUE
  --data FOLDER         as ONAIR_DATA (for status, logs, stop and the others too)
  and all others that `.venv/bin/python -m runner live --help` lists

Settings (environment, or a line in .env):
  ONAIR_DATA            where everything made at run time lies (.onair)
  ONAIR_COMFYUI         as --comfyui
  ONAIR_TORCH_INDEX     package index tried first for a CPU build of torch where there is no NVIDIA GPU;
                        none: use pip's own index
  ONAIR_HLS_JS          a copy of hls.min.js to take instead of fetching it

Exit codes: 0 done, 1 a bug, 2 bad input, 3 the engine did not start or end, 4 something from outside did not come
(network, disk, package index), 130 interrupted.
"""

_PATH_OPTIONS = ("--avatar", "--workflow", "--idle")


def split_option(arguments: list[str], name: str) -> tuple[str, list[str]]:
    """Take `--name VALUE` or `--name=VALUE` out; the last one counts. Raises: BadUse without a value."""
    value, rest, words = "", [], iter(arguments)
    for word in words:
        if word == name:
            value = next(words, "")
            if not value:
                raise BadUse(f"{name} needs a value.")
        elif word.startswith(f"{name}="):
            value = word.partition("=")[2]
        else:
            rest.append(word)
    return value, rest


def absolute_paths(arguments: list[str], folder: Path) -> list[str]:
    """File options made absolute: the runner starts in the checkout, the user wrote them seen from `folder`."""
    result, before = [], ""
    for word in arguments:
        name, equals, value = word.partition("=")
        if before in _PATH_OPTIONS and (folder / word).exists():
            result.append(os.path.abspath(folder / word))
        elif name in _PATH_OPTIONS and equals and (folder / value).exists():
            result.append(f"{name}={os.path.abspath(folder / value)}")
        else:
            result.append(word)
        before = word
    return result


def _prepare(layout: Layout, arguments: list[str]) -> tuple[ComfySource, list[str]]:
    named, rest = split_option(arguments, "--comfyui")
    source = comfyui_source.find(layout, named or setting(layout.root, "ONAIR_COMFYUI"), script=SCRIPT)
    set_up(layout, source)
    return source, absolute_paths(rest, Path.cwd())


def _runner(layout: Layout, source: ComfySource, arguments: list[str]) -> daemon.RunnerCall:
    env = child_environment({"ONAIR_COMFYUI": source.setting, "ONAIR_DATA": str(layout.data)})
    return daemon.RunnerCall(command=[str(layout.python), "-m", "runner", "live", *arguments], env=env)


def _live(layout: Layout, arguments: list[str]) -> int:
    daemon.refuse_second(layout)
    source, rest = _prepare(layout, arguments)
    call = _runner(layout, source, rest)
    os.chdir(layout.root)
    sys.stdout.flush()
    if WINDOWS:  # exec there starts a second process and lets the shell go on
        return subprocess.call(call.command, env=call.env)
    os.execve(call.command[0], call.command, call.env)


def _setup(layout: Layout, arguments: list[str]) -> int:
    source, rest = _prepare(layout, arguments)
    if rest:
        raise BadUse(f"setup does not know {' '.join(rest)}.", remedy="python3 install.py --help")
    say(f"Ready. ComfyUI: {source.setting}. Next: python3 install.py live")
    return 0


def _start(layout: Layout, arguments: list[str]) -> int:
    daemon.refuse_second(layout)
    source, rest = _prepare(layout, arguments)
    return daemon.start(layout, _runner(layout, source, rest))


def _restart(layout: Layout, arguments: list[str]) -> int:
    arguments = arguments or daemon.last_arguments(layout)
    daemon.stop(layout)
    return _start(layout, arguments)


def _test(layout: Layout, arguments: list[str]) -> int:
    named, rest = split_option(arguments, "--comfyui")
    source = comfyui_source.find(layout, named, script=SCRIPT)
    if source.tree is None:
        raise BadUse("The tests start a ComfyUI of their own: --comfyui takes a folder here.")
    set_up(layout, source, tests=True)
    return testing.run_tests(layout, source.tree, rest)


def _plain(layout: Layout, name: str, arguments: list[str]) -> int:
    """The commands that take at most one option."""
    if name == "status":
        return daemon.status(layout)
    if name == "logs":
        return daemon.logs(layout, arguments)
    if name == "doctor":
        named, _ = split_option(arguments, "--comfyui")
        return doctor.run_doctor(
            layout, comfyui_source.find(layout, named or setting(layout.root, "ONAIR_COMFYUI"), script=SCRIPT)
        )
    if name == "uninstall":
        return uninstall.run_uninstall(layout, arguments)
    return daemon.stop(layout)


_COMMANDS: dict[str, Callable[[Layout, list[str]], int]] = {
    "live": _live, "setup": _setup, "start": _start, "restart": _restart, "test": _test,
}  # fmt: skip
_PLAIN = ("stop", "status", "logs", "doctor", "uninstall")


NAMES = (*_COMMANDS, *_PLAIN)


def run(arguments: list[str]) -> int:
    """Run one command; every failure ends in sentences, never in a traceback, save a bug of ours."""
    try:
        if not arguments:
            return manager.run_manager(find_layout(SCRIPT))
        name, rest = arguments[0], arguments[1:]
        data, rest = ("", rest) if name == "test" else split_option(rest, "--data")
        layout = find_layout(SCRIPT, data)
        if name in ("-h", "--help", "help") or (name != "test" and {"-h", "--help"} & set(rest)):
            say(HELP)
            return 0
        if name in _COMMANDS:
            return _COMMANDS[name](layout, rest)
        if name in _PLAIN:
            return _plain(layout, name, rest)
        raise BadUse(f"There is no command {name!r}.", remedy="python3 install.py --help lists them.")
    except InstallError as exc:
        sys.stdout.flush()
        sys.stderr.write(f"\n{exc}\n")
        return exc.exit_code
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            say("\nInterrupted. What is finished stays; the same command goes on from there.")
        return 130
