"""`install.py test`: what it hands to pytest, and what is said of tests that could not run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import torch_build
from installer.comfyui_source import _PARTS

ROOT = Path(__file__).resolve().parents[2]
PYTEST = "import os, sys\nprint('pytest', sys.argv[1:], os.environ['ONAIR_TEST_BROWSER'])\nsys.exit(7)\n"


@pytest.fixture
def comfyui(checkout, wheel: Callable[..., Path], tmp_path: Path) -> Path:
    """A ComfyUI folder that needs nothing; torch and pytest are tiny stand-ins."""
    for pin in torch_build.PINS:
        name, _, version = pin.partition("==")
        wheel(checkout.wheels, name, version=version, more={"__init__.py": f"__version__ = '{version}'\n"})
    wheel(checkout.wheels, "tiny_pytest", module="pytest", more={"__main__.py": PYTEST})
    for name, wanted in (("tests", "tiny_pytest==1.0\n"), ("docs", "")):
        (checkout.root / name).mkdir()
        (checkout.root / name / "requirements.txt").write_text(wanted)
    folder = tmp_path / "ComfyUI"
    folder.mkdir()
    for part in _PARTS:
        (folder / part).write_text("")
    return folder


def test_all_other_arguments_go_to_pytest_and_its_exit_code_comes_back(checkout, comfyui) -> None:
    # An index that has the CPU build: the room that the default one needs is more than some disks have.
    env = {"ONAIR_TORCH_INDEX": f"data:,torch-{torch_build.PINS[0].partition('==')[2]}", "PATH": "/nowhere", "CI": ""}
    code, text = checkout.run("test", "--comfyui", str(comfyui), "-k", "window", **env)
    assert code == 7, text
    assert "pytest ['-k', 'window'] none" in text
    code, text = checkout.run("test", f"--comfyui={comfyui}", "--full", "-x", **env)
    assert code == 7
    assert "pytest ['--full', '-x'] none" in text
    assert "Not here: chromium, ffmpeg" in text  # no apt-get on this PATH: said, not hidden
    code, text = checkout.run("test", f"--comfyui={comfyui}", **env)
    assert code == 7
    assert "pytest ['tests/browser', 'tests/e2e'] none" in text
    assert "pytest ['tests', '--ignore=tests/browser', '--ignore=tests/e2e'] none" in text


def _closing_line(*arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ONAIR_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT, env={**env, "PATH": "/nowhere"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 5), done.stdout
    return next((line for line in done.stdout.splitlines() if line.startswith("Not run: ")), "")


def test_what_could_not_run_is_one_closing_line_that_says_how_to_get_it() -> None:
    line = _closing_line("tests/browser/test_caption.py")
    assert re.search(r"\d+ need a browser: install chromium, or as root python3 install.py test --full", line)
    assert _closing_line("tests/browser/test_caption.py", "-k", "nothing_has_this_name") == ""
    assert re.fullmatch(
        r"Not run: \d+ need ComfyUI: python3 install.py test", _closing_line("tests/packs/test_pack_load.py")
    )
