"""Which voice a name means, and which provider."""

from __future__ import annotations

import pytest

from custom_nodes.tts import registry
from custom_nodes.tts.errors import ProviderUnknown, VoiceUnknown
from custom_nodes.tts.speech import Voice
from custom_nodes.tts.voices import find_voice, neighbours

VOICES = tuple(
    Voice(id=tag, language=tag, name=name)
    for tag, name in (
        ("cmn", "Chinese (Mandarin)"),
        ("de", "German"),
        ("en-029", "English (Caribbean)"),
        ("en-gb", "English (Great Britain)"),
        ("en-us", "English (America)"),
        ("nb", "Norwegian Bokmål"),
        ("yue", "Chinese (Cantonese)"),
    )
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        *(("de", "de"), ("DE", "de"), (" German ", "de"), ("de-AT", "de"), ("de-Latn-DE", "de")),
        *(("en-GB", "en-gb"), ("en_us", "en-us"), ("English (America)", "en-us"), ("en", "en-gb"), ("en-AU", "en-gb")),
        *(("zh", "cmn"), ("zh-CN", "cmn"), ("zh-Hans-CN", "cmn"), ("zh-HK", "yue"), ("no", "nb")),
    ],
)
def test_ids_names_and_language_tags_find_a_voice(wanted: str, found: str) -> None:
    assert find_voice(wanted, VOICES, tags={"en": "en-gb"}).id == found


@pytest.mark.parametrize(
    ("wanted", "named"),
    [("germann", "de (German)"), ("en-uss", "en-us (English (America))"), ("english", "en-gb"), ("???", "cmn")],
)
def test_an_unknown_voice_names_its_neighbours(wanted: str, named: str) -> None:
    with pytest.raises(VoiceUnknown) as caught:
        find_voice(wanted, VOICES)
    assert repr(wanted) in str(caught.value)
    assert named in str(caught.value)


def test_at_most_five_neighbours_are_named() -> None:
    many = [Voice(id=f"en-{n}", language="en", name=f"English ({n})") for n in range(50)]
    assert neighbours("english", many).count("(English") == 5


def test_a_voice_may_name_its_provider() -> None:
    assert registry.split_voice("tone:low") == ("tone", "low")
    assert registry.split_voice("de") == ("espeak", "de")
    assert registry.split_voice("") == ("espeak", "")
    assert registry.split_voice("low", default="tone") == ("tone", "low")


def test_an_unknown_provider_names_those_there_are() -> None:
    with pytest.raises(ProviderUnknown, match=r"'tones'.*espeak, tone.*did you mean tone"):
        registry.provider("tones")


def test_every_provider_named_can_be_loaded_and_has_voices_it_speaks() -> None:
    for name in registry.names():
        provider = registry.provider(name)
        assert provider.name == name
        assert provider is registry.provider(name)
        assert len(next(provider.stream("Hello", voice=provider.voices()[0].id)).pcm_s16le) > 0


def test_all_voices_have_ids_of_their_own_and_lead_back_to_their_provider() -> None:
    ids = [voice.id for voice in registry.all_voices()]
    assert len(set(ids)) == len(ids) > 100
    assert {registry.split_voice(voice)[0] for voice in ids} == set(registry.names())


@pytest.mark.parametrize("wanted", ["zzz", "???", "xx-yy"])
def test_where_nothing_is_close_the_voices_that_people_know_are_named(wanted: str) -> None:
    with pytest.raises(VoiceUnknown, match=r"use for example en-us .*, en-gb .*, de .*, fr-fr .*, es "):
        registry.provider("espeak").stream("Hello", voice=wanted)
