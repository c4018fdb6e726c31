"""The commands, and the entry point of the console script."""

from __future__ import annotations

import inspect
import re
import signal
from collections.abc import Callable
from typing import Annotated

import typer

from auditor.cli.attack import attack
from auditor.cli.card import card
from auditor.cli.challenge import challenge
from auditor.cli.check import check
from auditor.cli.checker import checker
from auditor.cli.compare import compare
from auditor.cli.doctor import doctor
from auditor.cli.export import export
from auditor.cli.extract import extract
from auditor.cli.failures import guarded
from auditor.cli.frontier import frontier
from auditor.cli.gate import gate
from auditor.cli.init import init
from auditor.cli.inputs import inputs
from auditor.cli.keygen import keygen
from auditor.cli.methods import methods
from auditor.cli.modelsign import modelsign
from auditor.cli.plan import plan
from auditor.cli.precommit import precommit
from auditor.cli.predict import predict
from auditor.cli.report import report
from auditor.cli.run import run
from auditor.cli.show import show
from auditor.cli.status import status
from auditor.cli.verify import verify

_EPILOG = (
    "Exit codes: 0 checked and all of it passed; 1 not certified; 2 usage or configuration; "
    "3 undecided (a missing file, an unknown version, nothing to check); 70 a bug of ours."
)

app = typer.Typer(
    name="audit",
    help=(
        "Certify how much data poisoning a classifier's predictions survive, and check such "
        "certificates. What is certified is the ensemble in a release, not any single model."
    ),
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _help(command: Callable[..., None]) -> str:
    """Return a command's docstring, its examples kept line by line (click's mark for that)."""
    text = inspect.getdoc(command) or ""
    return re.sub(r"^(Examples?:)$", "\b\n\\1", text, flags=re.MULTILINE)


for _command in (
    *(methods, frontier, init, check, plan, precommit, challenge, run, status),
    *(verify, show, gate, compare, report, export, card, predict, extract, checker),
    *(attack, inputs, modelsign, keygen, doctor),
):
    app.command(_command.__name__, help=_help(_command))(guarded(_command))


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"audit {version('auditor')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Certify how much data poisoning predictions survive, and check such certificates."""


def main() -> None:
    """Run the command line that this process was started with.

    A polite kill (SIGTERM: a CI job that is cancelled, a container that stops) ends it as Ctrl-C
    does, so that no temporary folder is left behind; a run goes on when it is started again.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app(prog_name="audit")
