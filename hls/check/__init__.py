"""The strict checker: reads a published stream back, with readers of its own, and names every fault.

It imports nothing from above this folder, so that it can disagree with what wrote the stream.
"""

from .report import StreamReport, Violation
from .stream import check_stream

__all__ = ["StreamReport", "Violation", "check_stream"]
