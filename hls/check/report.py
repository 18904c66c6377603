"""What the checker found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One fault: a stable code, where it is, what is wrong."""

    code: str
    where: str
    message: str


@dataclass(slots=True, kw_only=True)
class StreamReport:
    """What was found. `duration_ticks` counts the listed video; `names` are the segments in order."""

    violations: list[Violation] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    segments: int = 0
    gaps: int = 0
    fragments: int = 0
    video_frames: int = 0
    audio_frames: int = 0
    duration_ticks: int = 0
    discontinuities: int = 0
    first_sequence: int = 0
    ended: bool = False
    bytes: int = 0

    @property
    def clean(self) -> bool:
        """No violation."""
        return not self.violations

    def fault(self, code: str, where: str, message: str) -> None:
        """Note a violation."""
        self.violations.append(Violation(code=code, where=where, message=message))
