"""Manager mode: `python install.py` in ComfyUI's own Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Runs install.py with importable stand-ins for the light requirements, and reports what was imported and started.
PROGRAM = """
import json, runpy, subprocess, sys
started = []
sys.addaudithook(lambda event, args: started.append(str(args[0])) if event == "subprocess.Popen" else None)
sys.path[:0] = [p for p in sys.argv[2:]]
sys.argv = [sys.argv[1]]
code = 0
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as exc:
    code = exc.code or 0
heavy = sorted({"torch", "numpy", "cv2", "av"} & set(sys.modules))
print(json.dumps([code, heavy, started]))
"""


def _run(checkout, *, have: tuple[str, ...]) -> tuple[str, str]:
    folder = checkout.root.parent / "site"
    folder.mkdir()
    for name in have:
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} must not be imported')\n")
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM, str(checkout.root / "install.py"), str(checkout.root), str(folder)],
        capture_output=True, text=True, check=False, cwd=checkout.root, env=checkout.env,
    )  # fmt: skip
    return done.stdout, done.stderr


def test_it_imports_nothing_heavy_and_starts_only_the_pip_that_looks_for_the_face_mesh(checkout) -> None:
    before = sorted(checkout.root.rglob("*"))
    out, err = _run(checkout, have=("espeakng_loader", "soxr", "cv2", "torch", "numpy", "av"))
    assert json.loads(out.splitlines()[-1]) == [0, [], [sys.executable]], err
    assert "ready" in out
    assert "face mesh could not be fetched" in out
    after = [path for path in sorted(checkout.root.rglob("*")) if "__pycache__" not in str(path)]
    assert after == before


def test_a_missing_requirement_ends_above_zero_and_says_the_command(checkout) -> None:
    out, err = _run(checkout, have=("espeakng_loader", "cv2"))
    assert out.splitlines()[-1] == "[1, [], []]"
    assert "soxr missing" in err
    assert "-m pip install -r" in err


def test_an_absent_opencv_is_added_without_its_dependencies(checkout, wheel, tmp_path) -> None:
    """numpy is OpenCV's dependency, and the user's numpy must not move. In an environment of its own, for real."""
    wheel(checkout.wheels, "opencv_python_headless", version="4.14.0", module="cv2", needs="numpy")
    wheel(checkout.wheels, "numpy", version="9.0")
    python = tmp_path / "comfy" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "comfy"], check=True)
    for name in ("espeakng_loader", "soxr"):
        wheel(checkout.wheels, name)
        subprocess.run([python, "-m", "pip", "install", "-q", name], check=True, env=checkout.env)
    for _ in range(2):
        done = subprocess.run(
            [python, "install.py"], cwd=checkout.root, env=checkout.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ready" in done.stdout
    listed = subprocess.run(
        [python, "-c", "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('cv2', 'numpy')])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert listed.stdout.strip() == "[True, False]"


def test_the_packs_requirements_name_nothing_that_comfyui_brings() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    names = {line.partition(">")[0].partition("=")[0].strip().lower() for line in lines}
    assert (
        names & {"torch", "torchvision", "torchaudio", "numpy", "av", "safetensors", "opencv-python-headless"} == set()
    )
    assert all(line.count(" ") == 0 and "<" in line for line in lines)
