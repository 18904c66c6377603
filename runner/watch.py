"""What `/metrics` shows of the parts that count for themselves: the live loop, the engine, the sessions."""

from __future__ import annotations

from runner.engine.memory_guard import MemoryGuard
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.metrics import Metrics
from runner.ports import Engine


def watch(metrics: Metrics, *, engine: Engine, hub: Hub, counters: LiveCounters, guard: MemoryGuard) -> None:
    """Let `/metrics` show the live loop's totals, the engine's health and the sessions too."""
    metrics.totals(lambda: counters)
    metrics.counter("engine_restarts", "Restarts of the engine", lambda: engine.status().restarts)
    metrics.gauge("engine_up", "1 while the engine takes prompts", lambda: float(engine.status().up))
    metrics.gauge("engine_rss_bytes", "Resident memory of ComfyUI", lambda: engine.status().rss_bytes)
    metrics.gauge("engine_rss_bytes_per_window", "How fast ComfyUI grows", lambda: guard.bytes_per_window)
    metrics.gauge("engine_vram_bytes", "Memory taken of all GPUs", lambda: guard.memory.vram_bytes)
    metrics.gauge("engine_memory_limit_bytes", "ComfyUI is started anew above this", lambda: guard.limit_bytes)
    metrics.counter("engine_recycled", "Starts of ComfyUI anew to free memory", lambda: guard.recycled)
    metrics.gauge("channels", "Streams on air", lambda: len(hub.channels()))
    metrics.gauge("capacity_sessions", "Conversations that this machine renders in time", lambda: hub.capacity)
    metrics.counter(
        "store_failures",
        "Files that the disk did not take",
        lambda: sum(channel.stream.store_failures for channel in hub.channels()),
    )
