"""The three rings, read from the imports (DESIGN section 3)."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
COMFY = {
    "comfy",
    "comfy_api",
    "comfy_api_nodes",
    "comfy_extras",
    "comfy_execution",
    "execution",
    "folder_paths",
    "server",
}
TORCH = {"torch", "torchvision", "torchaudio"}
OURS = {"hls", "runner", "custom_nodes", "installer", "install", "tests"}


@dataclass(frozen=True)
class Import:
    """One import: `level` dots, the dotted `name`, and whether it stands at the top of the module."""

    file: str
    line: int
    level: int
    name: str
    at_top: bool

    @property
    def root(self) -> str:
        return self.name.partition(".")[0] if self.level == 0 else ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {'.' * self.level}{self.name}"


def _walk(node: ast.AST, *, at_top: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
        inner = (
            at_top and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not typing_only
        )
        yield child, inner
        yield from _walk(child, at_top=inner)


@functools.cache
def imports_of(path: Path) -> list[Import]:
    """Every import in a file, `importlib.import_module("x")` and `__import__("x")` included."""
    file = path.relative_to(ROOT).as_posix()
    found = []
    for node, at_top in _walk(ast.parse(path.read_text(encoding="utf-8")), at_top=True):
        if isinstance(node, ast.Import):
            found += [Import(file, node.lineno, 0, alias.name, at_top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = f"{node.module}." if node.module else ""
            found += [Import(file, node.lineno, node.level, f"{base}{alias.name}", at_top) for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called.endswith(("import_module", "__import__")) and isinstance(node.args[0].value, str):
                dotted = node.args[0].value
                name = dotted.lstrip(".")
                found.append(Import(file, node.lineno, len(dotted) - len(name), name, at_top))
    return found


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def is_nodes(path: Path) -> bool:
    """`<pack>/nodes.py`, or what lies in `<pack>/nodes/`; and the one module that adds routes to ComfyUI's server."""
    pack, *inside = path.relative_to(ROOT / "custom_nodes").parts
    return bool(inside) and (inside[0] == "nodes" or inside == ["nodes.py"] or (pack, *inside) == ("web", "routes.py"))


def is_stdlib(item: Import) -> bool:
    return item.root in sys.stdlib_module_names


def breaches_in_hls(item: Import) -> bool:
    if item.level:
        return item.level > 1
    return not is_stdlib(item) and item.root not in {"numpy", "av"}


def breaches_in_plain(item: Import, depth: int) -> bool:
    """`depth` folders below the pack: as many dots more stay inside it."""
    if item.level:
        return item.level > depth + 1 or item.name.partition(".")[0] == "nodes"
    return item.root in COMFY | TORCH | OURS or item.root == "nodes"


def breaches_in_nodes(item: Import, depth: int) -> bool:
    first, _, rest = item.name.partition(".")
    above = item.level - depth
    if above >= 3:
        return above > 3 or first != "hls"
    if above == 2:
        return rest.partition(".")[0] == "nodes"  # another pack's plain modules, never its nodes
    return item.root in OURS or (item.root in TORCH and item.at_top)


def breaches_in_runner(item: Import) -> bool:
    if item.level:
        return False
    parts = item.name.split(".")
    if item.root == "custom_nodes":
        return "nodes" in parts[2:3] or len(parts) < 3
    return item.root in COMFY | TORCH | {"nodes", "installer", "install", "tests"}


def test_hls_imports_numpy_av_and_itself_relatively() -> None:
    assert [str(item) for path in sources("hls") for item in imports_of(path) if breaches_in_hls(item)] == []


def test_plain_pack_modules_know_neither_comfyui_nor_torch_nor_what_is_above_their_pack() -> None:
    bad = []
    for path in sources("custom_nodes"):
        depth = len(path.relative_to(ROOT / "custom_nodes").parts) - 2
        if depth >= 0 and not is_nodes(path):
            bad += [str(item) for item in imports_of(path) if breaches_in_plain(item, depth)]
    assert bad == []


def test_nodes_import_other_packs_plainly_hls_by_three_dots_and_torch_lazily() -> None:
    bad = []
    for path in sources("custom_nodes"):
        depth = len(path.relative_to(ROOT / "custom_nodes").parts) - 2
        if depth >= 0 and is_nodes(path):
            bad += [str(item) for item in imports_of(path) if breaches_in_nodes(item, depth)]
    assert bad == []


def test_the_runner_never_imports_torch_comfyui_or_a_nodes_module() -> None:
    assert [str(item) for path in sources("runner") for item in imports_of(path) if breaches_in_runner(item)] == []


def test_the_installer_is_standard_library_only_and_nobody_imports_it() -> None:
    inside = [*sources("installer"), ROOT / "install.py"]
    bad = [
        str(item) for path in inside for item in imports_of(path) if not is_stdlib(item) and item.root != "installer"
    ]
    outside = sources("hls", "runner", "custom_nodes")
    bad += [str(item) for path in outside for item in imports_of(path) if item.root in {"installer", "install"}]
    assert bad == []


@pytest.mark.parametrize(
    ("level", "name", "depth", "expected"),
    [(3, "hls.ticks", 0, False), (3, "runner.ports", 0, True), (2, "hls_segment.request", 0, False),
     (2, "tts.nodes.Speech", 0, True), (4, "hls.ticks", 1, False), (1, "talker", 0, False), (4, "hls.ticks", 0, True)],
)  # fmt: skip
def test_the_rule_for_nodes_tells_good_from_bad(level: int, name: str, depth: int, expected: bool) -> None:
    assert breaches_in_nodes(Import("x", 1, level, name, True), depth) is expected


def test_the_rules_see_lazy_and_spelled_out_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "x.py"
    source.write_text(
        "import importlib\ndef f():\n    import torch\nimportlib.import_module('custom_nodes.tts.nodes')\n"
    )
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    bad = [item.name for item in imports_of(source) if breaches_in_runner(item)]
    assert bad == ["torch", "custom_nodes.tts.nodes"]
