"""``audit compare``: what a new release no longer certifies that an old one did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.believed import KeyOption, TrustOption, whom
from auditor.cli.budget import budget_of
from auditor.cli.screen import show
from auditor.cli.verify import Format
from auditor.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from fractions import Fraction


_COLOURS = {"WITHIN": "green", "BEYOND": "red", "UNDECIDED": "yellow", "NOT VERIFIED": "red"}


def compare(
    old: Annotated[Path, typer.Argument(help="The earlier release folder.")],
    new: Annotated[Path, typer.Argument(help="The release folder to judge.")],
    *,
    key: KeyOption = None,
    trust: TrustOption = None,
    max_drop: Annotated[
        str, typer.Option(metavar="SHARE", help="How much certified accuracy may be lost.")
    ] = "0",
    at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AXIS=N,...", help="A budget to compare at. Repeatable. Default: all of OLD's."
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(help="The list of inputs (audit inputs): matches them under any salts."),
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Name the inputs that lost or gained a certificate.

    Ends with exit code 0 within the drop, 1 beyond it, and 3 with the reason where the two do not
    speak of the same: threat, alphabet, classes, inputs, alpha, or a budget that one does not
    answer.

    Examples:
      audit compare release-1 release-2 --key auditor.pub --max-drop 0.02
      audit compare a b --trust trust.toml --at trainExamples=5,inputFeatures=1
    """
    from auditor import clock, policyfiles, relying
    from auditor.verify import compare_forms
    from auditor.verify.compare import compare as compared

    as_json = style is Format.JSON
    try:
        believed = whom("compare", key, trust)
        most, budgets = _share(max_drop), tuple(budget_of(text, "--at") for text in at or ())
        listed = None if inputs is None else policyfiles.load_inputs(inputs)
        before, after = (
            relying.verify(path, keys=tuple(key or ()), trust=believed) for path in (old, new)
        )
        if believed is not None:  # the old one may be as old as it likes
            relying.timely(after, believed, clock.machine())
        found = compared(before, after, max_drop=most, at=budgets, listed=listed)
    except (UsageError, VerificationError) as error:
        if as_json:
            typer.echo(compare_forms.failure_json(error), nl=False)
        elif isinstance(error, VerificationError):
            show(compare_forms.failure_text(error), _COLOURS)
        if isinstance(error, VerificationError):
            raise typer.Exit(error.exit_code) from None
        raise
    if as_json:
        typer.echo(compare_forms.to_json(found), nl=False)
    else:
        show(compare_forms.text(found), _COLOURS)
    raise typer.Exit(0 if found.within else 1)


def _share(text: str) -> Fraction:
    from auditor.verify.settings import share

    found = share(text)
    if found is None or found == 1:
        raise UsageError(f"--max-drop: expected a number from 0 and below 1, got {text!r}")
    return found
