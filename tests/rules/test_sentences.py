"""Every refusal of the two lower rings says what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
ADVICE = re.compile(
    r"[;:,(] ?(add|begin|call|choose|close|cut|do|encode|feed|free|give|install|leave|let|make|move|offer|publish|"
    r"raise|render|run|say|scale|set|take|update|use|write)\b|RENDER_AGAIN|neighbours|_nothing_to_say|did you mean"
)


def refusals() -> Iterator[tuple[str, str]]:
    """(where, source of the message) of every raise with a message; the checker's `Broken` never reaches a user."""
    for path in sorted([*(ROOT / "hls").glob("*.py"), *(ROOT / "custom_nodes").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                name, message = ast.unparse(node.exc.func), ast.unparse(node.exc.args[0])
                if name != "ValueError" and "message" not in message:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", message


def test_every_refusal_says_what_to_do() -> None:
    assert [f"{where} {message}" for where, message in refusals() if not ADVICE.search(message)] == []


def test_refusals_are_found() -> None:
    assert len(list(refusals())) > 60


def test_the_rule_tells_a_fact_from_advice() -> None:
    assert not ADVICE.search("the state is of another size")
    assert ADVICE.search("the state is of another size; render it again")
