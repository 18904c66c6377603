"""JobWords: what a job was asked, and the id that the same words give again."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.batch.uploads import read_upload
from runner.engine.workflow import read_content
from runner.errors import BadInput

VOICES = ("audio", "audio_2")
PICTURE = "image"
ID_LETTERS = 16
HASHED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWords:
    """A workflow with `--set` and `--seed`, and the files that stand in for OnAir Window's links.

    `voices`: `audio` and `audio_2` as far as they were given. `uploads`: every other `name=FILE`, for the graph's
    loaders. `run`: which repeat, from 0. `place`: where the states lie, "" for a child of ours; a server elsewhere
    keeps them itself.
    """

    workflow: Path
    sets: tuple[str, ...] = ()
    seed: int | None = None
    voices: Mapping[str, Path]
    picture: Path | None = None
    uploads: tuple[str, ...] = ()
    place: str = ""
    quant: str = "auto"
    run: int = 0


def read_words(
    workflow: Path,
    *,
    sets: Sequence[str],
    seed: int | None,
    inputs: Sequence[str],
    place: str,
    quant: str = "auto",
    run: int = 0,
) -> JobWords:
    """Sort `--input name=FILE`: `audio`, `audio_2` and `image` are OnAir Window's own. Raises: BadInput `run.input`."""
    given: dict[str, Path] = {}
    uploads = []
    for word in inputs:
        name, source = read_upload(word)
        if name in (*VOICES, PICTURE):
            given[name] = source
        else:
            uploads.append(word)
    return JobWords(
        workflow=workflow,
        sets=tuple(sets),
        seed=seed,
        voices={name: given[name] for name in VOICES if name in given},
        picture=given.get(PICTURE),
        uploads=tuple(uploads),
        place=place,
        quant=quant,
        run=run,
    )


def job_id(words: JobWords, *, input_folders: Sequence[Path]) -> str:
    """Return the job's id: a hash of workflow, settings and of what is in every file. Blocking (it reads them all).

    `input_folders`: where the files lie that the workflow itself names; none where ComfyUI is elsewhere.
    """
    content = read_content(words.workflow)
    told = {
        "workflow": content,
        "sets": words.sets,
        "seed": words.seed,
        "quant": words.quant,
        "run": words.run if words.seed is None else 0,  # a repeat with a seed has one of its own
        "place": words.place,
        "voices": {name: _digest(path) for name, path in words.voices.items()},
        "picture": _digest(words.picture) if words.picture is not None else "",
        "uploads": [(name, _digest(path)) for name, path in map(read_upload, words.uploads)],
        "files": {name: _digest(path) for name, path in _named_files(content, input_folders)},
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    # A name of the file system, or a text of the workflow, may hold half a surrogate, which is no text.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:ID_LETTERS]


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(HASHED_BYTES):
                digest.update(block)
    except OSError as exc:
        raise BadInput(f"{path} cannot be read: {exc.strerror}; give a file that can be", code="run.input") from exc
    return digest.hexdigest()


def _named_files(content: Any, folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the files of these folders that a text anywhere in the workflow names."""
    for name in sorted(set(_texts(content)) if folders else ()):
        for folder in folders:
            with contextlib.suppress(OSError, ValueError):  # a text, too long or too odd for a name
                path = (folder / name.removesuffix(" [input]")).resolve()
                if folder.resolve() in path.parents and path.is_file():
                    yield name, path
                    break


def _texts(content: Any) -> Iterator[str]:
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, (dict, list)):
            waiting.extend(one.values() if isinstance(one, dict) else one)
