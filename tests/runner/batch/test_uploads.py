"""Where `--input name=FILE` goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.batch.uploads import find_uploads, send
from runner.clock import SystemClock
from runner.engine.simulated import SimulatedEngine
from runner.errors import BadInput
from runner.ports import ApiGraph

pytestmark = pytest.mark.fast

INFO = {
    "LoadImage": {"input": {"required": {"image": [["face.png"], {"image_upload": True}]}}},
    "LoadAudio": {"input": {"required": {"audio": ["COMBO", {"audio_upload": True, "options": []}]}}},
    "LoadLatent": {"input": {"required": {"latent": [["a.latent"]]}}},
    "Text": {"input": {"required": {"text": ["STRING", {}]}}},
}


def graph() -> ApiGraph:
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": "face.png"}, "_meta": {"title": "Who"}},
        "2": {"class_type": "LoadImage", "inputs": {"image": "face.png [input]"}},
        "3": {"class_type": "LoadImage", "inputs": {"image": "other.png"}},
        "4": {"class_type": "LoadAudio", "inputs": {"audio": "x.wav"}},
        "5": {"class_type": "LoadLatent", "inputs": {"latent": "a.latent"}},
        "6": {"class_type": "Text", "inputs": {"text": ""}},
    }


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("face.png", [("1", "image"), ("2", "image")]),
        ("other.png", [("3", "image")]),
        ("Who", [("1", "image")]),
        ("Who.image", [("1", "image")]),
        ("3", [("3", "image")]),
        ("audio", [("4", "audio")]),
        ("image", [("1", "image"), ("2", "image"), ("3", "image")]),
        ("LoadAudio", [("4", "audio")]),
        ("a.latent", [("5", "latent")]),
        ("6.text", [("6", "text")]),
    ],
)
def test_a_name_finds_its_loaders(name: str, targets: list[tuple[str, str]], tmp_path: Path) -> None:
    (tmp_path / "new.png").touch()
    (found,) = find_uploads(graph(), INFO, [f"{name}={tmp_path / 'new.png'}"])
    assert list(found.targets) == targets


@pytest.mark.parametrize(
    "word", ["nobody=HERE", "LoadImage=HERE", "6=HERE", "9.image=HERE", "=HERE", "image", "image=no"]
)
def test_what_fits_nothing_is_refused(word: str, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(BadInput) as caught:
        find_uploads(graph(), INFO, [word.replace("HERE", str(tmp_path / "a"))])
    assert caught.value.code == "run.input"


def test_a_refusal_names_what_the_caller_takes_beside_the_loaders(tmp_path: Path) -> None:
    (tmp_path / "x.wav").touch()
    with pytest.raises(BadInput, match="name one of audio, image"):
        find_uploads({}, {}, [f"sound={tmp_path / 'x.wav'}"], own=("audio", "image"))


async def test_another_file_of_the_same_name_gets_a_new_one_the_same_bytes_do_not(tmp_path: Path) -> None:
    engine = SimulatedEngine(SystemClock(), data=tmp_path)
    names = []
    for number, content in enumerate([b"one", b"two", b"one"]):
        source = tmp_path / str(number) / "face.jpg"
        source.parent.mkdir()
        source.write_bytes(content)
        one = graph()
        await send(find_uploads(one, INFO, [f"Who={source}"]), one, engine)
        names.append(one["1"]["inputs"]["image"])
    assert names == ["face.jpg", "face (1).jpg", "face.jpg"]
