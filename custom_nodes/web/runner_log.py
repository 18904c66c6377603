"""What a runner says while it starts and works: its JSON lines, kept in a short memory."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

KEPT_LINES = 40
LONGEST_LINE = 500
LAST_WORDS_S = 2.0


class RunnerLog:
    """Filled by two threads, read by whoever asks how it stands."""

    def __init__(self) -> None:
        self._readers: list[threading.Thread] = []
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.step = ""
        self.address = ""
        self.fault = ""
        self.on_air = threading.Event()
        """Set as soon as the address is told, and when the runner has said its last word."""

    @property
    def lines(self) -> list[str]:
        """The last lines, oldest first, in words."""
        return list(self._lines)

    def follow(self, answers: Iterable[str], log: Iterable[str]) -> None:
        """Read the runner's standard output and standard error, each in a thread, until they end."""
        readers = ((self._read_answers, answers), (self._read_log, log))
        self._readers = [threading.Thread(target=read, args=(output,), daemon=True) for read, output in readers]
        for reader in self._readers:
            reader.start()

    def wait(self) -> None:
        """Wait until all that was said is read; what a child of the runner still holds open is not waited for."""
        for reader in self._readers:
            reader.join(LAST_WORDS_S)

    def _read_answers(self, output: Iterable[str]) -> None:
        """Read standard output: one JSON object, the address; at an early end an object with the error."""
        for line in output:
            told = _object(line)
            self.address = str(told.get("address", self.address))
            self._note_fault(told)
            if self.address:
                self.on_air.set()
        self.on_air.set()

    def _read_log(self, output: Iterable[str]) -> None:
        """Read standard error: a JSON object a line, or a traceback's plain text."""
        for line in output:
            told = _object(line)
            self.step = str(told.get("step", self.step))
            self._note_fault(told)
            words = _words(told) if told else line.strip()
            if words:
                self._lines.append(words[:LONGEST_LINE])

    def _note_fault(self, told: dict[str, Any]) -> None:
        error = told.get("error", told)
        if isinstance(error, dict) and "code" in error and error.get("message"):
            self.fault = f"{error['message']} ({error['code']})"


def _words(told: dict[str, Any]) -> str:
    detail = told.get("step") or told.get("reason") or told.get("exc") or ""
    return f"{told.get('message', '')} {detail}".strip()


def _object(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
