"""Look at everything, change nothing: one line a thing, and what to do where something is wrong."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass

from installer import (
    comfyui_source,
    face_mesh,
    hls_js,
    live_process,
    testing,
    torch_build,
    venv,
    wrapper_pack,
    wrapper_venv,
)
from installer.comfyui_source import ComfySource
from installer.layout import Layout
from installer.plan import all_steps, needed_bytes
from installer.progress import answers, megabytes, say
from installer.steps import Ledger, Step

FAULTS = 5
# Asked of ComfyUI's Python, which is not this one.
TORCH = """
import torch
cards = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
told = [f"{c.name}, {c.total_memory / 1e9:.1f} GB" for c in cards]
print(torch.__version__, "; ".join(told) or "no GPU that it can use", sep="; ")
"""
ATTENTION = """
from importlib.metadata import distributions
names = {"flash-attn": "flash", "sageattention": "sage", "xformers": "xformers"}
found = {(d.metadata["Name"] or "").lower().replace("_", "-"): d.version for d in distributions()}
print(", ".join(["sdpa", *(f"{kind} ({name} {found[name]})" for name, kind in names.items() if name in found)]))
"""
RUN_BYTES = 1_000_000_000  # idle loops, windows and logs; the runner's own doctor says the same


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `ok` None: worth knowing, no fault."""

    name: str
    text: str
    ok: bool | None = True


def _machine(layout: Layout) -> list[Finding]:
    gpu = "NVIDIA GPU" if torch_build.has_nvidia() else "no NVIDIA GPU: the portrait graph runs on the CPU"
    writable = os.access(layout.data if layout.data.exists() else layout.root, os.W_OK)
    return [
        Finding("machine", f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, {gpu}"),
        Finding("data", f"{layout.data}{'' if writable else ' cannot be written'}", writable),
    ]


def _disk(layout: Layout, pending: list[Step]) -> Finding:
    free = shutil.disk_usage(layout.root).free
    needed = needed_bytes(pending) if pending else RUN_BYTES
    what = "setup" if pending else "running"
    return Finding("disk", f"{megabytes(free)} free; {what} needs up to {megabytes(needed)}", free >= needed)


def _parts(layout: Layout, source: ComfySource) -> list[Finding]:
    ledger = Ledger(layout.stamps)
    steps = all_steps(layout, source, tests=False, lock_fd=-1)
    found = [_disk(layout, [step for step in steps if not ledger.is_done(step)])]
    found.append(Finding("environment", str(layout.venv), venv.runs(layout)))
    for step in steps:
        if step.is_there is None:
            state = "done" if ledger.is_done(step) else "cut short" if ledger.was_cut(step) else "not done"
            found.append(Finding(f"step {step.name}", state, state == "done"))
    if source.tree is not None:
        lacking = comfyui_source.missing_parts(source.tree)
        text = f"{source.tree}, version {comfyui_source.version_of(source.tree) or 'unknown'}"
        found.append(
            Finding("ComfyUI", text if not lacking else f"{source.tree}: no {', '.join(lacking)}", not lacking)
        )
        version = answers([layout.python, "-c", TORCH], timeout_s=120)
        found.append(Finding("torch", version or "cannot be imported", version is not None))
        kinds = answers([layout.python, "-c", ATTENTION], timeout_s=60)
        found.append(Finding("attention", kinds or "unknown", None))
    else:
        found.append(Finding("ComfyUI", source.url, None))
    there = hls_js.is_there(layout)
    found.append(
        Finding("hls.js", "there" if there else "missing: browsers without HLS of their own cannot play", there)
    )
    mesh = face_mesh.is_there(layout)
    told = "MediaPipe's mesh" if mesh else "Haar cascades only, less exact: setup brings MediaPipe's mesh"
    found.append(Finding("face finder", told, mesh))
    found.append(_wrapper(layout))
    browser = testing.find_browser(layout)
    found.append(Finding("browser", browser or "none found; only the browser tests want one", None))
    return found


def _wrapper(layout: Layout) -> Finding:
    """The pack that some graphs name: nobody needs it, but half of it is a fault."""
    pack = wrapper_pack.installed(layout)
    if pack is None and not layout.wrapper.exists():
        return Finding("WanVideoWrapper", "not installed; only graphs that name it want it", None)
    again = "; run python3 install.py download --with wanvideowrapper again"
    if pack is None:
        return Finding("WanVideoWrapper", f"cut short, or gone from where it was{again}", False)
    found = wrapper_venv.versions(layout)
    return Finding(
        "WanVideoWrapper", f"{pack.path}, {found}" if found else f"its environment fails{again}", bool(found)
    )


def run_doctor(layout: Layout, source: ComfySource) -> int:
    """Print what was found; exit code 5 when something is wrong."""
    findings = _machine(layout) + _parts(layout, source)
    live = live_process.running(layout)
    pid = live_process.in_a_terminal(layout)
    idle = f"process {pid}, in a terminal" if pid else "not running"
    findings.append(Finding("on air", f"process {live.identity.pid}, {live.address}" if live else idle, None))
    for finding in findings:
        mark = {True: "ok  ", False: "BAD ", None: "    "}[finding.ok]
        say(f"{mark}{finding.name:<16}{finding.text}")
    if any(finding.ok is False for finding in findings):
        say("\nWhat to do: python3 install.py setup brings what is missing.")
        return FAULTS
    return 0
