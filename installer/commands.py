"""The command line: words in, one command called, one exit code out."""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from installer import (
    comfyui_source,
    daemon,
    doctor,
    download,
    live_log,
    live_options,
    live_process,
    manager,
    testing,
    uninstall,
)
from installer.comfyui_source import ComfySource
from installer.errors import BadUse, InstallError
from installer.help_text import HELP
from installer.layout import WINDOWS, Layout, find_layout, refuse_unknown, setting
from installer.live_options import refuse_words, split_option
from installer.plan import set_up
from installer.progress import child_environment, say

SCRIPT = Path(sys.argv[0]) if sys.argv and Path(sys.argv[0]).name == "install.py" else Path(__file__).parents[1] / "x"


def _source(layout: Layout, arguments: list[str]) -> tuple[ComfySource, list[str]]:
    """The ComfyUI that is meant, and the other arguments; every setting has a known name. Raises: BadUse."""
    refuse_unknown(layout.root)
    named, rest = split_option(arguments, "--comfyui")
    return comfyui_source.find(layout, named or setting(layout.root, "ONAIR_COMFYUI"), script=SCRIPT), rest


def _ready(layout: Layout, command: str, arguments: list[str]) -> daemon.RunnerCall:
    """Check the options, then set up, then say how the runner is started. Raises: InstallError."""
    source, rest = _source(layout, arguments)
    named = ["--comfyui", source.setting] if split_option(arguments, "--comfyui")[0] else []
    rest = live_options.check_words(layout, command, rest, Path.cwd())
    live_options.check_port(layout, rest)
    if source.url:
        live_options.check_reachable(source.url)
    env = child_environment({"ONAIR_COMFYUI": source.setting, "ONAIR_DATA": str(layout.data)})
    call = daemon.RunnerCall(
        command=[str(layout.python), "-m", "runner", "live", *rest], env=env, given=[*named, *rest]
    )
    set_up(layout, source, check=lambda: daemon.refuse_bad_input(layout, call))
    return call


def _live(layout: Layout, arguments: list[str]) -> int:
    live_process.refuse_second(layout)
    call = _ready(layout, "live", arguments)
    os.chdir(layout.root)
    sys.stdout.flush()
    if WINDOWS:  # exec there starts a second process and lets the shell go on
        return subprocess.call(call.command, env=call.env)
    os.execve(call.command[0], call.command, call.env)


def _setup(layout: Layout, arguments: list[str]) -> int:
    source, rest = _source(layout, arguments)
    refuse_words("setup", rest, ("--comfyui",))
    set_up(layout, source)
    named = f" --comfyui {quoted(source.setting)}" if split_option(arguments, "--comfyui")[0] else ""
    say(f"Ready. ComfyUI: {source.setting}. Next: python3 install.py live{named}")
    return 0


def quoted(word: str, *, windows: bool = WINDOWS) -> str:
    """A word as it is typed into this system's shell: that of Windows knows no single quotes."""
    return subprocess.list2cmdline([word]) if windows else shlex.quote(word)


def _start(layout: Layout, arguments: list[str]) -> int:
    live_process.refuse_second(layout)
    return daemon.start(layout, _ready(layout, "start", arguments))


def _restart(layout: Layout, arguments: list[str]) -> int:
    arguments = arguments or live_process.last_arguments(layout)
    _, rest = _source(layout, arguments)
    live_options.check_words(layout, "restart", rest, Path.cwd())  # a slip must not take it off air
    daemon.stop(layout)
    return _start(layout, arguments)


def _test(layout: Layout, arguments: list[str]) -> int:
    named, rest = split_option(arguments, "--comfyui")
    source = comfyui_source.find(layout, named, script=SCRIPT)
    if source.tree is None:
        raise BadUse("The tests start a ComfyUI of their own.", remedy="Give --comfyui a folder, or leave it out.")
    set_up(layout, source, tests=True)
    return testing.run_tests(layout, source.tree, rest)


def _stop(layout: Layout, arguments: list[str]) -> int:
    refuse_words("stop", arguments)
    return daemon.stop(layout)


def _status(layout: Layout, arguments: list[str]) -> int:
    refuse_words("status", arguments, ("--json",))
    return daemon.status(layout, as_json="--json" in arguments)


def _download(layout: Layout, arguments: list[str]) -> int:
    source, rest = _source(layout, arguments)
    return download.run_download(layout, source, rest)


def _doctor(layout: Layout, arguments: list[str]) -> int:
    source, rest = _source(layout, arguments)
    refuse_words("doctor", rest, ("--comfyui",))
    return doctor.run_doctor(layout, source)


_COMMANDS: dict[str, Callable[[Layout, list[str]], int]] = {
    "live": _live, "setup": _setup, "start": _start, "restart": _restart, "test": _test, "stop": _stop,
    "status": _status, "logs": live_log.logs, "doctor": _doctor, "download": _download,
    "uninstall": uninstall.run_uninstall,
}  # fmt: skip
NAMES = tuple(_COMMANDS)
READER_GONE = 141  # what a shell gives for a program that SIGPIPE ended
_ROOM = "What to do: free some disk space, then run the same command again; what is finished stays."
_RIGHTS = "What to do: make the folder writable for you, then run the same command again."
_DISK = {
    errno.ENOSPC: _ROOM, errno.EDQUOT: _ROOM, errno.EROFS: _RIGHTS, errno.EACCES: _RIGHTS, errno.EPERM: _RIGHTS,
}  # fmt: skip


def run(arguments: list[str]) -> int:
    """Run one command; every failure ends in sentences, never in a traceback, save a bug of ours."""
    try:
        return _run(arguments)
    except BrokenPipeError:  # who read our words has enough of them: `install.py status | head -1`
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())  # Python itself writes what is left when it ends
        return READER_GONE


def _run(arguments: list[str]) -> int:
    try:
        if not arguments:
            return manager.run_manager(find_layout(SCRIPT))
        name, rest = arguments[0], arguments[1:]
        if name in ("-h", "--help", "help") or {"-h", "--help"} & set(rest):
            say(HELP)
            return 0
        if name not in _COMMANDS:
            near = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise BadUse(f"There is no command {name!r}.", remedy=f"{hint}python3 install.py --help lists them.")
        data, rest = ("", rest) if name == "test" else split_option(rest, "--data")
        return _COMMANDS[name](find_layout(SCRIPT, data), rest)
    except InstallError as exc:
        sys.stdout.flush()
        sys.stderr.write(f"\n{exc}\n")
        return exc.exit_code
    except OSError as exc:
        if exc.errno not in _DISK:
            raise  # a bug, with all that Python says about it
        sys.stderr.write(
            f"\nWhat failed: {exc.filename or 'a file'} could not be written: {exc.strerror}.\n{_DISK[exc.errno]}\n"
        )
        return InstallError.exit_code
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            say("\nInterrupted. What is finished stays; the same command goes on from there.")
        return 130
