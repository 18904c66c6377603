"""The command line: joins the commands and turns every error into one sentence and an exit code."""

from __future__ import annotations

import io
import sys
import traceback
from typing import cast

import typer

from hls.errors import HlsError
from runner.cli import bench, check, check_stream, convert, doctor, gallery, live, run, speak
from runner.cli.form import INTERRUPTED, let_go, say_error
from runner.errors import RunnerError

# typer carries a click of its own from some version on; this is the root of whichever it uses.
USAGE_ERROR = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
REPORT = "please report it where this repository is published, with what it says here"

app = typer.Typer(
    name="runner",
    no_args_is_help=True,
    add_completion=False,
    help="Puts a saved ComfyUI graph on air: live in the browser, or into a file.",
)

app.command("live")(live.live)
app.command("speak")(speak.speak)
app.command("run")(run.run_command)
app.command("check")(check.check_command)
app.command("check-stream")(check_stream.check_stream_command)
app.command("convert")(convert.convert_command)
app.command("bench")(bench.bench)
app.command("gallery")(gallery.gallery_command)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run a command and exit with CONTRACTS section 6's code: 0, 1, 2, 3, 4, 5 or 130."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error: a file's name may be no text
    try:
        code = _exit_code()
        sys.stdout.flush()
    except BrokenPipeError:
        code = let_go()
    sys.exit(code)


def _exit_code() -> int:
    try:
        result = app(standalone_mode=False)
    except RunnerError as exc:
        say_error(exc.code, str(exc))
        return exc.exit_code
    except HlsError as exc:
        say_error(exc.code, str(exc))
        return 2
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except SystemExit as exc:
        if isinstance(exc.__context__, BrokenPipeError):  # typer ends with 1 then, which is for bugs
            raise exc.__context__ from None
        raise
    except BrokenPipeError:
        raise
    except Exception as exc:
        if isinstance(exc, USAGE_ERROR):
            say_error("usage", f"{cast(typer.BadParameter, exc).format_message()} See --help.")
            return 2
        say_error("bug", f"this is a fault in OnAir; {REPORT}", trace=traceback.format_exc())
        return 1
    return result if isinstance(result, int) else 0
