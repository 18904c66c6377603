"""Judgement: whether a graph can go on air, and every finding about it with the node it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from runner.engine.api_graph import of_class
from runner.engine.cut_graph import SEGMENT, WINDOW
from runner.errors import WorkflowRefused

from .finding import Finding
from .inspection import Inspection, inspect_content

Severity = Literal["error", "warning", "hint"]
NODE_OF = {
    "workflow.two_windows": WINDOW,
    "workflow.size": WINDOW,
    "workflow.two_segments": SEGMENT,
    "workflow.unlinked": SEGMENT,
}
"""The class of the node that a refusal is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing about a graph; `node`: its id in the saved graph, None where it is about all of it."""

    node: str | None
    code: str
    severity: Severity
    message: str

    def told(self) -> dict[str, str | None]:
        """Return it as JSON."""
        return {"node": self.node, "code": self.code, "severity": self.severity, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`live`: whether it can go on air as it is."""

    verdicts: tuple[Verdict, ...]
    live: bool

    @property
    def findings(self) -> list[dict[str, str | None]]:
        """Return the verdicts as JSON."""
        return [verdict.told() for verdict in self.verdicts]

    @property
    def errors(self) -> tuple[Verdict, ...]:
        """What keeps it from the air."""
        return tuple(verdict for verdict in self.verdicts if verdict.severity == "error")


def judge(content: object, object_info: dict[str, Any], *, name: str, sets: Sequence[str] = ()) -> Judgement:
    """Judge a workflow's JSON (as the editor saves it, or in the API format). Never raises for what it holds."""
    try:
        seen = inspect_content(name, content, object_info, sets=sets)
    except WorkflowRefused as exc:
        return Judgement(verdicts=(_whole(exc.code, str(exc)),), live=False)
    on_air = None if seen.live is None else set(seen.live.graph)
    verdicts = [_of_finding(one, on_air) for one in seen.findings]
    if seen.live is None:
        verdicts = [_refusal(seen), *verdicts]
    live = seen.live is not None and not any(one.severity == "error" for one in verdicts)
    return Judgement(verdicts=tuple(verdicts), live=live)


def refuse_unfit(judgement: Judgement, *, name: str) -> None:
    """Raises: WorkflowRefused with the first error's code, and all findings, where the graph cannot go on air."""
    errors = judgement.errors
    if errors:
        more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
        message = errors[0].message if errors[0].message.startswith(name) else f"{name}: {errors[0].message}"
        raise WorkflowRefused(message + more, code=errors[0].code, findings=judgement.findings)


def _of_finding(finding: Finding, on_air: set[str] | None) -> Verdict:
    """Return what a finding means on air: what the cut graph leaves away does no harm there."""
    harmless = on_air is not None and finding.node not in on_air
    severity: Severity = "warning" if harmless or finding.kind in ("unseen_model", "no_output") else "error"
    return Verdict(
        node=finding.node or None, code=f"workflow.{finding.kind}", severity=severity, message=finding.message
    )


def _refusal(seen: Inspection) -> Verdict:
    code, message = seen.why_not or ("workflow.refused", f"{seen.workflow} is an idle loop; give the talk graph")
    nodes = of_class(seen.graph, NODE_OF.get(code, ""))
    return Verdict(node=nodes[-1] if nodes else None, code=code, severity="error", message=message)


def _whole(code: str, message: str) -> Verdict:
    return Verdict(node=None, code=code, severity="error", message=message)
