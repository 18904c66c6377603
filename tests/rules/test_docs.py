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
SETTINGS = ROOT / "docs" / "settings.md"
COMMANDS = ROOT / "docs" / "commands.md"

# Spelled in two halves, so that this file does not hold what it forbids. Two hosts are meant to be named and are not
# among them: the index of torch's CPU builds (the default of ONAIR_TORCH_INDEX) and the CDN that has hls.js where npm
# is not installed (ONAIR_HLS_JS takes a file instead). Whoever is asked for packages is the client's own affair.
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


def test_every_command_in_the_readme_and_on_the_page_of_commands_exists() -> None:
    assert {"live", "test"} <= set(re.findall(r"install\.py ([a-z]+)", README.read_text(encoding="utf-8")))
    text = "\n".join(page.read_text(encoding="utf-8") for page in (README, COMMANDS))
    ours = set(re.findall(r"install\.py ([a-z]+)", text))
    assert ours - set(NAMES) == set()
    assert [name for name in NAMES if name not in HELP] == []
    for script in re.findall(r"(?<![\w/.])((?:scripts|\.ci)/[a-z_]+)", text):
        assert (ROOT / script).is_file(), script


def test_the_page_of_commands_shows_each_of_the_runners() -> None:
    from runner.cli.app import app

    known = {info.name for info in app.registered_commands} | {info.name for info in app.registered_groups}
    named = set(re.findall(r"-m runner ([a-z][a-z-]*)", COMMANDS.read_text(encoding="utf-8")))
    assert named == known - {"live"}  # which install.py calls


def _settings() -> dict[str, object]:
    """The runner's settings with their defaults, by the names they have in the environment."""
    return {
        str(field.validation_alias or f"ONAIR_{name.upper()}"): field.default
        for name, field in Settings.model_fields.items()
    }


def _rows() -> list[tuple[str, str]]:
    """Names and default of each row of the two tables of settings."""
    text = SETTINGS.read_text(encoding="utf-8")
    return re.findall(r"^\| (`(?:ONAIR_|ALLOW_|FAKE_)[^|]+) \| ([^|]*) \|", text, flags=re.MULTILINE)


def test_every_setting_of_the_runner_has_one_row_of_a_table() -> None:
    listed = [name for names, _ in _rows() for name in re.findall(r"`(\w+)`", names)]
    assert len(listed) == len(set(listed))
    assert set(_settings()) - set(listed) == set()


def test_the_defaults_in_the_tables_are_those_of_the_settings() -> None:
    """Where the cell holds as many plain values as the row has names; the others are described in words."""
    told = {}
    for names, defaults in _rows():
        values = re.findall(r"`([^`]+)`", defaults)
        if re.sub(r"`[^`]+`|, ", "", defaults) == "":
            told |= dict(zip(re.findall(r"`(\w+)`", names), values, strict=True))
    real = {
        name: str(default).lower() if isinstance(default, bool) else str(default)
        for name, default in _settings().items()
    }
    assert len(told) > 10
    assert {name: value for name, value in told.items() if value != real.get(name, value)} == {}


def test_every_setting_that_a_page_names_exists() -> None:
    """Fields of the runner's settings, and what installer/ and the tests read; decisions may tell of others."""
    known = set(_settings())
    for folder in ("installer", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            known |= set(re.findall(r"ONAIR_[A-Z_]+", path.read_text(encoding="utf-8")))
    pages = [README, *(page for page in SETTINGS.parent.rglob("*.md") if page.name != "decisions.md")]
    named = {name for page in pages for name in re.findall(r"ONAIR_[A-Z_]+", page.read_text("utf-8"))}
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


def test_the_readme_is_short_and_shows_what_it_is() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    picture = ROOT / "docs" / "media" / "onair.webp"
    assert picture.relative_to(ROOT).as_posix() in text
    assert picture.stat().st_size <= 1_500_000


def test_committed_pictures_are_few_and_small() -> None:
    pictures = [path for path in (ROOT / "docs").rglob("*") if path.suffix in {".webp", ".gif", ".png", ".jpg"}]
    assert sum(path.stat().st_size for path in pictures) <= 2_500_000


def test_each_decision_has_a_number_of_its_own_in_order() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^## (\d+)\.", text, flags=re.MULTILINE)]
    assert numbers == sorted(set(numbers))
