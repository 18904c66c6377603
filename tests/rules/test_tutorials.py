"""What the README and the tutorials tell people to type exists: commands, options, scripts, and files they name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from installer.commands import NAMES
from installer.help_text import HELP
from runner.cli.app import app

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _lines(text: str) -> list[list[str]]:
    found = [line for block in BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines() if line.strip()]
    return [shlex.split(line, comments=True) for line in found]


def _faults(words: list[str]) -> list[str]:
    """What of a command line there is not; a program that is not ours is let pass."""
    if words[:2] == ["python3", "install.py"]:
        known, options = words[2] in NAMES, re.findall(r"--[a-z][a-z-]*", HELP)
        given = words[3:]
    elif words[:3] == [".venv/bin/python", "-m", "runner"]:
        command = typer.main.get_command(app).commands.get(words[3])  # type: ignore[attr-defined]
        known, options = command is not None, [one for part in getattr(command, "params", ()) for one in part.opts]
        given = words[4:]
    elif words and words[0].startswith(("scripts/", ".ci/")):
        known, options, given = (ROOT / words[0]).is_file(), [], []
    else:
        return []
    bad = [word for word in given if word.startswith("-") and word.partition("=")[0] not in options]
    return bad if known else [*words[:4], *bad]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_shows_exists_with_its_options(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [(" ".join(words), bad) for words in _lines(text) if (bad := _faults(words))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_of_ours_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:workflows|runner|custom_nodes|hls|tests|scripts)/[\w./-]+)", page.read_text("utf-8"))
    here = ("docs/decisions.md", "CHANGELOG.md")  # these tell of what was
    if page.relative_to(ROOT).as_posix() not in here:
        assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_rule_tells_what_exists_from_what_does_not() -> None:
    assert _faults(shlex.split("python3 install.py live --avatar face.jpg")) == []
    assert _faults(shlex.split("python3 install.py live --avatr face.jpg")) == ["--avatr"]
    assert _faults(shlex.split(".venv/bin/python -m runner speak Hello -o x.mp4")) == []
    assert _faults(shlex.split(".venv/bin/python -m runner speek Hello")) != []
    assert _faults(["scripts/nothing"]) != []
