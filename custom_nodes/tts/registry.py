"""Every provider by its name, loaded when first asked for: a new provider is a new file and a line here."""

from __future__ import annotations

import difflib
import importlib
import threading
from dataclasses import replace
from typing import cast

from .errors import ProviderUnknown
from .speech import Provider, Voice

DEFAULT = "espeak"

_CLASSES = {
    "espeak": (".providers.espeak", "EspeakProvider"),
    "tone": (".providers.tone", "ToneProvider"),
}
_loaded: dict[str, Provider] = {}
_lock = threading.Lock()


def names() -> tuple[str, ...]:
    """Return the providers' names, the default one first."""
    return tuple(_CLASSES)


def provider(name: str) -> Provider:
    """Return the provider of that name, one object for the life of the process. Raises: ProviderUnknown."""
    with _lock:
        if name not in _loaded:
            if name not in _CLASSES:
                near = difflib.get_close_matches(name, _CLASSES, n=1)
                hint = f", did you mean {near[0]}?" if near else ""
                raise ProviderUnknown(f"there is no speech provider {name!r}; use one of {', '.join(_CLASSES)}{hint}")
            module, attribute = _CLASSES[name]
            loaded = getattr(importlib.import_module(module, __package__), attribute)
            _loaded[name] = cast(Provider, loaded())
        return _loaded[name]


def split_voice(voice: str, *, default: str = DEFAULT) -> tuple[str, str]:
    """Return (provider, voice) of `tone:low` or plain `de`; an empty voice is the provider's own choice."""
    head, colon, tail = voice.strip().partition(":")
    return (head, tail) if colon else (default, head)


def all_voices() -> tuple[Voice, ...]:
    """Return every voice there is: the default provider's plain, the others' as `provider:voice`.

    Raises: ProviderFailed when a provider cannot be loaded.
    """
    found: list[Voice] = []
    for name in names():
        prefix = "" if name == DEFAULT else f"{name}:"
        for voice in provider(name).voices():
            found.append(replace(voice, id=f"{prefix}{voice.id}"))
    return tuple(found)
