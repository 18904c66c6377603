"""`live` as a process: the signals that end it. What stands for ComfyUI here never answers."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.live import _stop_on_signals

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "import os, time\nopen({born!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0)])
def test_a_closed_terminal_and_ctrl_c_end_live_in_order_as_sigterm_does(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    os.mkfifo(tmp_path / "born")
    born = os.open(tmp_path / "born", os.O_RDWR)
    (tmp_path / "main.py").write_text(ENGINE.format(born=str(tmp_path / "born")))
    env = {**os.environ, "ONAIR_DATA": str(tmp_path / "data"), "ONAIR_COMFYUI": str(tmp_path)}
    command = [sys.executable, "-m", "runner", "live", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert select.select([born], [], [], 60)[0]
        child = int(os.read(born, 20))
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
    finally:
        os.close(born)
        process.kill()
    assert (process.returncode, json.loads(told.splitlines()[-1])["message"]) == (code, "stopped")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_what_nohup_started_outlives_its_terminal() -> None:
    loop, before = asyncio.get_running_loop(), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        _stop_on_signals(lambda: None, [])
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
        signal.signal(signal.SIGHUP, before)
