"""What is quoted of a log: no terminal's codes, an error rather than what came after it, this start's words alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.engine.last_words import last_words

pytestmark = pytest.mark.fast
RED, PLAIN = "\x1b[1;31m", "\x1b[0m"


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (f"Starting server\n{RED}To see the GUI{PLAIN} go to: here\x1b[K\n", "To see the GUI go to: here"),
        ("\x1b]0;title\x07ready\r\n\x1b(B\x1b7\n", "ready"),
        ("ImportError: no module\nPrestartup times:\n  0.0 s\n", "ImportError: no module"),
        (f"{RED}[ERROR]{PLAIN} no GPU\nbye\n", "[ERROR] no GPU"),
        ("torch.cuda.OutOfMemoryError: full\nbye\n", "torch.cuda.OutOfMemoryError: full"),
        ("loaded without errors\nbye\n", "bye"),
        ("", "it printed nothing"),
        ("\x1b[0m\n", "it printed nothing"),
    ],
)
def test_one_plain_line_is_quoted(printed: str, words: str, tmp_path: Path) -> None:
    log = tmp_path / "c.log"
    log.write_text(printed)
    assert last_words(log) == f"{words} (log: {log})"


def test_words_of_an_earlier_start_are_not_quoted(tmp_path: Path) -> None:
    log = tmp_path / "c.log"
    log.write_text("RuntimeError: of yesterday\n")
    before = log.stat().st_size
    with log.open("a") as file:
        file.write("Starting server\n")
    assert last_words(log, before).startswith("Starting server ")


def test_a_log_that_is_gone_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in last_words(tmp_path / "none.log")
