"""`install.py download`: shown first, linked where it lies here already, fetched once, also by two at once."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.layout import Layout
from installer.model_plan import own_models
from tests.install.conftest import Checkout
from tests.install.model_server import Host, graph_file, path_of, safetensors, serve

FILES = {"one.safetensors": safetensors("one", 200_000), "two.safetensors": safetensors("two", 50_000)}


@pytest.fixture
def host() -> Iterator[Host]:
    with serve() as made:
        made.files = {path_of(name): data for name, data in FILES.items()}
        yield made


@pytest.fixture
def shop(checkout: Checkout, host: Host, tmp_path: Path) -> Checkout:
    """A checkout with two graphs, a home without caches, and the host as its mirror."""
    graph_file(checkout.root / "workflows", "infinitetalk_live", ("vae", "one.safetensors"))
    both = (("vae", "one.safetensors"), ("diffusion_models", "two.safetensors"))
    graph_file(checkout.root / "workflows", "infinitetalk_two", *both)
    graph_file(checkout.root / "workflows", "infinitetalk_wanvideowrapper_live", ("vae", "gone.safetensors"))
    graph_file(checkout.root / "workflows", "plain")
    for name in list(checkout.env):
        if name.startswith(("HF_", "XDG_")) or name.lower() in ("http_proxy", "all_proxy"):
            del checkout.env[name]
    checkout.env.update(ONAIR_MODEL_HOST=host.address, HOME=str(tmp_path))
    return checkout


def _models(shop: Checkout) -> Path:
    return shop.root / ".onair" / "comfyui" / "models"


def _comfyui(folder: Path) -> Path:
    """A folder that looks like ComfyUI."""
    for name in ("comfy", "comfy_api", "models"):
        (folder / name).mkdir(parents=True)
    for name in ("main.py", "server.py", "execution.py", "nodes.py", "folder_paths.py", "requirements.txt"):
        (folder / name).write_text("")
    return folder


def _in_hub(cache: Path, name: str, data: bytes) -> Path:
    """The file in a Hub cache, as the Hub's own client lays it down."""
    home = cache / "models--Org--Repo"
    blob = home / "blobs" / hashlib.sha256(data).hexdigest()
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    link = home / "snapshots" / "abc" / "split" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(blob)
    return blob


def _got(host: Host) -> list[str]:
    return [path.rpartition("/")[2] for method, path, _ in host.asked if method == "GET"]


def test_all_files_come_to_where_lives_own_comfyui_looks(shop: Checkout, host: Host) -> None:
    code, text = shop.run("download")
    assert code == 0, text
    assert (_models(shop) / "vae" / "one.safetensors").read_bytes() == FILES["one.safetensors"]
    assert (_models(shop) / "diffusion_models" / "two.safetensors").read_bytes() == FILES["two.safetensors"]
    assert text.index("Licences of the weights") < text.index("To fetch:") < text.index("checked")
    assert "Org/Repo split/one.safetensors" in text
    assert "All 2 files are there." in text
    host.asked.clear()
    code, text = shop.run("download")
    assert (code, host.asked) == (0, [])
    assert "To fetch: 0 MB" in text


def test_the_default_folder_is_the_models_folder_of_the_childs_base(tmp_path: Path) -> None:
    from runner.engine.base_folder import prepare_base

    data = tmp_path / "data"
    prepare_base(data / "comfyui", data, [], tmp_path / "ComfyUI")  # as runner/compose.py names it
    assert own_models(Layout(root=tmp_path, data=data)).is_dir()


def test_a_dry_run_shows_everything_and_changes_nothing(shop: Checkout, host: Host) -> None:
    code, text = shop.run("download", "--dry-run")
    assert code == 0, text
    assert "SHA-256 " + hashlib.sha256(FILES["one.safetensors"]).hexdigest()[:12] in text
    assert not (shop.root / ".onair").exists()
    assert _got(host) == []
    host.publishes = False
    assert "checksum: not published" in shop.run("download", "--dry-run")[1]
    code, text = shop.run("download", "--dry-run", ONAIR_MODEL_HOST="http://127.0.0.1:9")
    assert (code, text.count("does not answer")) == (0, 1)
    assert "To fetch: 0 MB and 2 of unknown size" in text


