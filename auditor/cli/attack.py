"""``audit attack``: real backdoors against a release, inside and outside what it certifies."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.believed import KeyOption, TrustOption, whom
from auditor.cli.budget import budget_of
from auditor.cli.evidence import CodeOption, DataOption
from auditor.cli.extras import need
from auditor.cli.progress import Style, display
from auditor.cli.screen import paint, safe, table
from auditor.cli.verify import Format
from auditor.errors import UsageError


class Attack(StrEnum):
    """Which backdoor to plant."""

    BADNETS = "badnets"
    BLENDED = "blended"
    PIXELS = "pixels"
    LABELS = "labels"
    CLEAN_LABEL = "clean-label"


def attack(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    budget: Annotated[
        str,
        typer.Option(
            metavar="AXIS=N,...", help="What the attacker may change: a certified budget."
        ),
    ],
    key: KeyOption = None,
    trust: TrustOption = None,
    data: DataOption = None,
    kind: Annotated[
        list[Attack] | None, typer.Option("--attack", help="Repeatable. Default: all of them.")
    ] = None,
    factors: Annotated[
        str, typer.Option(metavar="LIST", help="Times the budget's training examples.")
    ] = "1,4,16",
    target: Annotated[
        str | None, typer.Option(metavar="CLASS", help="What inputs shall be taken for.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Choices of the attacker.")] = 0,
    allow_code: CodeOption = None,
    progress: Annotated[Style, typer.Option(help="How to show progress, on stderr.")] = Style.AUTO,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Plant real backdoors in the real data, and see what they do.

    The training data are poisoned within the budget and beyond it, a plain model and the ensemble
    are trained on them, and every listed input is asked for with the trigger on it. No certified
    input may change its answer: exit code 1 if one does, for then the certificate is wrong, and
    3 where no input was certified at what was tried. An attack that fails proves nothing.

    Examples:
      audit attack build/digits --key build/digits.pub --budget trainExamples=5,inputFeatures=1
      audit attack release --key auditor.pub --budget trainExamples=20,inputPatch=5 --data ~/data
    """
    need("run", "attack")
    from auditor.attack import forms
    from auditor.attack.attack import attack as attacked

    believed = whom("attack", key, trust)
    shown = display(progress)
    try:
        verified, report = attacked(
            release,
            keys=key or (),
            trust=believed,
            data=data,
            attacks=[each.value for each in dict.fromkeys(kind or Attack)],
            budget=budget_of(budget, "--budget"),
            factors=_factors(factors),
            target=target,
            seed=seed,
            allow_code=allow_code or (),
            progress=shown,
        )
    finally:
        shown.done()
    if style is Format.JSON:
        typer.echo(json.dumps(forms.to_json(report, verified.digest), indent=2))
    else:
        lines = [
            f"misled: taken for {report.target!r}, of {report.attacked} inputs of other classes",
            "",
            *table(forms.rows(report)),
            *(f"  {each.attack}: left out, as {each.reason}" for each in report.skipped),
        ]
        typer.echo(safe("\n".join(lines)))
        for each in report.falsified:
            named = ", ".join(map(str, each.flipped))
            said = f": {each.spent.attack} within {each.spent.budget} changed inputs {named}"
            typer.echo(paint("FALSIFIED", "red") + said)
        if report.unlike:
            typer.echo(
                f"\n{report.unlike} inputs are not judged: trained here, on the audited data, "
                "members vote otherwise on them"
            )
        if not report.tested:
            typer.echo("\nnothing was tested: no input is certified at any of these budgets")
        elif not report.falsified:
            typer.echo("\nno certified input changed its answer")
    raise typer.Exit(report.exit_code)


def _factors(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1 or len(found) > 16 or len(set(found)) < len(found):
        raise UsageError(f"attack: --factors: expected whole numbers such as 1,4,16, got {text!r}")
    return found
