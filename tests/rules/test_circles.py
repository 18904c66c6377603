"""No module imports itself through others, also not for types alone: whoever reads one can read on downwards."""

from __future__ import annotations

import pytest

from tests.rules.test_layers import ROOT, imports_of, sources

pytestmark = pytest.mark.fast

RINGS = ("hls", "custom_nodes", "runner", "installer")


def modules() -> dict[str, set[str]]:
    """Return what each module of the project imports of the project, by dotted names."""
    names = {}
    for path in sources(*RINGS):
        parts = path.relative_to(ROOT).with_suffix("").parts
        package = parts[:-1]
        names[".".join(package if parts[-1] == "__init__" else parts)] = (path, package)
    graph = {}
    for name, (path, package) in names.items():
        told = set()
        for item in imports_of(path):
            base = package[: len(package) - item.level + 1] if item.level else ()
            dotted = ".".join((*base, item.name))
            told.add(dotted if dotted in names else dotted.rpartition(".")[0])
        graph[name] = {other for other in told if other in names and other != name}
    return graph


def circles(graph: dict[str, set[str]]) -> set[str]:
    """Return the modules that are left when all that import nothing of the rest are taken away, again and again."""
    left = {name: set(told) for name, told in graph.items()}
    while free := [name for name, told in left.items() if not told & set(left)]:
        for name in free:
            del left[name]
    # What only leads to a circle is no part of it.
    while outer := [name for name in left if not any(name in told for told in left.values())]:
        for name in outer:
            del left[name]
    return set(left)


def test_no_module_imports_itself_through_others() -> None:
    assert circles(modules()) == set()


def test_the_rule_sees_a_circle_and_imports_for_types() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"b", "c"}
    assert "runner.live.hub" in modules()["runner.web.sessions"]  # below `if TYPE_CHECKING`


def test_the_rooms_of_the_converter_lie_on_top_of_each_other() -> None:
    rooms = ("graph", "widgets", "nodes", "subgraphs", "groups")
    below = {"graph": (), "widgets": rooms[:1], "nodes": rooms[:2], "subgraphs": rooms[:3], "groups": rooms[:3]}
    bad = []
    for name, told in modules().items():
        room = name.removeprefix("runner.convert.").partition(".")[0]
        if name.startswith("runner.convert.") and room in rooms:
            allowed = {f"runner.convert.{other}" for other in (*below[room], room)} | {"runner.errors"}
            bad += [f"{name} imports {other}" for other in told if not any(other.startswith(a) for a in allowed)]
    assert bad == []
