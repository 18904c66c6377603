"""OnAirBenchDevice: what the device is, what it holds, its peak since the last look, and how fast it multiplies."""

from __future__ import annotations

import contextlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from comfy_api.latest import io

from ...hls_segment.guard import guarded
from ...hls_segment.stopwatch import now_ns

GPU_SIDE, CPU_SIDE = 8192, 512
WARM_ROUNDS, ROUNDS = 3, 10
ATTENTION = {"flash": "flash-attn", "sage": "sageattention", "xformers": "xformers"}


class OnAirBenchDevice(io.ComfyNode):
    """A prompt of its own between windows, so that looking changes nothing in the graph that is measured."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirBenchDevice",
            display_name="OnAir Bench Device",
            category="OnAir",
            description="Tells the device's name, memory and peak, and with probe its speed of matrix products.",
            is_dev_only=True,
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                io.Boolean.Input("probe", default=False, tooltip="Multiply large matrices, some seconds."),
                io.String.Input("nonce", default="", tooltip="New for every look."),
            ],
            outputs=[],
        )

    @classmethod
    def execute(cls, probe: bool = False, nonce: str = "") -> io.NodeOutput:
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            return io.NodeOutput(ui={"onair": [{**_device(), **({"tflops": _tflops()} if probe else {})}]})


def _device() -> dict[str, Any]:
    import comfy.ldm.modules.attention
    import comfy.model_management as management
    import torch

    place = management.get_torch_device()
    told = {
        "kind": place.type,
        "name": torch.cuda.get_device_name(place) if place.type == "cuda" else "CPU",
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "",
        "total_bytes": int(management.get_total_memory(place)),
        "free_bytes": int(management.get_free_memory(place)),
        "attention": _attention(comfy.ldm.modules.attention.optimized_attention.__name__),
        "attention_found": {name: _version(package) for name, package in ATTENTION.items() if _version(package)},
    }
    if place.type == "cuda":
        told["held_bytes"] = int(torch.cuda.memory_allocated(place))
        told["peak_bytes"] = int(torch.cuda.max_memory_allocated(place))
        told["peak_reserved_bytes"] = int(torch.cuda.max_memory_reserved(place))
        told["capability"] = ".".join(map(str, torch.cuda.get_device_capability(place)))
        torch.cuda.reset_peak_memory_stats(place)
    return told


def _attention(function: str) -> str:
    """`attention_pytorch` → the name that people know."""
    name = function.removeprefix("attention_")
    return "sdpa" if name == "pytorch" else name


def _tflops() -> dict[str, float]:
    """Return 10^12 operations a second of square matrix products, by type; fp8 only where torch multiplies it."""
    import comfy.model_management as management
    import torch

    place = management.get_torch_device()
    side = GPU_SIDE if place.type == "cuda" else CPU_SIDE
    one, other = (torch.randn((side, side), device=place).to(torch.bfloat16) for _ in range(2))
    measured = {"bf16": _rate(place, side, lambda: one @ other)}
    if management.supports_fp8_compute(place):
        scale = torch.ones((), device=place)
        low, low_too = one.to(torch.float8_e4m3fn), other.to(torch.float8_e4m3fn).t()
        with contextlib.suppress(RuntimeError):  # this torch was built without it
            measured["fp8"] = _rate(
                place,
                side,
                lambda: torch._scaled_mm(low, low_too, scale_a=scale, scale_b=scale, out_dtype=torch.bfloat16),
            )
    return measured


def _rate(place: Any, side: int, multiply: Any) -> float:
    import torch

    def wait() -> None:
        if place.type == "cuda":
            torch.cuda.synchronize(place)

    for _ in range(WARM_ROUNDS):
        multiply()
    wait()
    begun_ns = now_ns()
    for _ in range(ROUNDS):
        multiply()
    wait()
    return round(2.0 * side**3 * ROUNDS / (now_ns() - begun_ns) / 1e3, 3)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
