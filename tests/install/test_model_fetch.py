"""One file from a host: whole, checked and taken up where it was cut, or not there at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.errors import BadUse, HostBusy, InstallError
from installer.model_fetch import came_bytes, fetch, part_of
from installer.model_host import ModelHost, host_of
from installer.model_list import HOST, ModelFile
from tests.install.model_server import Host, path_of, safetensors, serve

pytestmark = pytest.mark.fast

DATA = safetensors("a", 300_000)
NAME = "a.safetensors"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def host() -> Iterator[Host]:
    with serve() as made:
        made.files[path_of(NAME)] = DATA
        yield made


def _model(sha256: str = "") -> ModelFile:
    return ModelFile(name=NAME, folder="vae", url=f"{HOST}/{path_of(NAME)}", sha256=sha256)


def _bring(host: Host, target: Path, *, sha256: str = "", token: str = "") -> None:
    source, model = ModelHost(host.address, token), _model(sha256)
    fetch(source, model, target, source.look(model), pause_s=0)


def _alone(target: Path) -> bool:
    return [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_file_comes_whole_under_its_name_alone(host: Host, tmp_path: Path) -> None:
    _bring(host, tmp_path / "vae" / NAME, sha256=hashlib.sha256(DATA).hexdigest())
    assert (tmp_path / "vae" / NAME).read_bytes() == DATA
    assert _alone(tmp_path / "vae" / NAME)


def test_a_cut_connection_is_taken_up_at_the_byte_where_it_ended(host: Host, tmp_path: Path) -> None:
    host.cuts = [70_000, 0, 0, 100_000]
    _bring(host, tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == DATA
    assert host.starts() == [0, 70_000, 70_000, 70_000, 170_000]


def test_a_run_that_was_killed_is_gone_on_with(host: Host, tmp_path: Path) -> None:
    host.cuts = [120_000, 0, 0, 0, 0, 0]
    with pytest.raises(HostBusy, match=r"again and again(?s:.)*120000 of 30"):
        _bring(host, tmp_path / NAME)
    assert came_bytes(tmp_path / NAME) == 120_000
    assert not (tmp_path / NAME).exists()
    host.asked.clear()
    _bring(host, tmp_path / NAME)
    assert host.starts() == [120_000]
    assert (tmp_path / NAME).read_bytes() == DATA


@pytest.mark.parametrize("change", ["another file", "no ranges", "no tag kept"])
def test_a_beginning_that_cannot_be_gone_on_with_is_fetched_anew(host: Host, tmp_path: Path, change: str) -> None:
    host.cuts = [120_000, 0, 0, 0, 0, 0]
    with pytest.raises(HostBusy):
        _bring(host, tmp_path / NAME)
    if change == "another file":
        host.version, host.files[path_of(NAME)] = "2", safetensors("b", 280_000)
    elif change == "no ranges":
        host.ranges = False
    else:
        (tmp_path / f"{NAME}.part.etag").unlink()
    _bring(host, tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == host.files[path_of(NAME)]
    assert _alone(tmp_path / NAME)


def test_a_beginning_longer_than_the_file_is_dropped(host: Host, tmp_path: Path) -> None:
    part_of(tmp_path / NAME).write_bytes(bytes(len(DATA) + 10))
    (tmp_path / f"{NAME}.part.etag").write_text(f'"{len(DATA)}-1"')
    _bring(host, tmp_path / NAME)
    assert host.asked[1][2]["range"] == f"bytes={len(DATA) + 10}-"  # which gets a 416
    assert (tmp_path / NAME).read_bytes() == DATA


def test_a_part_that_was_complete_is_only_checked(host: Host, tmp_path: Path) -> None:
    part_of(tmp_path / NAME).write_bytes(DATA)
    _bring(host, tmp_path / NAME)
    assert host.starts() == []
    assert _alone(tmp_path / NAME)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [("pinned", "its SHA-256 is"), ("published", "its SHA-256 is"), ("size", "bytes came"), ("header", "own header")],
)
def test_what_is_not_the_published_file_is_removed_and_never_named(
    host: Host, tmp_path: Path, wrong: str, reason: str
) -> None:
    pinned = "0" * 64 if wrong == "pinned" else ""
    if wrong == "published":
        host.claims["X-Linked-Etag"] = '"' + "1" * 64 + '"'
    elif wrong == "size":
        host.claims["X-Linked-Size"] = str(len(DATA) - 5)
    elif wrong == "header":
        host.publishes, host.files[path_of(NAME)] = False, DATA[:-7]
    with pytest.raises(InstallError, match=rf"not the file that was published(?s:.)*{reason}(?s:.)*What to do:"):
        _bring(host, tmp_path / NAME, sha256=pinned)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(401, "HF_TOKEN"), (403, "accept its terms"), (404, "it is not there"), (503, "ONAIR_MODEL_HOST")],
)
def test_a_refusal_says_what_to_do(host: Host, tmp_path: Path, status: int, sentence: str) -> None:
    host.status[path_of(NAME)] = status
    with pytest.raises(InstallError) as caught:
        _bring(host, tmp_path / NAME)
    assert sentence in str(caught.value)
    assert str(status) in caught.value.why
    assert caught.value.exit_code == 4
    assert isinstance(caught.value, HostBusy) is (status == 503)


def test_a_host_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostBusy, match=r"could not be asked for(?s:.)*ONAIR_MODEL_HOST"):
        ModelHost("http://127.0.0.1:9").look(_model())


def test_a_full_disk_is_told_and_the_file_is_gone_on_with(host: Host, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(InstallError, match=r"the disk is full(?s:.)*Free some space"):
            _bring(host, tmp_path / NAME)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (tmp_path / NAME).exists()
    _bring(host, tmp_path / NAME)
    assert host.starts() == [0, 100_000]
    assert (tmp_path / NAME).read_bytes() == DATA


def test_the_token_goes_to_the_named_host_alone(host: Host, tmp_path: Path) -> None:
    with serve() as store:
        store.files[path_of(NAME)] = DATA
        host.leads_to = store.address
        _bring(host, tmp_path / NAME, token="secret")
    assert {headers.get("authorization") for _, _, headers in host.asked} == {"Bearer secret"}
    assert [method for method, _, _ in store.asked] == ["GET"]  # size and checksum were in the redirect
    assert "authorization" not in store.asked[0][2]
    elsewhere = ModelFile(name=NAME, folder="vae", url=f"{host.address}/{path_of(NAME)}")
    host.leads_to = ""
    ModelHost("https://models.example", "secret").look(elsewhere)
    assert "authorization" not in host.asked[-1][2]


def test_the_tag_that_is_gone_on_with_is_that_of_the_place_the_bytes_come_from(host: Host, tmp_path: Path) -> None:
    with serve() as store:
        store.files[path_of(NAME)], store.version = DATA, "store"
        store.cuts = [50_000]
        host.leads_to = store.address
        _bring(host, tmp_path / NAME)
        assert store.starts() == [0, 50_000]
    assert (tmp_path / NAME).read_bytes() == DATA


def test_a_token_never_goes_over_plain_http_to_another_machine() -> None:
    request = ModelHost("http://models.example", "secret")._request("http://models.example/a")
    assert not request.has_header("Authorization")
    request = ModelHost("https://models.example", "secret")._request("https://models.example/a")
    assert request.has_header("Authorization")


def test_the_settings_name_host_and_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HF_TOKEN_FILE", "ONAIR_MODEL_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert host_of(tmp_path).address == HOST
    (tmp_path / "token").write_text("secret\n")
    monkeypatch.setenv("HF_TOKEN_FILE", str(tmp_path / "token"))
    assert host_of(tmp_path)._token == "secret"
    monkeypatch.setenv("HF_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(BadUse, match=r"HF_TOKEN_FILE(?s:.)*Correct the path"):
        host_of(tmp_path)
    monkeypatch.setenv("HF_TOKEN", "two words\nX: y")
    with pytest.raises(BadUse, match="is no token"):
        host_of(tmp_path)
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("ONAIR_MODEL_HOST", "models.example")
    with pytest.raises(BadUse, match=r"ONAIR_MODEL_HOST: models\.example is not an address"):
        host_of(tmp_path)
