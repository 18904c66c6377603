"""The steps of setup, in order, and the room they need."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from pathlib import Path

from installer import comfyui_source, hls_js, lock, torch_build, venv
from installer.comfyui_source import ComfySource
from installer.errors import BadUse, InstallError
from installer.layout import Layout
from installer.pip import pip
from installer.progress import megabytes, say
from installer.steps import Ledger, Step, run_steps

RESERVE_BYTES = 500_000_000  # the disk must not end up full to the brim


def _text_of(files: list[Path]) -> str:
    return "\n".join(file.read_text(encoding="utf-8") if file.is_file() else "" for file in files)


def _requirements(layout: Layout, name: str, label: str, files: list[Path], size: int, lock_fd: int) -> Step:
    """A step that installs requirement files, never moving torch."""

    def install(cut: bool) -> None:
        if cut:
            venv.mend(layout)
        arguments: list[str | Path] = ["install", "-c", torch_build.write_constraints(layout)]
        for file in files:
            arguments += ["-r", file]
        pip(layout, arguments, label=name, lock_fd=lock_fd)

    return Step(
        name=name, label=label, inputs=lambda: "\n".join([_text_of(files), *torch_build.PINS]), action=install,
        size_bytes=size,
    )  # fmt: skip


def _torch(layout: Layout, lock_fd: int) -> Step:
    """The torch step; the CPU index is looked for only when the step has to run."""
    index = ""

    def install(cut: bool) -> None:
        if cut:
            venv.mend(layout)
        torch_build.install(layout, lock_fd, index)

    inputs = f"{torch_build.PINS} nvidia={torch_build.has_nvidia()}"
    step = Step(name="torch", label="torch", inputs=lambda: inputs, action=install)
    if Ledger(layout.stamps).is_done(step):
        return step
    index = torch_build.cpu_index(layout.root)
    size = torch_build.CPU_BYTES if index else torch_build.DEFAULT_BYTES
    build = "CPU build" if index else "default build"
    return dataclasses.replace(step, label=f"torch, {build}, up to {megabytes(size)}", size_bytes=size)


def all_steps(layout: Layout, source: ComfySource, *, tests: bool, lock_fd: int) -> list[Step]:
    """Everything that must be there for `live` (and for `test`); with a ComfyUI by URL neither it nor torch."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    plan = [
        Step(name="venv", label=f"virtual environment, Python {python}", inputs=lambda: python,
             action=lambda cut: venv.create(layout, lock_fd), size_bytes=40_000_000),
    ]  # fmt: skip
    if source.ours:
        plan.append(
            Step(name="source", label=f"ComfyUI {comfyui_source.VERSION}", inputs=lambda: comfyui_source.VERSION,
                 action=lambda cut: comfyui_source.fetch(layout, lock_fd), size_bytes=120_000_000,
                 is_there=lambda: comfyui_source.is_fetched(layout))
        )  # fmt: skip
    if source.tree is not None:
        plan.append(_torch(layout, lock_fd))
        files = [source.tree / "requirements.txt"]
        plan.append(_requirements(layout, "comfyui", "what ComfyUI needs", files, 1_700_000_000, lock_fd))
    files = [layout.root / "requirements.txt", layout.root / "runner" / "requirements.txt"]
    plan.append(_requirements(layout, "runner", "what OnAir needs", files, 450_000_000, lock_fd))
    if tests:
        files = [layout.root / "tests" / "requirements.txt"]
        plan.append(_requirements(layout, "tests", "what the tests need", files, 200_000_000, lock_fd))
    plan.append(
        Step(name="hls.js", label=f"hls.js {hls_js.VERSION}", inputs=lambda: hls_js.SHA512, size_bytes=10_000_000,
             action=lambda cut: hls_js.fetch(layout, lock_fd), is_there=lambda: hls_js.is_there(layout))
    )  # fmt: skip
    return plan


def check_room(folder: Path, pending: list[Step]) -> None:
    """Raises: InstallError when the disk cannot take what is still to be installed."""
    needed = sum(step.size_bytes for step in pending) + RESERVE_BYTES
    free = shutil.disk_usage(folder).free
    say(f"Disk: up to {megabytes(needed)} needed, {megabytes(free)} free.")
    if free < needed:
        raise InstallError(
            f"There is not enough room on the disk of {folder}.",
            why=f"up to {megabytes(needed)} are needed until everything is unpacked, {megabytes(free)} are free",
            remedy="Free some space, or put the checkout on a larger disk. Nothing was installed.",
        )


def check_folders(layout: Layout) -> None:
    """Raises: BadUse when the checkout or the data folder cannot be written."""
    for folder in (layout.root, layout.data):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as exc:
            raise BadUse(
                f"{folder} cannot be written.", why=str(exc), remedy="Change its owner, or set ONAIR_DATA to another."
            ) from exc


def set_up(layout: Layout, source: ComfySource, *, tests: bool = False) -> None:
    """Bring everything to be there; takes a moment and fetches nothing when it is. Raises: InstallError."""
    check_folders(layout)
    with lock.hold(layout.lock, tell=say) as lock_fd:
        if any(layout.stamps.glob("*.done")) and not venv.runs(layout):
            say("The virtual environment does not run any more (its Python has gone?): making it again.")
            shutil.rmtree(layout.stamps)
        ledger = Ledger(layout.stamps)
        plan = all_steps(layout, source, tests=tests, lock_fd=lock_fd)
        pending = [step for step in plan if not ledger.is_done(step)]
        if not pending:
            return
        check_room(layout.root, pending)
        run_steps(pending, ledger)
        say(f"Set up: {layout.venv}")
