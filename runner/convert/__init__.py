"""Editor format to API format, as ComfyUI's own editor does it."""

from .converter import convert

__all__ = ["convert"]
