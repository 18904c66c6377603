"""`install.py download --with wanvideowrapper`: the pinned pack, in an environment that changes no other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from installer import wrapper_pack, wrapper_venv
from tests.install.conftest import Checkout, make_wheel, new_checkout

WITH = ("download", "--with", "wanvideowrapper")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=T", "-c", "user.email=t@t", *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def pack_folder(folder: Path) -> Path:
    for part in wrapper_pack.PARTS:
        path = folder / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# a node\n")
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that is set up, with transformers 5 in its environment, and what the pack needs on the index."""
    made = new_checkout(tmp_path_factory.mktemp("wrapper"))
    for name, version in (("transformers", "5.23.0"), ("tiny_torch", "1.0")):
        module = name.removeprefix("tiny_")
        make_wheel(
            made.wheels, name, version=version, module=module, more={"__init__.py": f"__version__ = '{version}'\n"}
        )
    (made.root / "requirements.txt").write_text("transformers==5.23.0\ntiny_torch==1.0\n")
    made.set_up()
    for name in (*wrapper_venv.PINS, *wrapper_venv.OTHERS):
        package, _, version = re.split(r"(==|>=|$)", name, maxsplit=1)
        version = version if "." in version else "9.9"
        make_wheel(made.wheels, package, version=version, more={"__init__.py": f"__version__ = '{version}'\n"})
    return made


@pytest.fixture
def source(shop: Checkout, tmp_path: Path) -> Path:
    """A repository with two commits; the first is the pinned one in this checkout."""
    folder = pack_folder(tmp_path / "origin")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    pinned = git(folder, "rev-parse", "HEAD")
    (folder / "nodes.py").write_text("# newer\n")
    git(folder, "commit", "--quiet", "-am", "two")
    pin(shop, folder, pinned)
    return folder


def pin(shop: Checkout, repository: Path, commit: str) -> None:
    path = shop.root / "installer" / "wrapper_pack.py"
    text = re.sub(r'^REPOSITORY = ".*"', f'REPOSITORY = "{repository.as_uri()}"', path.read_text(), flags=re.M)
    path.write_text(re.sub(r'^COMMIT = "[0-9a-f]*"', f'COMMIT = "{commit}"', text, flags=re.M))
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)  # as long as before, in the same second


def record(shop: Checkout) -> dict[str, str]:
    told: dict[str, str] = json.loads((shop.layout.wrapper / wrapper_pack.RECORD).read_text())
    return told


def version_in(python: Path) -> str:
    program = "import transformers; print(transformers.__version__)"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_pinned_commit_comes_with_an_environment_over_ours_which_stays_as_it_is(
    shop: Checkout, source: Path
) -> None:
    before = sorted(str(path) for path in shop.layout.venv.rglob("*.dist-info"))
    code, text = shop.run(*WITH, "--dry-run")
    assert code == 0, text
    assert not shop.layout.wrapper.exists()
    code, text = shop.run(*WITH)
    assert code == 0, text
    assert text.index("Apache-2.0") < text.index("git fetch")
    assert text.index("transformers==4.57.6") < text.index("what it needs")
    assert (Path(record(shop)["path"]) / "nodes.py").read_text() == "# a node\n"
    assert record(shop)["commit"] == git(source, "rev-parse", "HEAD~1")
    assert sorted(str(path) for path in shop.layout.venv.rglob("*.dist-info")) == before
    assert version_in(shop.layout.python) == "5.23.0"
    assert version_in(wrapper_venv.python(shop.layout)) == "4.57.6"
    assert re.search(r"ok +WanVideoWrapper .*transformers 4\.57\.6", shop.run("doctor")[1])
    # again: nothing is fetched, also where the host has gone
    source.rename(source.with_name("gone"))
    code, text = shop.run(*WITH)
    assert code == 0, text
    assert "git fetch" not in text


def test_what_the_host_gives_must_be_the_pinned_commit_and_a_lost_host_is_told(shop: Checkout, source: Path) -> None:
    source.rename(source.with_name("gone"))
    code, text = shop.run(*WITH)
    assert code == 4
    assert "is not reached" in text
    assert "--path DIR" in text
    source.with_name("gone").rename(source)
    pin(shop, source, "0" * 40)
    code, text = shop.run(*WITH)
    assert code == 4, text
    assert not list(shop.layout.wrapper.glob("*.new"))


def test_a_folder_of_the_users_is_used_where_it_lies_and_stays(shop: Checkout, tmp_path: Path) -> None:
    folder = pack_folder(tmp_path / "theirs")
    code, text = shop.run(*WITH, "--path", str(folder))
    assert code == 0, text
    assert "no commit known" in text
    assert record(shop)["path"] == str(folder)
    code, text = shop.run(*WITH, "--path", str(tmp_path))
    assert code == 2
    assert "nodes_sampler.py" in text
    assert record(shop)["path"] == str(folder)


def test_words_that_do_not_fit_are_refused(shop: Checkout, checkout: Checkout) -> None:
    for words in (("download", "--with", "kjnodes"), ("download", "--path", "/x"), (*WITH, "--set", "wanvideo")):
        assert shop.run(*words)[0] == 2
    code, text = checkout.run(*WITH)
    assert code == 2
    assert "setup first" in text
    code, text = shop.run(*WITH, "--comfyui", "http://127.0.0.1:9")
    assert code == 2
    assert "Manager" in text


def test_uninstall_takes_what_was_fetched_and_leaves_the_users_folder(checkout: Checkout, tmp_path: Path) -> None:
    folder = pack_folder(tmp_path / "theirs")
    (checkout.layout.wrapper / "venv").mkdir(parents=True)
    assert "BAD WanVideoWrapper" in " ".join(checkout.run("doctor")[1].split())
    code, text = checkout.run("uninstall", "--yes")
    assert code == 0, text
    assert not checkout.layout.wrapper.exists()
    assert folder.is_dir()
