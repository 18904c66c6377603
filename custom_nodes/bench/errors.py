"""The error tree of the bench's nodes. A node's message is `[code] sentence`."""

from __future__ import annotations


class BenchError(Exception):
    """Root of the pack's errors; `str()` carries the code in brackets, because ComfyUI hands on only the message."""

    code = "bench.gpu"
    retryable = False

    def __str__(self) -> str:
        return f"[{self.code}] {super().__str__()}"


class WeightsElsewhere(BenchError):
    """ComfyUI keeps weights in main memory and brings them over as it goes, which is not what is measured."""

    code = "bench.weights"


class OtherNetwork(BenchError):
    """ComfyUI's classes make weights of other names than this bench draws."""

    code = "bench.network"
