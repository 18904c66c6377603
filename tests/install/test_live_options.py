"""The options of `live` are looked at before anything is fetched; the list of them is the runner's own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import live_options
from installer.errors import BadUse
from installer.help_text import HELP
from installer.layout import SETTINGS, Layout, refuse_unknown

pytestmark = pytest.mark.fast


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    for name in ("PORT", "HOST", "AVATAR", "WORKFLOW", "IDLE"):
        monkeypatch.delenv(f"ONAIR_{name}", raising=False)
    (tmp_path / "root").mkdir()
    return Layout(root=tmp_path / "root", data=tmp_path / "data")


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield str(listener.getsockname()[1])


def test_the_options_are_those_of_the_runners_own_command() -> None:
    typer = pytest.importorskip("typer")
    from runner.cli.app import app

    command = typer.main.get_command(app).commands["live"]
    # --help is answered before, and --check is what setup itself asks the runner with.
    options = [option for option in command.params if not {"--help", "--check"} & set(option.opts)]
    flags = [name for option in options if option.is_flag for name in (*option.opts, *option.secondary_opts)]
    assert set(flags) == set(live_options.FLAGS)
    assert {name for option in options if not option.is_flag for name in option.opts} == set(live_options.VALUES)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prot", "8000"], "Did you mean --port?"),
        (["--jsno"], "Did you mean --json?"),
        (["--json=yes"], "does not know --json"),
        (["face.jpg"], "does not know face.jpg"),
        (["--voice"], "--voice needs a value"),
        (["--voice="], "--voice needs a value"),
        (["--avatar", "missing.jpg"], "missing.jpg does not exist"),
        (["--workflow=."], "is a folder"),
        (["--set", "port=3"], "NODE.INPUT=VALUE"),
    ],
)
def test_words_that_cannot_be_right_are_refused(
    layout: Layout, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(BadUse) as caught:
        live_options.check_words(layout, "live", arguments, tmp_path)
    assert sentence in str(caught.value)


def test_files_are_seen_from_the_users_folder_else_from_the_checkout(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_text("")
    (layout.root / "idle.json").write_text("")
    given = ["--avatar", "face.jpg", "--voice", "de", "--idle=idle.json", "--set", "My node (2.5).steps=a=b", "--json"]
    assert live_options.check_words(layout, "live", given, tmp_path) == [
        "--avatar", str(tmp_path / "face.jpg"), "--voice", "de", "--idle", str(layout.root / "idle.json"),
        "--set", "My node (2.5).steps=a=b", "--json",
    ]  # fmt: skip


def test_a_file_that_a_setting_names_is_looked_for_too(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONAIR_AVATAR", "gone.png")
    with pytest.raises(BadUse, match=r"ONAIR_AVATAR: .*gone\.png does not exist"):
        live_options.check_words(layout, "live", [], tmp_path)
    (tmp_path / "face.jpg").write_text("")
    live_options.check_words(layout, "live", ["--avatar", "face.jpg"], tmp_path)


@pytest.mark.parametrize("port", ["99999", "-1", "eight", "8000.0", "٣"])
def test_a_port_that_is_none_is_refused(layout: Layout, port: str) -> None:
    with pytest.raises(BadUse, match="is none"):
        live_options.check_port(layout, ["--port", port])


def test_a_taken_port_is_refused_and_a_free_one_is_not(
    layout: Layout, taken_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadUse, match=f"Port {taken_port} is taken"):
        live_options.check_port(layout, [f"--port={taken_port}"])
    monkeypatch.setenv("ONAIR_PORT", taken_port)
    with pytest.raises(BadUse, match=f"Port {taken_port} is taken"):
        live_options.check_port(layout, [])
    live_options.check_port(layout, ["--port", "0"])


def test_an_address_that_is_not_this_machines_is_refused(layout: Layout) -> None:
    with pytest.raises(BadUse, match=r"Cannot listen on 192\.0\.2\.1:0"):
        live_options.check_port(layout, ["--host", "192.0.2.1", "--port", "0"])


def test_a_comfyui_that_does_not_listen_is_refused(taken_port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    live_options.check_reachable(f"http://127.0.0.1:{taken_port}")
    with pytest.raises(BadUse, match=r"No ComfyUI answers at http://127\.0\.0\.1:9"):
        live_options.check_reachable("http://127.0.0.1:9")
    for wrong in ("http://:8188", "http://host:port", "http://[::1"):
        with pytest.raises(BadUse, match="is not an address"):
            live_options.check_reachable(wrong)


def test_an_option_is_taken_out_and_the_last_one_counts() -> None:
    words = ["--port", "1", "--comfyui=A", "--comfyui", "B"]
    assert live_options.split_option(words, "--comfyui") == ("B", ["--port", "1"])
    with pytest.raises(BadUse):
        live_options.split_option(["--comfyui"], "--comfyui")


def test_a_setting_that_nothing_reads_is_refused(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONAIR_TEST_COMFYUI", "x")
    refuse_unknown(layout.root)
    (layout.root / ".env").write_text("ONAIR_PROT=9\n")
    with pytest.raises(BadUse, match=r"no setting ONAIR_PROT(?s:.)*Did you mean ONAIR_PORT\?"):
        refuse_unknown(layout.root)
    (layout.root / ".env").unlink()
    monkeypatch.setenv("ONAIR_FOO", "9")
    with pytest.raises(BadUse, match=r"no setting ONAIR_FOO(?s:.)*README\.md"):
        refuse_unknown(layout.root)


def test_the_settings_are_those_of_the_runner_and_of_the_other_parts() -> None:
    pytest.importorskip("pydantic_settings")
    from runner.settings import OF_OTHERS, Settings

    runners = {str(field.validation_alias or f"ONAIR_{name.upper()}") for name, field in Settings.model_fields.items()}
    assert set(SETTINGS) == runners | set(OF_OTHERS)


def test_every_option_is_in_the_help() -> None:
    assert [name for name in (*live_options.VALUES, *live_options.FLAGS) if f"{name} " not in HELP] == ["--rehearsal"]
