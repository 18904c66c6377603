"""The speech port's promises, on the fake and on espeak-ng."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from custom_nodes.tts.speech import PcmChunk
from runner.errors import SpeechFailed, TextRefused, UnknownVoice
from runner.speech import PackSpeech, SpeechPort, ToneSpeech, to_16k

LONG = "The quick brown fox jumps over the lazy dog, and then it sleeps. " * 60


@pytest.fixture(params=[ToneSpeech, PackSpeech], ids=["fake", "espeak"])
def speech(request: pytest.FixtureRequest) -> SpeechPort:
    made: Callable[[], SpeechPort] = request.param
    return made()


def samples(chunks: list[PcmChunk]) -> int:
    return sum(len(chunk.pcm_s16le) // 2 for chunk in chunks)


def test_chunks_are_contiguous_at_48_khz(speech: SpeechPort) -> None:
    at = 0
    for chunk in speech.stream("Hello there. How are you today, Bob?"):
        assert (chunk.start_samples, chunk.rate_hz) == (at, 48_000)
        assert len(chunk.pcm_s16le) % 2 == 0
        at += len(chunk.pcm_s16le) // 2
    assert 48_000 < at < 48_000 * 10


def test_events_come_in_order_with_the_chunk_that_holds_them(speech: SpeechPort) -> None:
    last = 0
    words = []
    for chunk in speech.stream("Hello there. How are you today, Bob?"):
        end = chunk.start_samples + len(chunk.pcm_s16le) // 2
        for event in chunk.events:
            assert chunk.start_samples <= event.start_samples < end
            assert event.start_samples >= last
            assert event.name == event.name.strip() != ""
            last = event.start_samples
            if event.kind == "word":
                words.append(event.name.strip(".,?"))
    assert words == ["Hello", "there", "How", "are", "you", "today", "Bob"]


def test_lips_close_on_b(speech: SpeechPort) -> None:
    names = [e.name for c in speech.stream("Bob") for e in c.events if e.kind == "phoneme"]
    assert [name[0] for name in names].count("b") == 2


def test_speech_is_heard(speech: SpeechPort) -> None:
    pcm = b"".join(chunk.pcm_s16le for chunk in speech.stream("Hello there"))
    levels = memoryview(pcm).cast("h")
    assert 3_000 < max(abs(level) for level in levels) <= 32_768


def test_faster_speech_is_shorter(speech: SpeechPort) -> None:
    text = "One two three four five six seven."
    normal, fast = (samples(list(speech.stream(text, speed=speed))) for speed in (1.0, 2.0))
    assert 0.4 < fast / normal < 0.75


def test_stopping_early_leaves_the_voice_usable(speech: SpeechPort) -> None:
    for _ in range(5):
        chunks = speech.stream(LONG)
        next(chunks)
        chunks.close()  # type: ignore[attr-defined]
    assert samples(list(speech.stream("Still here."))) > 24_000


def test_an_iterator_that_is_left_alone_blocks_nobody(speech: SpeechPort) -> None:
    left_alone = speech.stream(LONG)
    next(left_alone)
    assert samples(list(speech.stream("Others speak meanwhile."))) > 24_000
    assert samples([next(left_alone)]) > 0


def test_two_threads_speak_at_once(speech: SpeechPort) -> None:
    spoken: dict[str, int] = {}

    def say(name: str) -> None:
        spoken[name] = sum(samples(list(speech.stream("Two voices at the same time."))) for _ in range(10))

    threads = [threading.Thread(target=say, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(spoken) == list("abcd")
    assert max(spoken.values()) < 1.1 * min(spoken.values())


def test_an_unknown_voice_is_told_at_the_call_with_its_neighbours() -> None:
    with pytest.raises(UnknownVoice, match=r"germann.*de \(German\)"):
        PackSpeech().stream("Hello", "germann")
    with pytest.raises(UnknownVoice, match=r"'loww'.*low"):
        ToneSpeech().stream("Hello", "loww")
    with pytest.raises(UnknownVoice, match="espeak") as caught:
        PackSpeech().check_voice("espaek:de")
    assert caught.value.code == "provider.unknown"


def test_check_voice_takes_what_stream_takes(speech: SpeechPort) -> None:
    for voice in ("", *(voice.id for voice in speech.voices()[:3])):
        speech.check_voice(voice)
    with pytest.raises(UnknownVoice):
        speech.check_voice("no such voice at all")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "nothing to say"),
        ("   \n\t ", "nothing to say"),
        ("😀 🎉👍🏽 ❤️", "nothing to say"),
        ("\x00\x01\x1b\u200b\ufeff", "nothing to say"),
        ("?! ... --", "nothing to say"),
        ("a" * 100_000, "100000 bytes"),
        ("é" * 51_200, "102400 bytes"),
    ],
    ids=["empty", "blank", "emoji", "control", "marks", "100kB", "100KiB"],
)
def test_a_text_that_cannot_be_spoken_is_refused_at_the_call(speech: SpeechPort, text: str, sentence: str) -> None:
    with pytest.raises(TextRefused, match=sentence) as caught:
        speech.stream(text)
    assert caught.value.code == "text.refused"
    assert not str(caught.value).startswith("[")


def test_control_characters_and_emoji_inside_a_text_are_not_spoken(speech: SpeechPort) -> None:
    chunks = speech.stream("Good\x00 \x1bmorning 😀 to\u200b you")
    words = [e.name for c in chunks for e in c.events if e.kind == "word"]
    assert words == ["Good", "morning", "to", "you"]


@pytest.mark.parametrize("text", ["你好，世界。我们今天去公园。", "مرحبا بالعالم، كيف حالك؟", "Привет, мир"])  # noqa: RUF001
def test_other_alphabets_are_spoken(speech: SpeechPort, text: str) -> None:
    assert samples(list(speech.stream(text))) > 24_000


def test_a_speed_out_of_range_is_one_sentence(speech: SpeechPort) -> None:
    for speed in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(SpeechFailed, match="speed"):
            speech.stream("Hello", speed=speed)


def test_the_models_sound_is_a_third_of_the_programmes(speech: SpeechPort) -> None:
    resampler = to_16k()
    fed = made = 0
    for chunk in speech.stream("Hello there"):
        fed += len(chunk.pcm_s16le) // 2
        made += len(resampler.feed(chunk.pcm_s16le)) // 2
    made += len(resampler.finish()) // 2
    assert made == -(-fed // 3)
