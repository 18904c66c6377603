"""The seed of window k is a function of (seed, k): a retry or a resume draws the same noise."""

from __future__ import annotations

import hashlib

SEED_BITS = 53  # survives JSON readers that hold numbers as doubles


def window_seed(seed: int, index: int) -> int:
    """Return the seed of window `index`, 0 .. 2**53-1, well spread for neighbouring seeds and indexes."""
    digest = hashlib.sha256(f"{seed}:{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - SEED_BITS)
