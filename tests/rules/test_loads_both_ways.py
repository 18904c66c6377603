"""Every plain module loads as the runner imports it, and as ComfyUI does: below a package with a made-up name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import importlib, importlib.util, json, pathlib, sys, traceback
root, prefix, names = pathlib.Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
path_before = None
if prefix:
    # what ComfyUI does with a pack: the folder's whole path is the name, and nothing of it is on sys.path
    init = root / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        prefix, init if init.exists() else root / "hls" / "__init__.py", submodule_search_locations=[str(root)])
    sys.modules[prefix] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
else:
    sys.path.insert(0, str(root))
path_before = list(sys.path)
failed = {}
for name in names:
    try:
        importlib.import_module(f"{prefix}.{name}" if prefix else name)
    except BaseException:
        failed[name] = traceback.format_exc()[-600:]
heavy = sorted({"torch", "comfy", "folder_paths"} & set(sys.modules))
twice = sorted(n for n in sys.modules if prefix and n.partition(".")[0] in ("hls", "custom_nodes", "runner"))
print(json.dumps({"failed": failed, "heavy": heavy, "twice": twice, "path": sys.path == path_before}))
"""


def _modules(*folders: str) -> list[str]:
    names = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1] != "__main__" and "nodes" not in parts[2:]:
                names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def _load(prefix: str, names: list[str], cwd: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(ROOT), prefix, json.dumps(names)],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_modules_load_from_the_root_as_the_runner_imports_them(tmp_path: Path) -> None:
    result = _load("", _modules("hls", "custom_nodes", "runner"), tmp_path)
    assert result == {"failed": {}, "heavy": [], "twice": [], "path": True}


@pytest.mark.parametrize("prefix", ["_x_home_x_custom_nodes_x_onair", "/srv/ComfyUI/custom_nodes/on-air"])
def test_modules_load_below_a_made_up_package_without_the_root_on_the_path(tmp_path: Path, prefix: str) -> None:
    """`twice` must be empty: a module that names its own ring absolutely would load a second copy, or none."""
    result = _load(prefix, _modules("hls", "custom_nodes"), tmp_path)
    assert result == {"failed": {}, "heavy": [], "twice": [], "path": True}
