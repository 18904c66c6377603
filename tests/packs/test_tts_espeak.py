"""espeak-ng in this process: its traps."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from custom_nodes.tts.errors import ProviderFailed, TextRefused, VoiceUnknown
from custom_nodes.tts.providers.espeak import EspeakProvider
from custom_nodes.tts.providers.espeak_library import DATA_PATH_LIMIT_BYTES, short_path

LONG = "This sentence is spoken again and again, until the listener has had enough. " * 40
ROOT = Path(__file__).resolve().parents[2]


def phonemes(text: str, voice: str) -> list[str]:
    chunks = EspeakProvider().stream(text, voice=voice)
    return [event.name for chunk in chunks for event in chunk.events if event.kind == "phoneme"]


def test_the_first_chunk_comes_before_the_text_is_synthesised() -> None:
    chunks = EspeakProvider().stream(LONG)
    first = next(chunks)
    assert len(first.pcm_s16le) // 2 <= 1_324
    assert [event.name for event in first.events][:1] == ["This"]
    assert sum(len(chunk.pcm_s16le) // 2 for chunk in chunks) > 100 * 22_050


def test_closing_the_stream_ends_its_thread() -> None:
    chunks = EspeakProvider().stream(LONG)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert "onair-espeak" not in [thread.name for thread in threading.enumerate()]


def test_events_count_through_all_pieces_of_a_long_text() -> None:
    end = last = words = 0
    for chunk in EspeakProvider().stream(LONG):
        assert chunk.start_samples == end
        end += len(chunk.pcm_s16le) // 2
        for event in chunk.events:
            assert max(last, chunk.start_samples) <= event.start_samples < end
            last = event.start_samples
            words += event.kind == "word"
    assert words == len(LONG.split())


@pytest.mark.parametrize(
    "voice", ["de", "en-gb", "en", "zh", "cmn", "pt-BR", "gmw/en-US", "English (America)", "en-us+f3"]
)
def test_language_tags_names_and_variants_are_voices(voice: str) -> None:
    assert next(EspeakProvider().stream("a", voice=voice)).pcm_s16le


def test_a_voice_is_not_left_over_from_the_call_before() -> None:
    german = phonemes("zwei", "de")
    assert phonemes("zwei", "en-us") != german
    assert phonemes("zwei", "de") == german


def test_an_unknown_variant_names_its_neighbours() -> None:
    with pytest.raises(VoiceUnknown, match=r"no variant 'f33'.*f3"):
        EspeakProvider().stream("a", voice="en-us+f33")


def test_phonemes_have_no_stress_and_no_language_marks() -> None:
    names = phonemes("Bob's banana. 你好 hello", "cmn") + phonemes("Unbelievable opportunities, Bob!", "en-us")
    assert all(name and name[0] not in "',%(" for name in names)


def test_chinese_in_an_english_voice_is_read_as_chinese() -> None:
    assert phonemes("你好", "en-us") == phonemes("你好", "cmn")


@pytest.mark.parametrize(("text", "said"), [("漢字とかな", "kana"), ("བོད་སྐད", "Tibetan")])
def test_letters_that_no_voice_reads_are_said_plainly(text: str, said: str) -> None:
    with pytest.raises(TextRefused, match=said):
        EspeakProvider().stream(text)


def test_twenty_thousand_letters_without_a_space_are_spoken_in_pieces() -> None:
    chunks = EspeakProvider().stream("a" * 20_000)
    assert len(next(chunks).pcm_s16le) <= 2 * 1_324
    chunks.close()  # type: ignore[attr-defined]


def test_a_data_path_that_is_too_long_gets_a_short_link(tmp_path: Path) -> None:
    data = tmp_path / ("x" * 120) / ("y" * 60) / "espeak-ng-data"
    data.mkdir(parents=True)
    (data / "phontab").write_bytes(b"1")
    short = short_path(data)
    assert len(os.fsencode(short)) <= DATA_PATH_LIMIT_BYTES
    assert (short / "phontab").read_bytes() == b"1"
    assert short_path(tmp_path) == tmp_path


def test_the_voice_speaks_from_a_very_long_install_path(tmp_path: Path) -> None:
    import espeakng_loader

    package = Path(espeakng_loader.__file__).parent
    site = tmp_path / ("x" * 100) / ("y" * 100)
    (site / "espeakng_loader").mkdir(parents=True)
    for item in package.iterdir():
        target = site / "espeakng_loader" / item.name
        if item.name == "__init__.py":  # copied, not linked: the package finds its data beside this file
            target.write_bytes(item.read_bytes())
        else:
            target.symlink_to(item)
    code = (
        "import espeakng_loader; assert len(espeakng_loader.get_data_path()) > 200\n"
        "from custom_nodes.tts.providers.espeak import EspeakProvider\n"
        "print(sum(len(c.pcm_s16le) for c in EspeakProvider().stream('Hello')))"
    )
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10_000


@pytest.mark.parametrize("speed", [0.0, -1.0, 11.0, float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(ProviderFailed, match="speed"):
        EspeakProvider().stream("a", speed=speed)
