"""The converter knows rules, not cases: no workflow's name, no node's id and no subgraph's id stands in its code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.rules.test_layers import ROOT, sources
from tests.templates import all_files

pytestmark = pytest.mark.fast

CASES = ROOT / "tests" / "runner" / "convert" / "corpus" / "cases"
NODE_ID = re.compile(r"\d{2,}|\d+(:\d+)+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+")


def workflow_names() -> set[str]:
    """Return the names of the corpus, and of the official templates where they are installed."""
    names = {case.name for case in CASES.iterdir()} | {path.stem for path in all_files()}
    return {name for name in names if "_" in name}  # some are plain words, as `default`


def texts(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_no_workflow_and_no_node_id_stands_in_the_code() -> None:
    names = workflow_names()
    bad = [
        f"{path.name}: {text}"
        for path in sources("runner/convert")
        for text in texts(path)
        if text in names or NODE_ID.fullmatch(text)
    ]
    assert bad == []
