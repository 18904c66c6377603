"""The steps of setup, in order, and the room they need."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from installer import comfyui_fetch, comfyui_source, face_mesh, hls_js, lock, torch_build, venv
from installer.comfyui_source import ComfySource
from installer.errors import BadUse, InstallError
from installer.layout import Layout
from installer.pip import pip
from installer.progress import megabytes, say
from installer.steps import Ledger, Step, run_steps

RESERVE_BYTES = 500_000_000  # the disk must not end up full to the brim
# Measured on x86-64 with Python 3.10 and 3.13; the figures in README are made of these (tests/rules/).
RUNNER_BYTES, TESTS_BYTES = 780_000_000, 265_000_000
COMFYUI_BYTES, COMFYUI_WHEELS_BYTES = 1_050_000_000, 750_000_000


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
    step = Step(name="torch", label="torch", inputs=lambda: inputs, action=install, large=True)
    if Ledger(layout.stamps).is_done(step):
        return step
    index, why = torch_build.cpu_index(layout.root)
    if index:
        build, size, passing = "CPU build", torch_build.CPU_BYTES, torch_build.CPU_WHEELS_BYTES
    else:
        build, size, passing = "default build", torch_build.DEFAULT_BYTES, torch_build.DEFAULT_WHEELS_BYTES
    label = f"torch, {build}, {megabytes(size)}" + (f" ({why})" if why else "")
    return dataclasses.replace(step, label=label, size_bytes=size, passing_bytes=passing)


def _source(layout: Layout, lock_fd: int) -> Step:
    return Step(
        name="source", label=f"ComfyUI {comfyui_source.VERSION}", inputs=lambda: comfyui_source.VERSION,
        action=lambda cut: comfyui_fetch.fetch(layout, lock_fd), size_bytes=60_000_000, passing_bytes=60_000_000,
        is_there=lambda: comfyui_fetch.is_fetched(layout),
    )  # fmt: skip


def all_steps(layout: Layout, source: ComfySource, *, tests: bool, lock_fd: int) -> list[Step]:
    """Everything that must be there for `live` (and for `test`); with a ComfyUI by URL neither it nor torch.

    The runner's own packages and ComfyUI's tree come first: with them the runner can judge what the user gave,
    before the large steps.
    """
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    plan = [
        Step(name="venv", label=f"virtual environment, Python {python}", inputs=lambda: python,
             action=lambda cut: venv.create(layout, lock_fd), size_bytes=20_000_000),
    ]  # fmt: skip
    ours = [layout.root / "requirements.txt", layout.root / "runner" / "requirements.txt"]
    plan.append(_requirements(layout, "runner", "what OnAir needs", ours, RUNNER_BYTES, lock_fd))
    if source.ours:
        plan.append(_source(layout, lock_fd))
    if source.tree is not None:
        plan.append(_torch(layout, lock_fd))
        # Ours once more, so that pip finds versions that suit both.
        files = [source.tree / "requirements.txt", *ours]
        step = _requirements(layout, "comfyui", "what ComfyUI needs", files, COMFYUI_BYTES, lock_fd)
        plan.append(dataclasses.replace(step, passing_bytes=COMFYUI_WHEELS_BYTES, large=True))
    if tests:
        files = [layout.root / folder / "requirements.txt" for folder in ("tests", "docs")]
        plan.append(_requirements(layout, "tests", "what the tests need", files, TESTS_BYTES, lock_fd))
    plan.append(
        Step(name="hls.js", label=f"hls.js {hls_js.VERSION}", inputs=lambda: hls_js.SHA512, size_bytes=1_000_000,
             action=lambda cut: hls_js.fetch(layout, lock_fd), is_there=lambda: hls_js.is_there(layout))
    )  # fmt: skip
    plan.append(
        Step(name="face mesh", label=face_mesh.PACKAGE, inputs=lambda: "".join(face_mesh.SHA256.values()),
             action=lambda cut: face_mesh.fetch(layout, layout.python, log=layout.setup_log, lock_fd=lock_fd),
             is_there=lambda: face_mesh.is_there(layout), size_bytes=face_mesh.SIZE_BYTES,
             passing_bytes=face_mesh.PASSING_BYTES)
    )  # fmt: skip
    return plan


def room(steps: list[Step]) -> tuple[int, int]:
    """Bytes that stay when these steps are done, and the most that lie there on the way."""
    stays = peak = 0
    for step in steps:
        peak = max(peak, stays + step.size_bytes + step.passing_bytes)
        stays += step.size_bytes
    return stays, peak


def needed_bytes(pending: list[Step]) -> int:
    """Room that the disk must have for these steps."""
    return room(pending)[1] + RESERVE_BYTES


def check_room(folder: Path, pending: list[Step]) -> None:
    """Raises: InstallError when the disk cannot take what is still to be installed."""
    stays, needed, free = room(pending)[0], needed_bytes(pending), shutil.disk_usage(folder).free
    say(f"Disk: up to {megabytes(needed)} needed for unpacking, {megabytes(stays)} stay; {megabytes(free)} are free.")
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


def set_up(
    layout: Layout, source: ComfySource, *, tests: bool = False, check: Callable[[], None] | None = None
) -> None:
    """Bring everything to be there; takes a moment and fetches nothing when it is.

    `check` looks at what the user gave with the runner's own eyes; it is asked before the first step that takes
    minutes, once the runner can start. Raises: InstallError.
    """
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
        run_steps(pending, ledger, before_large=check)
        say(f"Set up: {layout.venv}")
