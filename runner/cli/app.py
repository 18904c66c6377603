"""The command line: joins the commands and turns every error into one sentence and an exit code."""

from __future__ import annotations

import sys
import traceback
from typing import cast

import typer

from hls.errors import HlsError
from runner.cli import bench, check_stream, convert, doctor, live, speak
from runner.cli.form import say_error
from runner.errors import RunnerError

# typer carries a click of its own from some version on; this is the root of whichever it uses.
USAGE_ERROR = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
REPORT = "please report it with what it says here: the project's issue page is in README.md"

app = typer.Typer(
    name="runner",
    no_args_is_help=True,
    add_completion=False,
    help="Puts a saved ComfyUI graph on air: live in the browser, or into a file.",
)

app.command("live")(live.live)
app.command("speak")(speak.speak)
app.command("check-stream")(check_stream.check_stream_command)
app.command("convert")(convert.convert_command)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run a command and exit with CONTRACTS section 6's code: 0, 1, 2, 3, 4, 5 or 130."""
    try:
        result = app(standalone_mode=False)
    except RunnerError as exc:
        say_error(exc.code, str(exc))
        sys.exit(exc.exit_code)
    except HlsError as exc:
        say_error(exc.code, str(exc))
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as exc:
        if isinstance(exc, USAGE_ERROR):
            say_error("usage", f"{cast(typer.BadParameter, exc).format_message()} See --help.")
            sys.exit(2)
        say_error("bug", f"this is a fault in OnAir; {REPORT}", trace=traceback.format_exc())
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)
