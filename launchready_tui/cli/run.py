"""How the program ends: the one place that turns errors into sentences and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence

import click

from .app import program
from .say import CouldNotRun, Exit, note, words_of, wrong


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code. Never raises, never shows a traceback."""
    _use_utf8()
    try:
        with _plain_warnings():
            answer = program.main(args=list(arguments), prog_name="launchready", standalone_mode=False)
        return answer if isinstance(answer, int) else Exit.FINE
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _misused(error)
    except (KeyboardInterrupt, click.Abort):
        note("")
        wrong("interrupted; every finished check is saved")
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        return Exit.COULD_NOT_RUN  # nobody reads stdout any more; click makes a SystemExit of it
    except Exception as error:  # noqa: BLE001  the outermost place: every error becomes a sentence
        return _failed(error)


def _misused(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    wrong(error.format_message())
    if context is not None and isinstance(error, click.UsageError):
        note(f"See `{context.command_path} --help`.")
    return Exit.COULD_NOT_RUN if isinstance(error, CouldNotRun) else Exit.WRONG_USE


def _failed(error: Exception) -> int:
    """The exit code of an error that a command did not handle, after it was said in plain words."""
    code = _code(error)
    if code is not None:
        wrong(words_of(error))
        return code
    from ..workspace.run import reference

    wrong(f"internal error ({reference(error)}); saved work is not affected")
    if os.environ.get("LAUNCHREADY_DEBUG"):
        import traceback

        for frame in traceback.extract_tb(error.__traceback__):
            note(f"  {frame.filename}:{frame.lineno} {frame.name}")
    else:
        note("Set LAUNCHREADY_DEBUG=1 to see where it happened, without any values.")
    return Exit.CRASHED


def _code(error: Exception) -> int | None:
    """The exit code of an error whose text is made for people; None for a mistake of ours.

    By the name of its class and those above it, so that no room is imported only to be compared with.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & _WRONG_USE:
        return Exit.WRONG_USE
    if names & _COULD_NOT:
        return Exit.COULD_NOT_RUN
    return None


_WRONG_USE = {
    "FileProblems",
    "NewerFile",
    "ChangedUnderneath",
    "NotTrusted",
    "ReachError",
    "DecisionError",
    "UnknownFlawError",
    "CannotImport",
}
_COULD_NOT = {
    "JournalError",
    "ExportError",
    "LabError",
    "SheetError",
    "SecretFound",
    "NotCompared",
    "VaultError",
    "OSError",
}


def _use_utf8() -> None:
    """Glyphs and names must come through whatever the locale says; what a terminal cannot show becomes a question
    mark."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Warnings are for developers; a user's terminal gets none."""
    import warnings

    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield
