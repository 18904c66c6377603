"""install.py as a user runs it: twice, killed half-way, two at once, from anywhere. Real processes, tiny packages."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from installer.commands import NAMES, READER_GONE, quoted
from installer.venv import site_packages

SETUP = ("setup", "--comfyui", "http://127.0.0.1:9")


def test_setup_works_from_another_folder_and_a_second_time_fetches_nothing(checkout, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code, text = checkout.run(*SETUP, cwd=elsewhere)
    assert code == 0, text
    assert "Disk:" in text
    assert "Next: python3 install.py live --comfyui http://127.0.0.1:9" in text
    assert checkout.installed() == ["tiny_pack", "tiny_runner"]
    again = checkout.set_up(PIP_FIND_LINKS=str(elsewhere))
    assert "what OnAir needs" not in again
    assert list(elsewhere.iterdir()) == []


def test_a_path_is_told_as_the_shell_of_the_system_reads_it() -> None:
    assert quoted(r"C:\ComfyUI", windows=True) == r"C:\ComfyUI"
    assert quoted(r"C:\My ComfyUI", windows=True) == '"C:\\My ComfyUI"'
    assert quoted("/srv/My ComfyUI", windows=False) == "'/srv/My ComfyUI'"


@pytest.mark.parametrize("words", ["status", "--help", "no-such-command"])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(checkout, tmp_path, words) -> None:
    reads, writes = os.pipe()
    os.close(reads)  # as `| head -1` does, only sooner
    errors = tmp_path / "errors"
    with os.fdopen(writes, "wb") as gone, errors.open("wb") as sink:
        command = [sys.executable, str(checkout.root / "install.py"), words]
        where = gone if words == "no-such-command" else sink  # its words go there
        code = subprocess.call(command, env=checkout.env, stdout=gone, stderr=where, timeout=60)
    assert (code, errors.read_text()) == (READER_GONE, "")


@pytest.mark.parametrize(
    ("seed", "kills"),
    [(1, 3), pytest.param(2, 10, marks=pytest.mark.full), pytest.param(3, 10, marks=pytest.mark.full)],
)
def test_setup_killed_at_any_instant_goes_on_and_ends_whole(checkout, seed, kills) -> None:
    checkout.require("runner/requirements.txt", "tiny_runner", "tiny_large", files=1500)
    chance = random.Random(seed)
    killed = sum(checkout.kill_after(chance.uniform(0.1, 3.0)) for _ in range(kills))
    assert killed > 0
    checkout.set_up()
    assert checkout.installed() == ["tiny_large", "tiny_pack", "tiny_runner"]


def test_what_a_killed_pip_left_half_written_is_installed_again(checkout) -> None:
    """pip itself takes a package for installed whose metadata is there, whatever else is missing."""
    checkout.set_up()
    packages = next((checkout.root / ".venv").rglob("tiny_runner")).parent
    (packages / "tiny_runner" / "part_0.py").write_text("# cut")
    (packages / "tiny_pack-1.0.dist-info" / "RECORD").unlink()
    stamps = checkout.layout.stamps
    (stamps / "runner.done").rename(stamps / "runner.begun")
    text = checkout.set_up()
    assert "cut short" in text
    assert "tiny_pack" in text
    assert checkout.installed() == ["tiny_pack", "tiny_runner"]


def test_a_half_made_environment_is_made_again(checkout) -> None:
    folder = checkout.root / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").write_text("#!/bin/false\n")
    checkout.set_up()
    assert checkout.installed() == ["tiny_pack", "tiny_runner"]


def test_an_environment_whose_pip_was_killed_while_it_was_unpacked_is_made_again(checkout) -> None:
    checkout.set_up()
    packages = site_packages(checkout.layout)
    (packages / "pip" / "_vendor" / "rich" / "themes.py").unlink()
    shutil.rmtree(next(packages.glob("pip-*.dist-info")))  # written last
    stamps = checkout.layout.stamps
    (stamps / "venv.done").rename(stamps / "venv.begun")
    (stamps / "runner.done").unlink()
    checkout.set_up()
    assert checkout.installed() == ["tiny_pack", "tiny_runner"]


def test_an_environment_whose_python_has_gone_is_made_again(checkout) -> None:
    checkout.set_up()
    python = checkout.layout.python
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert "does not run any more" in checkout.set_up()
    assert checkout.installed() == ["tiny_pack", "tiny_runner"]


def test_two_at_once_wait_for_each_other_and_both_end_well(checkout) -> None:
    both = [checkout.start(*SETUP) for _ in range(2)]
    texts = [process.communicate(timeout=180)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], texts
    assert sum("Another install.py is at work" in text for text in texts) == 1
    assert sum("what OnAir needs" in text for text in texts) == 1
    assert checkout.installed() == ["tiny_pack", "tiny_runner"]


def test_a_changed_requirement_is_installed_at_the_next_start(checkout) -> None:
    checkout.set_up()
    checkout.require("requirements.txt", "tiny_pack", "tiny_new")
    checkout.set_up()
    assert checkout.installed() == ["tiny_new", "tiny_pack", "tiny_runner"]


def test_a_missing_package_ends_in_what_why_and_what_to_do(checkout) -> None:
    (checkout.root / "runner" / "requirements.txt").write_text("tiny_absent==7\n")
    code, text = checkout.run(*SETUP)
    assert code == 4
    assert "What failed: runner: pip ended with 1" in text
    assert "tiny_absent==7" in text
    assert "What to do: The package index lacks this version" in text
    assert "Traceback" not in text
    assert not (checkout.layout.stamps / "runner.done").exists()


def test_an_index_that_is_not_reached_is_a_matter_of_the_network(checkout) -> None:
    del checkout.env["PIP_NO_INDEX"], checkout.env["PIP_FIND_LINKS"]
    code, text = checkout.run(*SETUP, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="1")
    assert code == 4
    assert "What to do: Check the network" in text
    assert "Traceback" not in text
    checkout.set_up(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(checkout.wheels))
    assert checkout.installed() == ["tiny_pack", "tiny_runner"]


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_made(checkout, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    code, text = checkout.run(*SETUP, ONAIR_DATA=str(tmp_path / "file" / "data"))
    assert (code, "cannot be written" in text, "Traceback" in text) == (2, True, False), text
    assert not checkout.layout.venv.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_is_said_in_a_sentence(checkout) -> None:
    checkout.layout.logs.mkdir(parents=True)
    checkout.layout.setup_log.symlink_to("/dev/full")
    code, text = checkout.run(*SETUP)
    assert (code, "free some disk space" in text, "Traceback" in text) == (4, True, False), text
    checkout.layout.setup_log.unlink()
    checkout.set_up()


def test_uninstall_removes_what_setup_made_and_keeps_the_data(checkout) -> None:
    checkout.set_up()
    (checkout.root / ".comfyui").mkdir()
    (checkout.root / ".comfyui" / "main.py").write_text("# the user's own\n")
    (checkout.root / ".onair" / "idle").mkdir(parents=True)
    code, text = checkout.run("uninstall")
    assert (code, "Add --yes" in text) == (2, True)
    assert checkout.layout.venv.exists()
    assert checkout.run("uninstall", "--yes")[0] == 0
    assert not checkout.layout.venv.exists()
    assert not checkout.layout.lock.exists()
    assert (checkout.root / ".comfyui" / "main.py").exists()
    assert (checkout.root / ".onair" / "idle").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("lvie",), "Did you mean live?"),
        (("live", "--comfyui"), "--comfyui needs a value"),
        (("live", "--comfyui", "."), "is not a ComfyUI folder"),
        (("live", "--comfyui", "/nowhere"), "there is no such folder"),
        (("live", "--comfyui", "http://127.0.0.1:9", "--port", "0"), "No ComfyUI answers at"),
        (("live", "--prot", "8000"), "Did you mean --port?"),
        (("start", "--port", "99999"), "The port 99999 is none"),
        (("restart", "--avatar", "missing.jpg"), "missing.jpg does not exist"),
        (("setup", "--comfyui", "http://127.0.0.1:9", "--avatar"), "setup does not know --avatar"),
        (("test", "--comfyui", "http://127.0.0.1:9"), "Give --comfyui a folder"),
        (("stop", "now"), "stop does not know now"),
        (("logs", "-x"), "logs does not know -x"),
        (("logs",), "There is no log yet at"),
        (("uninstall", "--all"), "uninstall does not know --all"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence_before_anything_is_set_up(checkout, arguments, sentence) -> None:
    code, text = checkout.run(*arguments)
    assert (code, sentence in text, "Traceback" in text) == (2, True, False), text
    assert not checkout.layout.venv.exists()
    assert not checkout.layout.lock.exists()


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("help",), *((name, "--help") for name in NAMES), ("uninstall", "-h"), ("test", "-k", "x", "-h")],
)
def test_help_names_every_command_and_does_nothing(checkout, arguments) -> None:
    code, text = checkout.run(*arguments)
    assert code == 0
    assert [name for name in NAMES if f"install.py {name}" not in text and f", {name}" not in text] == []
    assert not checkout.layout.venv.exists()


@pytest.mark.parametrize("name", ["python3.10", "python3.11", "python3.12", "python3.13"])
def test_every_supported_python_that_is_here_compiles_and_starts_it(checkout, name) -> None:
    python = shutil.which(name)
    if python is None or subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL) != 0:
        pytest.skip(f"no {name} here")
    done = subprocess.run(
        [python, "-W", "error", checkout.root / "install.py", "doctor", "--comfyui", "http://127.0.0.1:9"],
        capture_output=True, text=True, check=False, env=checkout.env,
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "BAD environment" in done.stdout
    assert done.stderr == ""


def test_a_lock_inherited_by_a_child_outlives_its_killed_parent(tmp_path) -> None:
    """So the pip that a killed install.py leaves behind is waited for, not raced."""
    program = (
        "import os, subprocess, sys, pathlib\n"
        "from installer.lock import hold\n"
        "with hold(pathlib.Path(sys.argv[1]), tell=print) as fd:\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'input()'], pass_fds=(fd,))\n"
        "    print(child.pid, flush=True)\n"
        "    os._exit(9)\n"
    )
    lock = tmp_path / "lock"
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen(
        [sys.executable, "-c", program, lock], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.wait(timeout=20)
    second = subprocess.Popen(
        [sys.executable, "-c", program.replace("os._exit(9)", "child.kill()"), lock],
        cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert second.stdout is not None
    assert "Another install.py is at work" in second.stdout.readline()
    assert second.poll() is None
    assert parent.stdin is not None
    parent.stdin.close()  # the child reads its end and goes
    started = time.monotonic()
    second.communicate(timeout=20)
    assert (second.returncode, time.monotonic() - started < 20) == (0, True)
