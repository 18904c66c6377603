"""What the registry's package holds: all that a user's ComfyUI and runner need, and nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (
    "__init__.py",
    "install.py",
    "requirements.txt",
    "pyproject.toml",
    "LICENSE",
    "NOTICE",
    "README.md",
    "runner/requirements.txt",
    "runner/web/page/index.html",
    "custom_nodes/web/static/go_live.js",
    "custom_nodes/web/static/docs/OnAirWindow.md",
    "custom_nodes/web/static/docs/OnAirWindow/zh.md",
    "locales/zh/nodeDefs.json",
    "workflows/portrait_live.json",
    "workflows/portrait_live.jpg",
)
FOLDERS = {"custom_nodes", "hls", "installer", "locales", "runner", "workflows"}
LARGEST_BYTES = 6_000_000


def _git(*arguments: str) -> set[str]:
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", *arguments], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return {name for name in done.stdout.decode().split("\0") if name}


def _packed() -> set[str]:
    """The files that `comfy node pack` zips: those that git tracks, less .comfyignore's, whose rules are git's."""
    return _git() - _git("-c", "-i", "--exclude-from=.comfyignore")


def test_it_holds_what_is_needed() -> None:
    assert [name for name in NEEDED if name not in _packed()] == []
    ours = {name for name in _git() if name.partition("/")[0] in FOLDERS}
    assert ours - _packed() == set()


def test_it_holds_nothing_else_and_is_small() -> None:
    assert {name.partition("/")[0] for name in _packed() if "/" in name} == FOLDERS
    assert {name for name in _packed() if "/" not in name} <= {name for name in NEEDED if "/" not in name}
    assert sum((ROOT / name).stat().st_size for name in _packed() if (ROOT / name).is_file()) < LARGEST_BYTES


def test_the_registry_is_told_name_version_and_which_comfyui() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^name = "onair"$', text, flags=re.MULTILINE)
    assert re.search(r'^version = "\d+\.\d+\.\d+"$', text, flags=re.MULTILINE)
    registry = text.partition("[tool.comfy]")[2].partition("\n[")[0]
    assert re.findall(r"^([\w-]+) = ", registry, flags=re.MULTILINE) == [
        "PublisherId",
        "DisplayName",
        "Icon",
        "requires-comfyui",
    ]
    assert re.search(r'^requires-comfyui = ">=\d+\.\d+\.\d+"$', registry, flags=re.MULTILINE)
