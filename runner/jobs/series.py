"""Series: the jobs of one call, one for each repeat; killed, it goes on with the first that is not done."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from runner.batch.manifest import Manifest
from runner.jobs.job import JobPlace, run_job
from runner.jobs.names import JobNames
from runner.jobs.order import JobOrder


async def run_series(orders: Sequence[JobOrder], at: JobPlace) -> Manifest:
    """Run one order after the other, and write the manifest after each. Raises: as `run_job`."""
    manifest = Manifest(workflow=orders[0].name)
    for order in orders:
        run, entry = await run_job(order, at)
        manifest.runs.append(run)
        manifest.entries.append(entry)
        at.listener({"event": "output", **entry.told()}, f"Wrote {order.folder / entry.file}")
        manifest.write(order.folder)
    if not orders[-1].keep:
        for run in manifest.runs:
            forget(at.data, run.prompt_id)
    return manifest


def forget(data: Path, job: str) -> None:
    """Remove what is remembered of a job that is done."""
    shutil.rmtree(data / JobNames(turn=job).folder, ignore_errors=True)
