"""How a picture and its sound are judged: CONTRACTS section 8, "no stall"."""

from __future__ import annotations

import logging
from typing import Any

from runner.bench.chromium import Page

log = logging.getLogger("onair.test")

GAP_LIMIT_MS = 100.0
BUSY_GAP_LIMIT_MS = 250.0
"""Where the page's own timers came late the machine was busy, and its picture is no witness against the stream."""
WARM_FRAMES = 75
LOUD, SILENT = 0.02, 0.004
# A comma is a pause of some 0.3 s in eSpeak's voice; a lost part would be a hole beside it.
LONGEST_PAUSE_MS = 600
METER = """(() => {
    const context = new AudioContext(), meter = context.createAnalyser(), values = new Float32Array(1024);
    meter.fftSize = 1024;
    context.createMediaElementSource(onair.player.video).connect(meter).connect(context.destination);
    context.resume();
    window.levels = [];
    let last = performance.now();
    setInterval(() => {
        meter.getFloatTimeDomainData(values);
        const at = performance.now();
        levels.push({ at, late: at - last > 60, level: Math.max(...values.map(Math.abs)) });
        last = at;
    }, 20);
})()"""
FIGURES = """(() => {
    const frames = onair.framesPresented.slice(WARM_FRAMES), late = levels.filter((l) => l.late).map((l) => l.at);
    const busy = (f) => late.some((at) => at > f.now - f.gap - 200 && at < f.now + 200);
    const longest = (those) => Math.round(Math.max(0, ...those.map((f) => f.gap)));
    // Errors count from the end of the warm-up, as gaps do.
    return { presented: frames.at(-1).presented - frames[0].presented,
             gap: longest(frames.filter((f) => !busy(f))), busy_gap: longest(frames.filter(busy)), late: late.length,
             errors: onair.errors.filter((e) => e.at > frames[0].now),
             latencies: onair.latencies.map(Math.round), edge: onair.edgeDistance,
             seconds: (frames.at(-1).now - frames[0].now) / 1000 };
})()"""
HEARD = """(() => {
    const talk = levels.filter((l) => l.at > %f);
    const first = talk.findIndex((l) => l.level > %f), last = talk.findLastIndex((l) => l.level > %f);
    let begun = null, longest = 0;
    for (const l of talk.slice(first, last + 1)) {
        if (l.level > %f) begun = null;
        else { begun = begun ?? l.at; longest = Math.max(longest, l.at - begun); }
    }
    return { silent_ms: longest, heard_ms: first >= 0 ? talk[last].at - talk[first].at : 0 };
})()"""


async def listen(page: Page) -> None:
    """Begin to note the sound level and how late the page's timers are. It needs an action of the user before it."""
    await page.evaluate(METER)


async def heard(page: Page, *, since_ms: float) -> dict[str, float]:
    """What was heard since then: `heard_ms` from the first to the last sound, `silent_ms` the longest hole in it.

    Waits until it has been silent for 1.2 s: the page plays some 0.7 s behind the published edge, so the last word
    is heard after the server's state says idle.
    """
    await page.until(f"levels.at(-1).at > {since_ms} && levels.slice(-60).every((l) => l.level < {SILENT})")
    return dict(await page.evaluate(HEARD % (since_ms, LOUD, LOUD, SILENT)))


async def judge(page: Page) -> dict[str, Any]:
    """Hold what was presented since the warm-up against the contract; return the figures."""
    told = dict(await page.evaluate(FIGURES.replace("WARM_FRAMES", str(WARM_FRAMES))))
    log.warning("figures %s", told)
    assert told["errors"] == []
    assert told["gap"] <= GAP_LIMIT_MS, told
    assert told["busy_gap"] <= BUSY_GAP_LIMIT_MS, told
    return told
