"""JobOrder: a workflow of windows, judged as far as that needs no ComfyUI, before a second of its time is spent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hls.errors import HlsError
from hls.sound_file import SoundFile
from runner.batch.prompt import refuse_bad_seed
from runner.engine.api_graph import link_of, of_class
from runner.engine.binding import hears_second_voice
from runner.engine.cut_graph import SEGMENT, WINDOW, has_windows
from runner.engine.first_look import FirstLook, look_at_talk
from runner.engine.own_nodes import OWN_NODES
from runner.engine.workflow import load_workflow
from runner.errors import BadInput, WorkflowRefused
from runner.jobs.words import VOICES, JobWords


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """What is to be rendered and where it goes.

    `folder`: for the MP4 and its manifest. `silence_ns`: how long ComfyUI may give no sign of life. `keep`: the window
    files stay when all is done. `more`: of a row of repeats it is not the last, so it is remembered as done.
    """

    words: JobWords
    look: FirstLook
    folder: Path
    silence_ns: int
    keep: bool = False
    more: bool = False

    @property
    def name(self) -> str:
        """The workflow's file name."""
        return self.look.workflow.name

    @property
    def segment_id(self) -> str:
        """The node that the MP4 is of."""
        return of_class(self.look.workflow.graph, SEGMENT)[0]

    def linked(self) -> tuple[str, ...]:
        """Return the voices that the workflow itself makes, where no file stands in for them."""
        inputs = self._window_inputs()
        return tuple(name for name in VOICES if name not in self.words.voices and link_of(inputs.get(name)) is not None)

    def refuse(self) -> None:
        """Refuse an order without sound, and a second voice or a seed that nothing takes.

        Raises: BadInput, SoundUnreadable, SoundEmpty, SoundCut.
        """
        if "audio" not in (*self.words.voices, *self.linked()):
            raise BadInput(
                f"{self.name} has no sound: nothing is linked to OnAir Window's audio; give --input audio=FILE",
                code="job.no_sound",
            )
        graph = self.look.workflow.graph
        if "audio_2" in self.words.voices and not hears_second_voice(graph, of_class(graph, WINDOW)[0]):
            raise BadInput(
                f"nothing in {self.name} reads OnAir Window's audio_2; leave --input audio_2 out", code="run.input"
            )
        for source in self.words.voices.values():
            SoundFile(source).close()
        if self.words.seed is not None:
            refuse_bad_seed(graph, OWN_NODES, seed=self.words.seed, repeat=1)

    def _window_inputs(self) -> dict[str, object]:
        graph = self.look.workflow.graph
        return dict(graph[of_class(graph, WINDOW)[0]]["inputs"])


def holds_windows(workflow: Path) -> bool:
    """Tell whether a workflow has exactly one OnAir Window and one OnAir Segment, so that it runs window by window."""
    try:
        graph = load_workflow(workflow, OWN_NODES).graph
    except (WorkflowRefused, HlsError):
        return False
    return has_windows(graph)


def make_order(words: JobWords, *, folder: Path, silence_ns: int, keep: bool, more: bool = False) -> JobOrder:
    """Judge and return the order. Raises: BadInput of every kind, SoundUnreadable, SoundEmpty, SoundCut."""
    look = look_at_talk(words.workflow, sets=words.sets)
    order = JobOrder(words=words, look=look, folder=folder, silence_ns=silence_ns, keep=keep, more=more)
    order.refuse()
    return order
