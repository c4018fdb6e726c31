"""Every failure of a command as one sentence on stderr and a documented exit code.

Whoever wants the traceback sets ``AUDIT_DEBUG=1``.
"""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import typer

from auditor.errors import AuditorError

P = ParamSpec("P")
R = TypeVar("R")

USAGE: Final = 2
BUG: Final = 70
INTERRUPTED: Final = 130


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Wrap a command: what it raises becomes a sentence and an exit code."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise  # typer knows what to do with these
        except KeyboardInterrupt:
            complain("interrupted" + _RESUME.get(command.__name__, ""))
            raise typer.Exit(INTERRUPTED) from None
        except AuditorError as error:
            raise _exit(str(error), error.exit_code) from None
        except OSError as error:
            raise _exit(_system_error(error), USAGE) from None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is no verdict
            raise _exit(_bug(error), BUG) from None

    return wrapper


_RESUME: Final = {"run": ": the same command continues the run where it stopped"}


def complain(text: str) -> None:
    """Write one sentence to stderr."""
    typer.echo(f"audit: {text}", err=True)


def _exit(sentence: str, code: int) -> typer.Exit:
    if os.environ.get("AUDIT_DEBUG") == "1":
        typer.echo(traceback.format_exc(), err=True)
    complain(sentence)
    return typer.Exit(code)


def _system_error(error: OSError) -> str:
    what = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {what}" if error.filename else what


def _bug(error: BaseException) -> str:
    return (
        f"this is a bug of ours, not a verdict: {type(error).__name__}: {error} "
        "(AUDIT_DEBUG=1 shows where; please report it)"
    )
