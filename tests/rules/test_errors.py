"""docs/errors.md lists every code that the code can say, and none that it cannot."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"
FINDINGS = ROOT / "hls" / "check"  # what is wrong with a stream is `stream.faulty`; its list has codes of its own
CODE = re.compile(r"[a-z]+\.[a-z_]+")


def _places(tree: ast.Module) -> dict[str, int]:
    """Where each function that is defined here takes `code` as a plain argument, `self` not counted."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [one.arg for one in (*node.args.posonlyargs, *node.args.args) if one.arg not in ("self", "cls")]
            if "code" in names:
                found[node.name] = names.index("code")
    return found


def _values(node: ast.AST, places: Mapping[str, int]) -> list[ast.expr]:
    """What a node gives to something named `code`: an attribute, an argument, a log field, a status table's values."""
    if isinstance(node, ast.Call):
        at = places.get(ast.unparse(node.func).rpartition(".")[2])
        return [] if at is None or at >= len(node.args) else [node.args[at]]
    if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "code" for to in node.targets):
        return [node.value]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "code":
        return [node.value] if node.value else []
    if isinstance(node, ast.keyword) and node.arg == "code":
        return [node.value]
    if isinstance(node, ast.Dict):
        pairs = [
            (key.value, value)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
        ]
        return [value for key, value in pairs if key == "code" or isinstance(key, int)]
    return []


def codes_of(tree: ast.Module, places: Mapping[str, int] | None = None) -> Iterator[str]:
    """Whole codes; of one that is put together (`f"workflow.no_{word}"`) what stands before, with a `*`.

    `places`: the functions of all files that take `code` by its place; None: those of this one.
    """
    places = _places(tree) if places is None else places
    for node in ast.walk(tree):
        for value in _values(node, places):
            if isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
                yield f"{value.values[0].value}*"
            else:
                found = [part.value for part in ast.walk(value) if isinstance(part, ast.Constant)]
                yield from (text for text in found if isinstance(text, str) and CODE.fullmatch(text))


@functools.cache
def _said() -> frozenset[str]:
    paths = [path for ring in ("hls", "runner", "custom_nodes") for path in (ROOT / ring).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths if path.parent != FINDINGS]
    places = {name: at for tree in trees for name, at in _places(tree).items()}
    found = {code for tree in trees for code in codes_of(tree, places)}
    return frozenset(
        code for code in found if CODE.fullmatch(code.rstrip("*"))
    )  # `http.404` and its like are none of ours


def _listed() -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    cells = [*re.findall(r"^\| (`[^|]+) \|", text, flags=re.MULTILINE), text.partition("## Faults of OnAir")[2]]
    return [code for cell in cells for code in re.findall(r"`([a-z]+\.[a-z_]+)`", cell)]


def test_every_code_is_on_the_page() -> None:
    listed = _listed()
    missing = [
        code
        for code in sorted(_said())
        if not any(other == code or (code[-1] == "*" and other.startswith(code[:-1])) for other in listed)
    ]
    assert missing == []


def test_the_page_lists_no_code_that_is_never_said_and_none_twice() -> None:
    said, listed = _said(), _listed()
    stems = tuple(code[:-1] for code in said if code[-1] == "*")
    assert [code for code in listed if code not in said and not (stems and code.startswith(stems))] == []
    assert sorted(set(listed)) == sorted(listed)


def test_the_codes_in_the_readme_are_on_the_page() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## When something is wrong")[2]
    codes = re.findall(r"^\| `([a-z]+\.[a-z_]+)`", section.partition("\n## ")[0], flags=re.MULTILINE)
    assert len(codes) >= 5
    assert set(codes) <= set(_listed())


def test_the_rule_sees_every_spelling() -> None:
    tree = ast.parse(
        'class A:\n    code = "a.a"\nclass B:\n    code: str = "b.b"\n'
        'raise X("s", code="c.c" if y else "d.d")\nlog.error("s", extra={"code": "e.e"})\n'
        'raise X(code=f"f.no_{word}")\nT = {400: "g.g"}\nother = "h.h"\n'
        'def refuse(status, code, message):\n    return X(status)\nrefuse(400, "i.i", "j.j")\nweb.refuse(400, "k.k")\n'
        'class B:\n    def fail(self, code):\n        pass\nb.fail("l.l", "m.m")\nrefuse("n.n")\n'
    )
    assert sorted(codes_of(tree)) == ["a.a", "b.b", "c.c", "d.d", "e.e", "f.no_*", "g.g", "i.i", "k.k", "l.l"]
