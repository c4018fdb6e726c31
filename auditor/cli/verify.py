"""``audit verify``: check a release or a single-input file, and say what was checked."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import evidence
from auditor.cli.evidence import (
    CodeOption,
    DataOption,
    DeltaOption,
    Match,
    MatchOption,
    ReplayOption,
    RetrainOption,
    SeedOption,
)
from auditor.cli.progress import Style, display
from auditor.cli.screen import show
from auditor.errors import AuditorError, UsageError, VerificationError

if TYPE_CHECKING:
    from auditor.verify.trust import Trust


class Format(StrEnum):
    """How to print the verdict."""

    TEXT = "text"
    JSON = "json"


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A release folder or a single-input file.")
    ],
    *,
    key: Annotated[
        list[Path] | None,
        typer.Option(help="A public key you trust (PEM). Repeat to accept any of them."),
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(help="Keys, authorities and dates in one file (trust.toml).")
    ] = None,
    challenger: Annotated[
        list[Path] | None, typer.Option(help="The public key of a challenger you trust.")
    ] = None,
    timestamper: Annotated[
        list[Path] | None,
        typer.Option(help="The root certificate of a time-stamping authority you trust (PEM)."),
    ] = None,
    replay: ReplayOption = None,
    retrain: RetrainOption = None,
    data: DataOption = None,
    delta: DeltaOption = "1/1000",
    sample_seed: SeedOption = None,
    match: MatchOption = Match.VOTES,
    allow_code: CodeOption = None,
    progress: Annotated[Style, typer.Option(help="How to show progress, on stderr.")] = Style.AUTO,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Check a certificate: signature and arithmetic; votes, members.

    Signature and arithmetic need no torch and no numpy, and run no model. --replay casts votes
    again with the release's own members, in a sandbox; --retrain trains members again from your
    data. Both are samples: the verdict says what they can have missed and what every claim is then
    worth.

    The verdict is on stdout, also when it is a bad one. It ends with what was not checked.

    Examples:
      audit verify build/digits --key build/digits.pub
      audit verify input-17.cert.json --key auditor.pub
      audit verify release --trust trust.toml --replay 10000 --retrain 20 --data ~/data
      audit verify build/digits --key build/digits.pub --format json | jq .verdict
    """
    from auditor import clock, relying
    from auditor.verify import verdict

    as_json = style is Format.JSON
    shown = display(progress if replay or retrain else Style.NONE)
    try:
        evidence.needed(replay, retrain)
        believed = _trust(trust, key, challenger, timestamper)
        verified = relying.verify(
            path,
            keys=key or (),
            challengers=challenger or (),
            timestampers=[(file.name, _pem(file)) for file in timestamper or ()],
            trust=believed,
            replay=evidence.cells(replay),
            retrain=retrain,
            data=data,
            delta=delta,
            sample_seed=evidence.secret(sample_seed),
            match=match.value,
            allow_code=allow_code or (),
            progress=shown,
        )
        if believed is not None:
            relying.timely(verified, believed, clock.machine())
    except AuditorError as error:
        shown.done()
        # A misused command has no verdict; only who reads JSON gets an object in every case.
        if as_json:
            typer.echo(verdict.failure_json(error), nl=False)
        elif isinstance(error, VerificationError):
            show(verdict.failure_text(error), {"NOT VERIFIED": "red", "UNDECIDED": "yellow"})
        if isinstance(error, VerificationError):
            raise typer.Exit(error.exit_code) from None
        raise
    if as_json:
        typer.echo(verdict.to_json(verified), nl=False)
    else:
        show(verdict.text(verified), {"VERIFIED": "green"})


def _trust(
    file: Path | None,
    key: list[Path] | None,
    challenger: list[Path] | None,
    timestamper: list[Path] | None,
) -> Trust | None:
    if file is None:
        if not key:
            raise UsageError("expected --key or --trust: nobody's signature counts otherwise")
        return None
    if key or challenger or timestamper:
        raise UsageError("--trust names all keys and authorities: give it, or --key, not both")
    from auditor.policyfiles import load_trust

    return load_trust(file)


def _pem(file: Path) -> bytes:
    from auditor import files

    try:
        return files.read(file.resolve(), limit=2**16)
    except VerificationError as error:
        raise UsageError(str(error)) from error
