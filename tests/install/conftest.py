"""A checkout in miniature and an index of tiny wheels: the real install.py on it takes seconds and no network."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from installer.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
# A ComfyUI by URL needs neither torch nor a tree; nothing is asked there.
SETUP = ("setup", "--comfyui", "http://127.0.0.1:9")


def make_wheel(
    folder: Path,
    name: str,
    *,
    files: int = 1,
    version: str = "1.0",
    module: str = "",
    needs: str = "",
    more: dict[str, str] | None = None,
) -> Path:
    """A wheel that installs `files` files of 20 kB, RECORD and all; `needs` is a package that it depends on,
    `more` files of its module."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    module = module or name
    content = {f"{module}/__init__.py": f"NAME = '{name}'\n".encode()}
    content |= {f"{module}/part_{number}.py": b"# filler\n" * 2000 for number in range(files)}
    content |= {f"{module}/{path}": text.encode() for path, text in (more or {}).items()}
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    content[f"{info}/METADATA"] = (metadata + (f"Requires-Dist: {needs}\n" if needs else "")).encode()
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = []
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        rows.append(f"{path},sha256={digest},{len(data)}")
    content[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]).encode()
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as wheel:
        for path, data in content.items():
            wheel.writestr(path, data)
    return target


@dataclass
class Checkout:
    """A copy of install.py and installer/ with requirement files of its own."""

    root: Path
    wheels: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root, data=self.root / ".onair")

    def require(self, where: str, *names: str, files: int = 1) -> None:
        for name in names:
            make_wheel(self.wheels, name, files=files)
        target = self.root / where
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(f"{name}==1.0\n" for name in names))

    def start(self, *arguments: str, cwd: Path | None = None, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.root / "install.py"), *arguments],
            cwd=cwd or self.root.parent, env={**self.env, **env}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *arguments: str, cwd: Path | None = None, **env: str) -> tuple[int, str]:
        process = self.start(*arguments, cwd=cwd, **env)
        text, _ = process.communicate(timeout=180)
        return process.returncode, text

    def kill_after(self, seconds: float) -> bool:
        """Start setup and kill it together with its pip; False when it had ended before."""
        with subprocess.Popen(
            [sys.executable, str(self.root / "install.py"), *SETUP], env=self.env, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return True
        return False

    def set_up(self, **env: str) -> str:
        """Run setup to its end, which must be good; returns what it said."""
        code, text = self.run(*SETUP, **env)
        assert code == 0, text
        return text

    def installed(self) -> list[str]:
        """The packages that the environment's Python can import in full, asked of it."""
        program = (
            "import importlib, pathlib, sys\n"
            "for path in sorted(pathlib.Path(p) for p in sys.path if p.endswith('site-packages')):\n"
            "    for info in sorted(path.glob('tiny_*.dist-info')):\n"
            "        rows = [r.split(',') for r in (info / 'RECORD').read_text().splitlines()]\n"
            "        assert all((path / r[0]).stat().st_size == int(r[2]) for r in rows if r[2]), info\n"
            "        print(importlib.import_module(info.name.partition('-')[0]).NAME)\n"
        )
        done = subprocess.run([self.layout.python, "-c", program], capture_output=True, text=True, check=True)
        return done.stdout.split()


@pytest.fixture
def wheel() -> Callable[..., Path]:
    """`make_wheel`, for tests that want wheels of their own."""
    return make_wheel


def new_checkout(folder: Path) -> Checkout:
    """A checkout below `folder`, with nothing set up."""
    root = folder / "a checkout"  # a path with a space
    root.mkdir()
    shutil.copy(ROOT / "install.py", root)
    shutil.copytree(ROOT / "installer", root / "installer", ignore=shutil.ignore_patterns("__pycache__"))
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "ONAIR_", "PYTHON"))}
    wheels = folder / "wheels"
    wheels.mkdir()
    env.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels), npm_config_offline="true", PIP_CONFIG_FILE=os.devnull)
    made = Checkout(root, wheels, env)
    made.require("requirements.txt", "tiny_pack")
    made.require("runner/requirements.txt", "tiny_runner")
    return made


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return new_checkout(tmp_path)


@pytest.fixture(scope="module")
def module_checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """One for all tests of a module that only use what is set up."""
    return new_checkout(tmp_path_factory.mktemp("shared"))
