"""Every refusal says what to do: each error that is made with a sentence of its own, in all rings and the installer."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("hls", "custom_nodes", "runner", "installer")
# No user reads these as they are: setup says CommandFailed in words of its own, check-stream counts what is Broken,
# the live loop tries again what was lost or silent, and cancels itself.
INSIDE = {"CommandFailed", "Broken", "ComfyLost", "ComfySilent", "PromptCancelled"}
STAND_IN = "simulated"  # its modules say what ComfyUI would
VERBS = (
    "add|ask|begin|call|change|choose|close|connect|correct|cut|do|encode|export|feed|free|give|install|leave|let|look|"
    "make|move|name|offer|open|publish|put|raise|read|remove|rename|render|report|restart|run|save|say|see|send|set|scale|"
    "start|stop|take|try|unmute|update|use|wait|write"
)
ADVICE = re.compile(
    rf"(?:[;:,.] |[\"'(])(?:then )?({VERBS})\b|neighbours|_nothing_to_say|did you mean|it is tried again",
    re.IGNORECASE,
)


@functools.cache
def trees() -> dict[Path, ast.Module]:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if STAND_IN not in path.name]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


@functools.cache
def errors() -> frozenset[str]:
    """The names of every errors.py's classes and of what is derived from them elsewhere."""
    classes = [
        (path, node) for path, tree in trees().items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    found = {node.name for path, node in classes if path.name == "errors.py"}
    found |= {node.name for _, node in classes if {_name(base) for base in node.bases} & found}
    return frozenset(found - INSIDE)


def _given(module: ast.Module, function: ast.AST) -> dict[str, list[ast.expr]]:
    """What the names of a module and of a function are set to: a message may have been put together before."""
    given: dict[str, list[ast.expr]] = {}
    for node in (*module.body, *ast.walk(function)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                given.setdefault(ast.unparse(target), []).append(node.value)
    return given


def _has_words(parts: list[ast.expr]) -> bool:
    texts = [node.value for part in parts for node in ast.walk(part) if isinstance(node, ast.Constant)]
    return any(re.search(r"[a-z]{2} [a-z]", text) for text in texts if isinstance(text, str))


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, source of the message) of every error made with words of its own; what only hands another's on is not."""
    for scope in ast.walk(tree):
        if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        given = _given(tree, scope)
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in errors():
                names = [part.id for part in ast.walk(node.args[0]) if isinstance(part, ast.Name)]
                parts = [node.args[0], *(value for name in names for value in given.get(name, []))]
                remedies = [ast.unparse(word.value) for word in node.keywords if word.arg == "remedy"]
                if _has_words(parts):  # what stands under `remedy` is advice by itself
                    yield node.lineno, f"; do {remedies}" if remedies else " ".join(map(ast.unparse, parts))


def refusals() -> set[tuple[str, str]]:
    return {
        (f"{path.relative_to(ROOT)}:{line}", text) for path, tree in trees().items() for line, text in sentences(tree)
    }


def test_every_refusal_says_what_to_do() -> None:
    assert sorted(f"{where} {text}" for where, text in refusals() if not ADVICE.search(text)) == []


def test_refusals_are_found_in_every_folder() -> None:
    found = [where.partition("/")[0] for where, _ in refusals()]
    assert {folder: found.count(folder) >= 20 for folder in FOLDERS} == dict.fromkeys(FOLDERS, True)


def test_the_rule_tells_a_fact_from_advice() -> None:
    assert not ADVICE.search("the state is of another size")
    assert ADVICE.search("the state is of another size; render it again")


@pytest.mark.parametrize(
    ("said", "good"),
    [
        ('raise BadInput(f"{name} is no folder")', [False]),
        ('text = f"{name} is no folder"; raise BadInput(text)', [False]),
        ('return errors.BadInput(f"{name} is no folder; name another", code="x.y")', [True]),
        ('raise BadUse("There is no such command.", remedy=f"{hint} --help lists them.")', [True]),
        ("raise BadInput(str(exc), code=exc.code)", []),
        ('raise CommandFailed("it ended with one")', []),
    ],
)
def test_the_rule_reads_messages_wherever_they_are_put_together(said: str, good: list[bool]) -> None:
    found = sentences(ast.parse(f"def function():\n    {said}"))
    assert [bool(ADVICE.search(text)) for _, text in found] == good
