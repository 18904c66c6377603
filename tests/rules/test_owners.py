"""Who may use what: a third-party package, the environment, the clock (STYLE, "Imports")."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
RINGS = ("hls", "custom_nodes", "runner")
OURS = {"hls", "runner", "custom_nodes"}

# One owner each, a module or a folder. Where two stand, the reason stands beside them.
OWNERS: dict[str, tuple[str, ...]] = {
    "av": ("hls/",),
    "cv2": ("custom_nodes/portrait/",),
    "PIL": ("custom_nodes/portrait/", "runner/gallery/"),  # contact sheets are no business of the pack
    "soxr": ("custom_nodes/tts/resample.py",),
    "espeakng_loader": ("custom_nodes/tts/providers/",),
    "safetensors": ("custom_nodes/hls_segment/state.py",),
    "requests": ("runner/engine/",),
    "websocket": ("runner/engine/",),
    "psutil": ("runner/engine/",),
    "fastapi": ("runner/web/",),
    "starlette": ("runner/web/",),
    "uvicorn": ("runner/web/",),
    "websockets": ("runner/bench/",),
    "jsonschema": ("runner/web/",),
    "pydantic": ("runner/settings.py", "runner/web/"),  # the vocabulary of two frameworks: settings, request bodies
    "pydantic_settings": ("runner/settings.py",),
    "typer": ("runner/cli/",),
    "click": ("runner/cli/",),
    "prometheus_client": ("runner/metrics.py",),
    # in nodes alone: what knows ComfyUI (test_layers.py says where)
    "torch": ("custom_nodes/",),
    "comfy": ("custom_nodes/",),
    "comfy_extras": ("custom_nodes/infinitetalk/nodes/", "custom_nodes/bench/nodes/"),  # bench builds what it wires
    "node_helpers": ("custom_nodes/infinitetalk/nodes/",),
    "comfy_api": ("custom_nodes/", "__init__.py"),
    "folder_paths": ("custom_nodes/",),
    "aiohttp": ("custom_nodes/web/routes.py",),  # ComfyUI's own web framework, for the routes that are added to it
    "server": ("custom_nodes/web/routes.py",),
}
ENVIRONMENT = (
    "runner/settings.py",
    "install.py",
    "installer/",
    "__init__.py",
    "custom_nodes/tts/nodes.py",
    "custom_nodes/web/launcher.py",
)
CLOCK = ("runner/clock.py", "runner/engine/", "runner/bench/", "installer/", "custom_nodes/hls_segment/stopwatch.py")


@functools.cache
def _files() -> tuple[tuple[str, ast.Module], ...]:
    paths = [path for ring in RINGS for path in (ROOT / ring).rglob("*.py")]
    paths += [path for path in (ROOT / "__init__.py", ROOT / "install.py") if path.exists()]
    paths += (ROOT / "installer").rglob("*.py")
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(paths)
    )


def _is_owner(file: str, owners: tuple[str, ...]) -> bool:
    return any(file == owner or (owner.endswith("/") and file.startswith(owner)) for owner in owners)


def _packages(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]


def _uses(tree: ast.Module, module: str, names: set[str]) -> Iterator[int]:
    """Lines that use `module.name`, or import the name from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == module and node.attr in names:
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (node.lineno for alias in node.names if alias.name in names)


def test_every_third_party_package_is_used_by_its_owner_alone() -> None:
    bad = []
    for file, tree in _files():
        for line, package in _packages(tree):
            if package in sys.stdlib_module_names or package in OURS | {"numpy", "installer"}:
                continue
            owners = OWNERS.get(package)
            if owners is None:
                bad.append(f"{file}:{line} imports {package}, which has no owner: name one in {Path(__file__).name}")
            elif not _is_owner(file, owners):
                bad.append(f"{file}:{line} imports {package}, which belongs to {' and '.join(owners)}")
    assert bad == []


def test_the_environment_is_read_in_its_places_alone() -> None:
    names = {"environ", "environb", "getenv", "putenv", "unsetenv"}
    bad = [f"{f}:{line}" for f, tree in _files() if not _is_owner(f, ENVIRONMENT) for line in _uses(tree, "os", names)]
    assert bad == []


def test_the_clock_is_read_in_its_places_alone() -> None:
    bad = []
    for file, tree in _files():
        if not _is_owner(file, CLOCK):
            bad += [f"{file}:{line} time" for line, package in _packages(tree) if package == "time"]
            bad += [f"{file}:{line} asyncio.sleep" for line in _uses(tree, "asyncio", {"sleep"})]
    assert bad == []


def test_the_rules_see_every_spelling() -> None:
    tree = ast.parse("import os\nos.environ['A']\nfrom os import getenv\nfrom asyncio import sleep\nimport av.video\n")
    assert sorted(_uses(tree, "os", {"environ", "getenv"})) == [2, 3]
    assert list(_uses(tree, "asyncio", {"sleep"})) == [4]
    assert (5, "av") in list(_packages(tree))
