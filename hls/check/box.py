"""ISO BMFF boxes as the checker finds them (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

Box = tuple[bytes, int, int]


class Broken(Exception):
    """The bytes are not what ISO/IEC 14496-12 allows here; the checker turns it into a violation."""


UNREADABLE = (Broken, struct.error, ArithmeticError, LookupError, ValueError, StopIteration)
"""What reading arbitrary bytes may end with; each is a fault of the stream, none one of the checker."""


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield (name, body start, end)."""
    while start < end:
        if end - start < 8:
            raise Broken(f"{end - start} stray bytes at {start}")
        size, name = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > end:
            raise Broken(f"box {name!r} of {size} bytes at {start} passes the end at {end}")
        yield name, start + 8, start + size
        start += size


def find(data: bytes, start: int, end: int, path: bytes) -> Box | None:
    """First box along a path of 4-letter names, e.g. `mdiaminfstbl`."""
    for name, body, box_end in boxes(data, start, end):
        if name == path[:4]:
            return (name, body, box_end) if len(path) == 4 else find(data, body, box_end, path[4:])
    return None


def need(data: bytes, start: int, end: int, path: bytes) -> tuple[int, int]:
    """Body of a box that must be there."""
    found = find(data, start, end, path)
    if found is None:
        raise Broken(f"no box {path.decode()}")
    return found[1], found[2]
