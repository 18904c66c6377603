"""What a fragment must agree on with the one before it: numbers, ticks, pictures, sound."""

from __future__ import annotations

from .box import Broken
from .fragment import IDR, Fragment, Run, nal_types
from .init_segment import PPS, SPS
from .report import StreamReport

VIDEO, AUDIO = 1, 2
AUDIO_BEHIND_TICKS = 2048
AAC_FRAME_TICKS = 1024


class Continuity:
    """Where each track ended, and what its last picture was. `may_jump`: time may go forward before what comes next."""

    def __init__(self, report: StreamReport) -> None:
        self.may_jump = True
        self._report = report
        self._end: dict[int, int] = {}
        self._sequence = -1
        self._after_idr = False

    def fragments(self, name: str, data: bytes, fragments: list[Fragment], *, opens: bool = True) -> tuple[int, int]:
        """Judge each; return the first video tick and the one after the last. `opens`: a segment begins here.

        Raises: Broken (a fragment without video, a foreign track).
        """
        start: int | None = None
        for index, fragment in enumerate(fragments):
            self._report.fragments += 1
            if fragment.sequence <= self._sequence:
                self._report.fault("segment.sequence", name, f"mfhd {fragment.sequence} after {self._sequence}")
            self._sequence = fragment.sequence
            video, audio = fragment.runs.get(VIDEO), fragment.runs.get(AUDIO)
            if video is None or not video.samples or set(fragment.runs) - {VIDEO, AUDIO}:
                raise Broken(f"fragment {index} has tracks {sorted(fragment.runs)}; video is needed, audio allowed")
            start = video.tfdt if start is None else start
            self._pictures(name, data, video, opens=opens and index == 0)
            self._continuous(name, video)
            self._report.video_frames += len(video.samples)
            if audio is not None:
                self._report.audio_frames += len(audio.samples)
                self._sound(name, audio, video)
            self.may_jump = False
        assert start is not None
        return start, self._end[VIDEO]

    def _continuous(self, name: str, run: Run) -> None:
        expected = self._end.get(run.track)
        if expected is not None and run.tfdt != expected and (run.tfdt < expected or not self.may_jump):
            self._report.fault("segment.tfdt", name, f"track {run.track} begins at {run.tfdt}, it ended at {expected}")
        self._end[run.track] = run.end

    def _pictures(self, name: str, data: bytes, video: Run, *, opens: bool) -> None:
        if len({sample.duration for sample in video.samples}) != 1 or video.samples[0].duration <= 0:
            self._report.fault("segment.frame_duration", name, "frames of several durations")
        for index, sample in enumerate(video.samples):
            types = nal_types(data, sample)
            is_idr = IDR in types
            if opens and index == 0 and not is_idr:
                self._report.fault("segment.idr_start", name, "does not begin with an IDR picture")
            if is_idr != sample.sync:
                self._report.fault(
                    "segment.sync_flag", name, f"sample {index}: IDR {is_idr}, flagged sync {sample.sync}"
                )
            if is_idr and self._after_idr:
                self._report.fault("segment.idr_adjacent", name, f"two IDR pictures side by side at sample {index}")
            if SPS in types or PPS in types:
                self._report.fault("segment.inband", name, "parameter sets inside the media")
            self._after_idr = is_idr

    def _sound(self, name: str, audio: Run, video: Run) -> None:
        # The first fragment of a stretch has no sound for its first 2048 ticks to come: it begins with the video.
        if self.may_jump and audio.tfdt >= video.tfdt and AUDIO in self._end:
            self._end[AUDIO] = min(self._end[AUDIO], audio.tfdt)
        self._continuous(name, audio)
        if any(sample.duration != AAC_FRAME_TICKS for sample in audio.samples):
            self._report.fault("segment.audio_duration", name, "an audio sample is not 1024 ticks long")
        behind = video.end - audio.end
        if not AUDIO_BEHIND_TICKS <= behind < AUDIO_BEHIND_TICKS + AAC_FRAME_TICKS:
            self._report.fault(
                "segment.av_skew", name, f"sound ends {behind} ticks before the picture, not {AUDIO_BEHIND_TICKS}"
            )
