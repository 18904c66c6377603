"""ISO BMFF box primitives (ISO/IEC 14496-12, 4.2): writing, and walking what we wrote ourselves."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import MediaUnreadable

HEADER_BYTES = 8


def u8(*values: int) -> bytes:
    """Each value as one byte."""
    return bytes(values)


def u16(*values: int) -> bytes:
    """Each value as 16 bits, big-endian."""
    return b"".join(value.to_bytes(2, "big") for value in values)


def u32(*values: int) -> bytes:
    """Each value as 32 bits, big-endian."""
    return b"".join(value.to_bytes(4, "big") for value in values)


def u64(*values: int) -> bytes:
    """Each value as 64 bits, big-endian."""
    return b"".join(value.to_bytes(8, "big") for value in values)


def box(name: bytes, *payloads: bytes) -> bytes:
    """A box with a 32-bit size."""
    body = b"".join(payloads)
    return u32(HEADER_BYTES + len(body)) + name + body


def full_box(name: bytes, version: int, flags: int, *payloads: bytes) -> bytes:
    """A box with version and 24 bits of flags."""
    return box(name, u32(version << 24 | flags), *payloads)


def walk(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, body start, body end) of the boxes in `data[start:end]`. Raises: MediaUnreadable (cut off)."""
    end = len(data) if end is None else end
    while start < end:
        size = int.from_bytes(data[start : start + 4], "big")
        if size < HEADER_BYTES or start + size > end:
            raise MediaUnreadable(
                f"a box of {size} bytes at {start} leaves its room of {end} bytes; it is cut off: publish it again"
            )
        yield data[start + 4 : start + 8], start + HEADER_BYTES, start + size
        start += size
