"""Where model files already lie, and whether they are whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.model_folders import hub_caches, in_extra, in_hub, in_models, is_whole
from installer.model_list import HOST, ModelFile
from tests.install.model_server import safetensors

pytestmark = pytest.mark.fast

MODEL = ModelFile(name="a.safetensors", folder="text_encoders", url=f"{HOST}/Org/Repo/resolve/main/split/a.safetensors")


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (safetensors("a", 1000), True),
        (safetensors("a", 1000)[:-1], False),
        (safetensors("a", 1000) + b"x", False),
        (b"", False),
        (b"<html>not here</html>", False),
        ((2**40).to_bytes(8, "little") + b"{}", False),
        ((7).to_bytes(8, "little") + b"[1,2,3]", False),
        ((8).to_bytes(8, "little") + b'{"a": 1}', False),
    ],
    ids=["whole", "short", "long", "empty", "page", "length", "list", "entry"],
)
def test_a_safetensors_file_is_whole_when_it_is_as_long_as_its_header_says(
    tmp_path: Path, data: bytes, whole: bool
) -> None:
    (tmp_path / "a.safetensors").write_bytes(data)
    (tmp_path / "a.part").write_bytes(data)
    assert is_whole(tmp_path / "a.safetensors") is whole
    assert is_whole(tmp_path / "a.part", suffix=".safetensors") is whole
    assert not is_whole(tmp_path / "none.safetensors")


def test_of_other_files_only_emptiness_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"")
    assert not is_whole(tmp_path / "a.gguf")
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    assert is_whole(tmp_path / "a.gguf")


def test_a_blob_of_another_checksum_than_the_pinned_one_is_passed_over(tmp_path: Path) -> None:
    blob = tmp_path / "models--Org--Repo" / "blobs" / ("a" * 64)
    link = tmp_path / "models--Org--Repo" / "snapshots" / "abc" / "split" / "a.safetensors"
    for path in (blob, link):
        path.parent.mkdir(parents=True)
    blob.write_bytes(b"x")
    link.symlink_to(blob)
    assert list(in_hub(tmp_path, MODEL)) == [link]
    assert list(in_hub(tmp_path, replace(MODEL, sha256="a" * 64))) == [link]
    assert list(in_hub(tmp_path, replace(MODEL, sha256="b" * 64))) == []
    assert list(in_hub(tmp_path, replace(MODEL, url="https://models.example/a.safetensors"))) == []


def test_the_named_caches_come_before_the_usual_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hub", "home/hub", "user/.cache/huggingface/hub"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    found = [path for path in hub_caches(tmp_path) if tmp_path in path.parents]
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "hub",
        "home/hub",
        "user/.cache/huggingface/hub",
    ]
    monkeypatch.setenv("HF_HOME", str(tmp_path / "none"))
    assert tmp_path / "none" / "hub" not in hub_caches(tmp_path)


def test_the_older_names_of_comfyuis_folders_are_looked_into(tmp_path: Path) -> None:
    assert in_models(tmp_path, MODEL) == [tmp_path / name / "a.safetensors" for name in ("text_encoders", "clip")]


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("a:\n  base_path: /big\n  clip: x/\n  vae: y\n", ["/big/x"]),
        ("a:\n  text_encoders: '/one'  # mine\nb:\n  clip: |\n    /two\n\n    /three\n", ["/one", "/two", "/three"]),
        ('{"a": {"base_path": "/big", "text_encoders": "t"}}', ["/big/t"]),
        ("a:\n  base_path: sub\n  clip: x\n", ["HERE/sub/x"]),
        ("#a:\n#  clip: x\nb:\n", []),
        ("- a\n- b\n", []),
        ("[1, 2]", []),
    ],
    ids=["base", "blocks", "json", "relative", "comments", "list", "json list"],
)
def test_extra_model_paths_are_read_as_comfyui_reads_them(tmp_path: Path, text: str, folders: list[str]) -> None:
    config = tmp_path / "extra_model_paths.yaml"
    config.write_text(text)
    expected = [Path(folder.replace("HERE", str(tmp_path))) / "a.safetensors" for folder in folders]
    assert in_extra(config, MODEL) == expected
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(text) is not None  # it is a file that ComfyUI could read


def test_no_config_is_no_folder(tmp_path: Path) -> None:
    assert in_extra(tmp_path / "extra_model_paths.yaml", MODEL) == []
