"""`runner bench gpu`: the shipped InfiniteTalk graph with random weights, row by row of a grid, in ComfyUIs of our own.

Each kind of weights and of attention gets a ComfyUI of its own: attention is chosen per process, and nothing that one
row leaves in the card's memory is there for the next kind. Long, because whatever keeps a row from being measured is
told in that row.
"""

from __future__ import annotations

import dataclasses
import shutil
import statistics
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.bench.machine import machine, package_version
from runner.compose import data_folder
from runner.engine.base_folder import link_name
from runner.engine.binding import LiveGraph, bind
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_place import ComfyPlace, has_gpu
from runner.engine.workflow import Workflow, load_workflow
from runner.engines import make_engine
from runner.errors import BadInput, EngineError
from runner.ports import PromptJob
from runner.settings import REPOSITORY, Settings

from .arithmetic import window_operations
from .cards import Peak, peak_of
from .graph import device_graph, with_random_weights
from .ladder import Row, recommended
from .memory import too_little
from .plan import PACKAGES, Group, Plan
from .take import SILENCE_NS, Take, Taken

WORKFLOW = "infinitetalk_live.json"
PARTS = {"SamplerCustomAdvanced": "sampling", "VAEDecode": "decoding", "OnAirInfiniteTalk": "preparing"}
FELL_BACK = ("Error running sage attention", "Flash Attention failed")
REPLACED = (
    f"{WORKFLOW} as shipped, its loaders (UNETLoader with LoRA, ModelPatchLoader, AudioEncoderLoader, VAELoader, "
    "CLIPLoader with CLIPTextEncode) replaced by random weights of the same shapes"
)
Figures = dict[str, Any]
Say = Callable[[str], None]


async def bench_gpu(plan: Plan, settings: Settings, *, say: Say, keep: Callable[[Figures], None]) -> Figures:
    """Measure every row of `plan`; return JSON-able figures. `keep` gets them after each row: nothing measured is lost.

    A row that cannot be measured says why in its `note`. Raises: BadInput `bench.gpu`, `bench.no_gpu`,
    `comfyui.not_found`; EngineError when not even the first ComfyUI answers.
    """
    if not plan.cpu and not has_gpu():
        raise _no_gpu("there is no GPU here")
    keep({})  # a file that cannot be written is told now, not after the first minutes
    bench = _Bench(plan, settings, say=say, keep=keep)
    for group in plan.groups():
        folder = data_folder(settings) / "bench" / f"{group.weights}_{group.attention}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            await bench.group(group, folder)
        finally:
            shutil.rmtree(folder / "turns", ignore_errors=True)  # ComfyUI's log stays, to be read
    return bench.figures()