def test_a_set_is_a_family_or_one_graph_and_may_be_given_again(shop: Checkout, host: Host) -> None:
    code, text = shop.run("download", "--set", "infinitetalk_live")
    assert (code, _got(host)) == (0, ["one.safetensors"]), text
    code, text = shop.run("download", "--set=infinitetalk_live", "--set", "infinitetalk_two")
    assert (code, _got(host)) == (0, ["one.safetensors", "two.safetensors"]), text
    code, text = shop.run("download", "--set", "infinitetalc")
    assert code == 2
    assert "Did you mean infinitetalk?" in text
    code, text = shop.run("download", "--set", "wanvideowrapper")
    assert code == 4
    assert "it is not there" in text
    assert shop.run("download", "--fetch")[0] == 2


def test_another_folder_and_a_comfyui_can_be_filled(shop: Checkout, tmp_path: Path) -> None:
    assert shop.run("download", "--to", str(tmp_path / "models"))[0] == 0
    assert (tmp_path / "models" / "vae" / "one.safetensors").is_file()
    tree = _comfyui(tmp_path / "ComfyUI")
    assert shop.run("download", "--to", str(tree))[0] == 0
    assert (tree / "models" / "vae" / "one.safetensors").is_file()
    for slip in ("a/slip", "n" * 300):
        code, text = shop.run("download", "--to", str(tmp_path / slip))
        assert code == 2
        assert "is no folder" in text
    code, text = shop.run("download", "--to", "/proc/slip")
    assert code == 4
    assert "cannot be made" in text
    code, text = shop.run("download", "--comfyui", "http://127.0.0.1:9")
    assert code == 2
    assert "--to FOLDER" in text


@pytest.mark.parametrize("variable", ["HF_HOME", "HF_HUB_CACHE", ""])
def test_a_file_in_a_hub_cache_is_linked_not_fetched(shop: Checkout, host: Host, tmp_path: Path, variable: str) -> None:
    home = tmp_path / "hf" if variable else tmp_path / ".cache" / "huggingface"
    blob = _in_hub(home / "hub", "one.safetensors", FILES["one.safetensors"])
    named = {variable: str(home / ("hub" if variable == "HF_HUB_CACHE" else ""))} if variable else {}
    code, text = shop.run("download", **named)
    assert code == 0, text
    assert _got(host) == ["two.safetensors"]
    target = _models(shop) / "vae" / "one.safetensors"
    assert target.is_symlink()
    assert target.resolve() == blob.resolve()
    moved = _in_hub(tmp_path / "moved", "one.safetensors", FILES["one.safetensors"])
    blob.unlink()  # the cache was moved, later emptied
    assert shop.run("download", HF_HUB_CACHE=str(tmp_path / "moved"))[0] == 0
    assert target.resolve() == moved.resolve()
    moved.unlink()
    code, text = shop.run("download", **named)
    assert code == 0, text
    assert not target.is_symlink()
    assert target.read_bytes() == FILES["one.safetensors"]


def test_half_a_file_in_a_cache_is_not_used(shop: Checkout, host: Host, tmp_path: Path) -> None:
    blob = _in_hub(tmp_path / ".cache" / "huggingface" / "hub", "one.safetensors", FILES["one.safetensors"])
    blob.write_bytes(FILES["one.safetensors"][:-100])
    assert shop.run("download")[0] == 0
    assert sorted(_got(host)) == ["one.safetensors", "two.safetensors"]


def test_models_of_the_named_comfyui_count_where_they_lie_and_are_linked_elsewhere(
    shop: Checkout, host: Host, tmp_path: Path
) -> None:
    tree = _comfyui(tmp_path / "ComfyUI")
    (tree / "models" / "vae").mkdir()
    (tree / "models" / "vae" / "one.safetensors").write_bytes(FILES["one.safetensors"])
    (tmp_path / "big disk" / "unet").mkdir(parents=True)
    (tmp_path / "big disk" / "unet" / "two.safetensors").write_bytes(FILES["two.safetensors"])
    (tree / "extra_model_paths.yaml").write_text(
        "# where they are\ncomfyui:\n    base_path: ../big disk/\n    is_default: true\n    loras: loras\n"
        "    diffusion_models: |\n        none/\n        unet/\nempty:\n"
    )
    code, text = shop.run("download", "--comfyui", str(tree))
    assert code == 0, text
    assert host.asked == []
    assert not list(_models(shop).rglob("*.safetensors"))
    code, text = shop.run("download", "--comfyui", str(tree), "--to", str(tmp_path / "other"))
    assert code == 0, text
    assert host.asked == []
    linked = {path.name: path.resolve().parent.name for path in (tmp_path / "other").rglob("*.safetensors")}
    assert linked == {"one.safetensors": "vae", "two.safetensors": "unet"}


