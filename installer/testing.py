"""`install.py test`: what the tests need, then lint (in CI) and pytest, whose closing line is the last."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from installer import wrapper_pack, wrapper_venv
from installer.errors import CommandFailed
from installer.layout import Layout, setting
from installer.progress import answers, child_environment, run, say, warn
from installer.suite import run_suite

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
SYSTEM_PACKAGES = ("chromium", "ffmpeg", "fonts-dejavu-core")
APT_S = 900.0


def find_browser(layout: Layout) -> str:
    """A Chromium that runs (a name on PATH may be a stub), or ""; ONAIR_TEST_BROWSER names one."""
    named = setting(layout.root, "ONAIR_TEST_BROWSER")
    for name in (named, *_BROWSERS, _MAC_CHROME):
        path = shutil.which(name) if name else None
        if path and answers([path, "--version"]) is not None:
            return path
    return ""


def _install_system_packages(layout: Layout) -> None:
    """The browser, and the ffmpeg that benchmarks and cross-checks compare with. What cannot come is only said."""
    missing = [name for name in ("chromium", "ffmpeg") if not shutil.which(name)]
    if find_browser(layout) and "chromium" in missing:
        missing.remove("chromium")
    if not missing:
        return
    apt = shutil.which("apt-get")
    if not apt or sys.platform == "win32" or os.geteuid() != 0:
        warn(f"Not here: {', '.join(missing)}. Installing them needs apt-get and root; their tests are skipped.")
        return
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run([apt, "update", "-q"], label="apt-get update", log=layout.setup_log, timeout_s=APT_S, extra_env=env)
    except CommandFailed as exc:
        warn(f"apt-get update: {exc.tail.splitlines()[-1]}")
    for name in SYSTEM_PACKAGES:  # one by one: what one distribution lacks must not cost the others
        try:
            run(
                [apt, "install", "-y", "-q", "--no-install-recommends", name],
                label=f"apt-get install {name}", log=layout.setup_log, timeout_s=APT_S, extra_env=env,
            )  # fmt: skip
        except CommandFailed as exc:
            warn(f"{name} was not installed: {exc.tail.splitlines()[-1]}")


def _lint(layout: Layout, env: dict[str, str]) -> int:
    bash = shutil.which("bash")
    if not bash:
        warn("Lint was not run: scripts/lint needs bash.")
        return 0
    say("lint")
    return subprocess.call([bash, str(layout.root / "scripts" / "lint")], cwd=layout.root, env=env)


def run_tests(layout: Layout, comfyui: Path, arguments: list[str]) -> int:
    """Run them; the exit code is pytest's, or lint's in CI when only that failed."""
    everything = "--full" in arguments or os.environ.get("CI", "").lower() in ("1", "true")
    if everything:
        _install_system_packages(layout)
    # Named also where there is none: a name on PATH that does not run must not count as one.
    browser = find_browser(layout) or "none"
    env = child_environment({"ONAIR_TEST_COMFYUI": str(comfyui), "ONAIR_TEST_BROWSER": browser})
    pack = wrapper_pack.installed(layout)
    if pack is not None:
        env.setdefault("ONAIR_TEST_WANVIDEOWRAPPER", pack.path)
        env.setdefault("ONAIR_TEST_WANVIDEOWRAPPER_PYTHON", str(wrapper_venv.python(layout)))
    lint = _lint(layout, env) if everything else 0
    result = run_suite(layout, arguments, env)
    if lint:
        sys.stderr.write("lint found faults (above the tests)\n")
    return result or lint