class _Bench:
    """What has been measured so far."""

    def __init__(self, plan: Plan, settings: Settings, *, say: Say, keep: Callable[[Figures], None]) -> None:
        self._plan, self._settings, self._say, self._keep = plan, settings, say, keep
        self._rows: list[Figures] = []
        self._nodes: dict[str, dict[str, float]] = {}
        self._measured: list[Row] = []
        self._device: Figures = {}
        self._comfyui: Path | None = None

    def figures(self) -> Figures:
        rungs, sentence = recommended(self._measured)
        return {
            "bench": "gpu",
            "size": self._plan.size,
            **machine(comfyui=self._comfyui),
            "graph": REPLACED,
            "device": self._device,
            "rows": self._rows,
            "ladder": [rung.told() for rung in rungs],
            "recommended": sentence,
            "nodes": self._nodes,
        }

    async def group(self, group: Group, data: Path) -> None:
        package = PACKAGES.get(group.attention)
        if package and not package_version(package):
            self._skip_all(group, f"{package} is not installed")
            return
        place = self._place(group, data)
        self._comfyui = place.root
        engine = ComfyEngine(place=place)
        self._say(f"Starting ComfyUI for {group.weights} weights, {group.attention} attention …")
        try:
            try:
                await engine.start()
            except EngineError as exc:
                if group.attention == "sdpa":
                    raise
                # What is installed may not load: built for another torch, or another card.
                self._skip_all(group, f"ComfyUI does not start with {group.attention} attention: {exc}")
                return
            await self._look(engine, probe=not self._device)
            if self._device["attention"] != group.attention:
                self._skip_all(group, f"ComfyUI took {self._device['attention']} attention instead")
                return
            await self._all_rows(engine, group, data)
        finally:
            await engine.close()

    def _place(self, group: Group, data: Path) -> ComfyPlace:
        engine = make_engine(self._settings, data)
        if engine.process is None:
            raise BadInput(
                "the bench starts ComfyUIs of its own, with flags of its own; name a folder with ONAIR_COMFYUI",
                code="bench.gpu",
            )
        # Other packs may change the model code that is measured; nobody opens the editor; weights stay where they are.
        flags = ["--disable-all-custom-nodes", "--whitelist-custom-nodes", link_name(REPOSITORY)]
        flags += ["--front-end-root", str(REPOSITORY / "docs")]
        flags += [] if self._plan.cpu else ["--highvram"]
        return dataclasses.replace(
            engine.process.place,
            cpu=self._plan.cpu or None,
            arguments=(*flags, *group.flags),
            environment=("ONAIR_BENCH=1",),
        )

    async def _all_rows(self, engine: ComfyEngine, group: Group, data: Path) -> None:
        info = await engine.object_info()
        workflow = load_workflow(REPOSITORY / "workflows" / WORKFLOW, info)
        changed = with_random_weights(workflow.graph, size=self._plan.size, weights=group.weights)
        for picture in self._plan.pictures:
            warm = False
            for steps in self._plan.steps:
                graph = self._bind(Workflow(name=WORKFLOW, graph=changed), info, picture, steps)
                warm = await self._row(engine, group, graph, steps=steps, data=data, warm=warm)

    def _bind(self, workflow: Workflow, info: dict[str, Any], picture: tuple[int, int], steps: int) -> LiveGraph:
        shape = self._plan.shape(picture)
        sizes = {"width": shape.width, "height": shape.height}
        sizes |= {"window_frames": shape.frames, "overlap_frames": shape.overlap_frames}
        sets = [f"OnAirWindow.{name}={value}" for name, value in sizes.items()]
        return bind(workflow, info, settings=[*sets, f"BasicScheduler.steps={steps}"])

    async def _row(
        self, engine: ComfyEngine, group: Group, graph: LiveGraph, *, steps: int, data: Path, warm: bool
    ) -> bool:
        """Measure one row; return whether this picture's size is warm now."""
        name = f"{graph.width}x{graph.height}, {steps} steps, {group.weights}, {group.attention}"
        passengers = {key: node for key, node in graph.graph.items() if key != graph.segment_id}
        why = await self._too_little(engine, group, graph, passengers)
        if why:
            self._add(group, graph.width, graph.height, steps, note=why)
            return warm
        try:
            take = Take(engine, graph, data, windows=self._plan.rounds + 1)
            if not warm:
                self._say(f"{name}: warming up …")
                await take.window()
            await self._look(engine, passengers=passengers)  # the peak counts from here
            taken = [await take.window() for _ in range(self._plan.rounds)]
            await self._look(engine, passengers=passengers)
        except EngineError as exc:
            self._add(group, graph.width, graph.height, steps, note=f"{exc.code}: {exc}")
            return warm
        self._measured_row(group, graph, steps, taken, note=_fallen_back(engine))
        return True

    async def _too_little(self, engine: ComfyEngine, group: Group, graph: LiveGraph, passengers: Any) -> str:
        if self._plan.cpu:
            return ""
        await self._look(engine, passengers=passengers)
        shape = self._plan.shape((graph.width, graph.height))
        # What this process holds already is the weights that the row needs anyway, or will be given back.
        free_bytes = self._device["free_bytes"] + self._device.get("held_bytes", 0)
        return too_little(self._plan.model, group.weights, shape, free_bytes)

    def _measured_row(self, group: Group, graph: LiveGraph, steps: int, taken: list[Taken], *, note: str) -> None:
        shape = self._plan.shape((graph.width, graph.height))
        seconds = statistics.median(one.seconds for one in taken)
        rendered_s = (graph.window_frames - graph.overlap_frames) / graph.fps
        limit_s = self._peak().limit_s(
            window_operations(self._plan.model, shape, steps=steps), fp8_layers=group.weights == "fp8"
        )
        kinds = {kind for one in taken for kind in one.nodes}
        nodes = {kind: round(statistics.median(one.nodes.get(kind, 0.0) for one in taken), 3) for kind in sorted(kinds)}
        row = Row(
            width=graph.width,
            height=graph.height,
            steps=steps,
            weights=group.weights,
            attention=group.attention,
            rtf=round(seconds / rendered_s, 3),
        )
        self._measured.append(row)
        self._nodes[f"{row.width}x{row.height} {steps} {group.weights} {group.attention}"] = nodes
        parts = {f"{part}_s": nodes.get(kind, 0.0) for kind, part in PARTS.items()}
        told = {
            "seconds": round(seconds, 3),
            "worst_s": round(max(one.seconds for one in taken), 3),
            "rtf": row.rtf,
            "peak_gb": round(self._device.get("peak_bytes", 0) / 1e9, 2),
            "limit_s": round(limit_s, 3),
            "of_limit_percent": round(100 * limit_s / seconds, 1) if seconds else None,
            **parts,
            "rest_s": round(max(0.0, sum(nodes.values()) - sum(parts.values())), 3),
        }
        self._add(group, row.width, row.height, steps, note=note, **told)

    def _add(self, group: Group, width: int, height: int, steps: int, *, note: str = "", **told: Any) -> None:
        empty = dict.fromkeys(("seconds", "worst_s", "rtf", "peak_gb", "limit_s", "of_limit_percent"))
        empty |= dict.fromkeys(f"{part}_s" for part in (*PARTS.values(), "rest"))
        what = {"picture": f"{width}x{height}", "steps": steps, "weights": group.weights, "attention": group.attention}
        self._rows.append({**what, **empty, **told, "note": note})
        said = f"{told['seconds']} s a window, RTF {told['rtf']}" if told else "not measured"
        self._say(f"{', '.join(map(str, what.values()))}: {said}{f' ({note})' if note else ''}")
        self._keep(self.figures())

    def _skip_all(self, group: Group, why: str) -> None:
        for width, height in self._plan.pictures:
            for steps in self._plan.steps:
                self._add(group, width, height, steps, note=why)

    def _peak(self) -> Peak:
        return peak_of(self._device["name"], self._device.get("tflops", {}))

    async def _look(self, engine: ComfyEngine, *, probe: bool = False, passengers: Any = None) -> None:
        """Ask the device for its memory; the peak counts anew from here."""
        nonce = str(uuid.uuid4())
        graph = device_graph(probe=probe, nonce=nonce, passengers=passengers)
        result = await engine.run(PromptJob(prompt_id=nonce, graph=graph, silence_timeout_ns=SILENCE_NS))
        told = result.outputs["onair_device"]["onair"][0]
        if not self._plan.cpu and told["kind"] != "cuda":
            raise _no_gpu(f"ComfyUI's torch {told['torch']} has no CUDA and runs on {told['kind']}")
        kept = {"tflops": self._device["tflops"]} if "tflops" in self._device else {}
        self._device = {**kept, **told}
        peak = self._peak()
        self._device["peak_tflops"] = {"half": peak.half, "fp8": peak.fp8, "source": peak.source}


def _no_gpu(sentence: str) -> BadInput:
    return BadInput(
        f"{sentence}; run it on a machine with an NVIDIA GPU and torch's CUDA build, or try the path with "
        "--device cpu --size tiny",
        code="bench.no_gpu",
    )


def _fallen_back(engine: ComfyEngine) -> str:
    """Tell what ComfyUI's log says of attention that failed: it goes on with sdpa, and its figures would be wrong."""
    assert engine.process is not None
    log = engine.process.log_path.read_text(encoding="utf-8", errors="replace")
    return next((f"{words}, sdpa was used" for words in FELL_BACK if words in log), "")