def test_half_a_file_under_the_real_name_is_told_and_left_alone(shop: Checkout) -> None:
    target = _models(shop) / "vae" / "one.safetensors"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"what somebody put there")
    code, text = shop.run("download")
    assert code == 2
    assert "is not whole" in text
    assert target.read_bytes() == b"what somebody put there"


def test_a_file_too_large_for_the_disk_is_told_before_anything_comes(shop: Checkout, host: Host) -> None:
    host.claims["X-Linked-Size"] = str(10**18)
    code, text = shop.run("download")
    assert code == 4
    assert "not enough room" in text
    assert "Nothing was fetched" in text
    assert _got(host) == []


def test_another_file_than_the_pinned_one_is_refused_before_anything_comes(shop: Checkout, host: Host) -> None:
    path = shop.root / "workflows" / "infinitetalk_live.json"
    graph = json.loads(path.read_text())
    graph["nodes"][0]["properties"]["models"][0].update(hash="AB" * 32, hash_type="SHA256")
    path.write_text(json.dumps(graph))
    code, text = shop.run("download", "--set", "infinitetalk_live")
    assert code == 4
    assert "another file than the one that the graphs were made for" in text
    assert _got(host) == []


def test_two_at_once_fetch_each_file_once(shop: Checkout, host: Host) -> None:
    host.gate.clear()  # the first file does not come before the second run waits
    first = shop.start("download")
    while not _got(host):
        with pytest.raises(subprocess.TimeoutExpired):
            first.wait(timeout=0.05)
    second = shop.start("download")
    assert second.stdout is not None
    told = second.stdout.readline()
    host.gate.set()
    texts = [run.communicate(timeout=60)[0] for run in (first, second)]
    assert "Another install.py is at work here" in told
    assert [first.returncode, second.returncode] == [0, 0], texts
    assert sorted(_got(host)) == ["one.safetensors", "two.safetensors"]


def test_a_killed_download_is_gone_on_with_by_the_next(shop: Checkout, host: Host) -> None:
    host.cuts = [60_000] + [0] * 50  # after 60 000 bytes the host hands out nothing more
    run = shop.start("download", "--set", "infinitetalk_live")
    part = _models(shop) / "vae" / "one.safetensors.part"
    while len(_got(host)) < 2:
        with pytest.raises(subprocess.TimeoutExpired):  # it goes on trying
            run.wait(timeout=0.05)
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=20)
    assert part.stat().st_size == 60_000
    assert not part.with_suffix("").exists()
    host.cuts, host.asked = [], []
    assert shop.run("download", "--set", "infinitetalk_live")[0] == 0
    assert host.starts() == [60_000]
    assert part.with_suffix("").read_bytes() == FILES["one.safetensors"]
    assert not part.exists()


@pytest.mark.parametrize(("answer", "files"), [("n", 0), ("", 2)])
def test_at_a_terminal_it_asks_before_it_fetches(shop: Checkout, host: Host, answer: str, files: int) -> None:
    pty = pytest.importorskip("pty")
    keyboard, terminal = pty.openpty()
    os.write(keyboard, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, str(shop.root / "install.py"), "download"], env=shop.env, stdin=terminal,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(keyboard)
    os.close(terminal)
    assert done.returncode == 0, done.stderr
    assert "Fetch them? [Y/n]" in done.stdout
    assert ("Nothing was fetched." in done.stdout) is (files == 0)
    assert len(_got(host)) == files


def test_without_a_terminal_nothing_is_asked(shop: Checkout) -> None:
    code, text = shop.run("download")
    assert (code, "Fetch them?" in text) == (0, False)


def test_the_token_of_a_file_opens_what_the_host_keeps_closed(shop: Checkout, host: Host, tmp_path: Path) -> None:
    host.wants = "Bearer of-this"
    code, text = shop.run("download")
    assert code == 4
    assert "HF_TOKEN_FILE" in text
    (tmp_path / "token").write_text("of-this\n")
    code, text = shop.run("download", HF_TOKEN_FILE=str(tmp_path / "token"))
    assert code == 0, text
    assert "of-this" not in text
