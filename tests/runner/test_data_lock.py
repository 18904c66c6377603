"""One live server a data folder, whatever end the one before it came to."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner import data_lock
from runner.data_lock import lock_data
from runner.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import subprocess, sys
from pathlib import Path
from runner.data_lock import lock_data
with lock_data(Path(sys.argv[1])):
    orphan = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], start_new_session=True)
    print(orphan.pid, flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_refused_with_the_id_of_the_first(tmp_path: Path) -> None:
    with lock_data(tmp_path):
        sentence = rf"pid {os.getpid()}\); stop it, or use another --data"
        with pytest.raises(BadInput, match=sentence) as told, lock_data(tmp_path):
            pass
        assert (told.value.code, told.value.exit_code) == ("data.taken", 2)
        with pytest.raises(BadInput), lock_data(tmp_path):  # a refusal does not give back the first one's lock
            pass
    with lock_data(tmp_path):
        pass


def test_a_killed_holder_leaves_it_free_at_once_though_its_child_lives(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdin is not None
    assert holder.stdout is not None
    orphan = int(holder.stdout.readline())
    try:
        with pytest.raises(BadInput, match=f"pid {holder.pid}"), lock_data(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        os.kill(orphan, 0)
        with lock_data(tmp_path):
            assert (tmp_path / data_lock.NAME).read_text() == f"{os.getpid()}\n"
    finally:
        os.kill(orphan, signal.SIGKILL)
        holder.stdin.close()
        holder.stdout.close()


def test_where_files_cannot_be_locked_it_goes_on_the_air_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    with monkeypatch.context() as patched:
        patched.setattr("fcntl.flock", no_locks)
        with lock_data(tmp_path):
            assert "cannot be locked" in caplog.text
    caplog.clear()
    monkeypatch.setattr(data_lock, "fcntl", None)  # Windows
    with lock_data(tmp_path):
        assert "cannot be locked" in caplog.text


def test_a_folder_that_cannot_be_written_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / data_lock.NAME).mkdir()
    with pytest.raises(BadInput) as told, lock_data(tmp_path):
        pass
    assert told.value.code == "data.folder"
