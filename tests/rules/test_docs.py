"""What tracked files must not hold, and what the README says must be true."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from installer import plan, torch_build
from installer.comfyui_source import ComfySource
from installer.commands import NAMES
from installer.help_text import HELP
from installer.layout import Layout
from installer.progress import megabytes
from runner.settings import Settings

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

# Spelled in two halves, so that this file does not hold what it forbids.
REGISTRIES = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "deb.debian" + ".org"]
MACHINE = re.compile(r"(?<![\w.~-])/(?:work|root|opt/pypi\S*|home/[a-z]\w*|Users/[A-Za-z]\w*)" + r"/")


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def _texts() -> list[tuple[str, str]]:
    found = []
    for path in _tracked():
        try:
            found.append((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_no_tracked_file_names_the_host_of_a_package_registry() -> None:
    bad = [f"{name}: {host}" for name, text in _texts() for host in REGISTRIES if host in text]
    assert bad == []


def test_no_tracked_file_holds_a_path_of_one_machine() -> None:
    bad = [
        f"{name}:{number} {found.group(0)}"
        for name, text in _texts()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := MACHINE.search(line)) and name != "LICENSE"
    ]
    assert bad == []


def test_the_path_rule_finds_a_machine_path_and_lets_urls_pass() -> None:
    assert MACHINE.search("see /ro" + "ot/x/y")
    assert MACHINE.search('"/ho' + 'me/anna/clip.mp4"')
    assert not MACHINE.search("https://example.org/root/x")
    assert not MACHINE.search("$HOME/work/x")


def test_no_tracked_file_is_binary_media_or_weights() -> None:
    suffixes = {".mp4", ".m4s", ".wav", ".mp3", ".safetensors", ".pt", ".onnx", ".bin", ".so", ".whl", ".gz", ".zip"}
    assert [path.name for path in _tracked() if path.suffix in suffixes] == []


def test_every_relative_link_in_a_page_leads_somewhere() -> None:
    bad = []
    for path in _tracked():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
                if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                    bad.append(f"{path.relative_to(ROOT)}: {target}")
    assert bad == []


def test_every_command_in_the_readme_exists() -> None:
    text = README.read_text(encoding="utf-8")
    ours = set(re.findall(r"install\.py ([a-z]+)", text))
    assert {"live", "test"} <= ours
    assert ours - set(NAMES) == set()
    assert [name for name in NAMES if name not in HELP] == []
    for script in re.findall(r"(?<![\w/.])((?:scripts|\.ci)/[a-z]+)", text):
        assert (ROOT / script).is_file(), script


def test_every_runner_command_in_the_readme_exists() -> None:
    from runner.cli.app import app

    known = {info.name for info in app.registered_commands} | {info.name for info in app.registered_groups}
    named = set(re.findall(r"-m runner ([a-z][a-z-]*)", README.read_text(encoding="utf-8")))
    assert named
    assert named - known == set()


def test_every_setting_in_the_readme_exists() -> None:
    """Fields of the runner's settings, and what installer/ and the tests read."""
    known = {f"ONAIR_{name.upper()}" for name in Settings.model_fields}
    for folder in ("installer", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            known |= set(re.findall(r"ONAIR_[A-Z_]+", path.read_text(encoding="utf-8")))
    named = set(re.findall(r"ONAIR_[A-Z_]+", README.read_text(encoding="utf-8")))
    assert named - known == set()


def test_the_disk_space_in_the_readme_is_what_setup_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONAIR_TORCH_INDEX", "none")
    layout = Layout(root=tmp_path, data=tmp_path / "data")
    source = ComfySource(tree=layout.comfyui, ours=True)
    steps = plan.all_steps(layout, source, tests=False, lock_fd=-1)
    sizes = {
        "size_bytes": torch_build.CPU_BYTES,
        "passing_bytes": torch_build.CPU_WHEELS_BYTES,
    }
    small = [dataclasses.replace(step, **sizes) if step.name == "torch" else step for step in steps]
    said = re.findall(r"\d+\.\d GB", README.read_text(encoding="utf-8").partition("Disk:")[2].partition("\n\n")[0])
    asked = [figure for some in (steps, small) for figure in (plan.room(some)[0], plan.needed_bytes(some))]
    assert said == [megabytes(figure) for figure in asked]


def test_every_node_in_the_readme_exists() -> None:
    named = set(re.findall(r"`(OnAir[A-Z]\w+)`", README.read_text(encoding="utf-8")))
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "custom_nodes").rglob("*.py"))
    assert named
    assert [name for name in named if f'"{name}"' not in source] == []
