"""Which voice a user means, and what stands near a name that is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from .errors import VoiceUnknown
from .speech import Voice

_ALIASES: Mapping[str, str] = {
    # Tags that are old, or that say a region where voices say a language.
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
    "no": "nb",
    "iw": "he",
    "in": "id",
    "sh": "hr",
    "mo": "ro",
}
_REGION_OR_SCRIPT = re.compile(r"[a-z]{2}|[0-9]{3}|[a-z]{4}")
_NEIGHBOURS = 5
# Named where nothing is close: what most users look for, not what the alphabet begins with.
_WELL_KNOWN = ("en-us", "en-gb", "de", "fr-fr", "es", "it", "pt-br", "cmn", "ar", "ru", "ja")


def find_voice(wanted: str, voices: Iterable[Voice], *, tags: Mapping[str, str] | None = None) -> Voice:
    """Return the voice that `wanted` names: an id, a name, a language tag, or a tag with a region too many.

    `tags` maps further lower-case tags to ids. Case and `_` for `-` do not matter: `de`, `de_AT`, `German`,
    `en-GB`, `zh-Hans-CN`. Raises: VoiceUnknown, which names the neighbours.
    """
    known = list(voices)
    table = {voice.name.casefold(): voice for voice in reversed(known)}
    by_id = {voice.id.lower(): voice for voice in known}
    table.update({tag: by_id[target.lower()] for tag, target in (tags or {}).items() if target.lower() in by_id})
    table.update({alias: by_id[target] for alias, target in _ALIASES.items() if target in by_id})
    table.update(by_id)
    asked = wanted.strip().casefold()
    tag = asked.replace("_", "-")
    while True:
        found = table.get(asked) or table.get(tag)
        if found:
            return found
        head, _, last = tag.rpartition("-")
        if not head or not _REGION_OR_SCRIPT.fullmatch(last):
            raise VoiceUnknown(f"there is no voice {wanted!r}; {neighbours(wanted, known)}")
        asked = tag = head


def neighbours(wanted: str, voices: Iterable[Voice]) -> str:
    """Return the end of a sentence that names the voices whose id or name looks most like `wanted`."""
    known = list(voices)
    asked = wanted.strip().casefold()
    keys: dict[str, Voice] = {}
    for voice in known:
        for key in (voice.id, voice.name, voice.name.split(" (")[0]):
            keys.setdefault(key.casefold(), voice)
    begun = sorted((voice for voice in known if asked and voice.name.casefold().startswith(asked)), key=_plainness)
    near = difflib.get_close_matches(asked, keys, n=2 * _NEIGHBOURS, cutoff=0.6)
    chosen = list(dict.fromkeys([*begun, *(keys[key] for key in near)]))[:_NEIGHBOURS]
    head = "use one near it:" if chosen else "use for example"
    return f"{head} " + ", ".join(f"{voice.id} ({voice.name})" for voice in chosen or _well_known(known))


def _well_known(known: list[Voice]) -> list[Voice]:
    """Return the first voices that most people know; of a provider without them, its first ones."""
    by_id = {voice.id: voice for voice in known}
    found = [by_id[name] for name in _WELL_KNOWN if name in by_id]
    return (found or known)[:_NEIGHBOURS]


def _plainness(voice: Voice) -> tuple[int, str]:
    return len(voice.id), voice.id
