"""``audit challenge``: a relying party fixes the draws of somebody else's audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def challenge(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PRECOMMITMENT", help="What the auditor sent (…precommit.dsse.json)."
        ),
    ],
    *,
    key: Annotated[Path, typer.Option(help="Your private key, the challenger's.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to send back.")] = Path(
        "challenge.dsse.json"
    ),
    auditor: Annotated[
        list[Path] | None,
        typer.Option(help="The auditor's public key; without it nobody's signature is checked."),
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(help="Count challenges in this file, so that repeated runs show."),
    ] = None,
) -> None:
    """Fix the draws of somebody else's audit.

    They follow from a value that the auditor, who has committed already, could not foresee. The
    same precommitment always gets the same value, so asking again gains nothing. Committing again
    does, and that is what the ledger counts; verdicts print the count.

    Examples:
      audit challenge release.precommit.dsse.json --key challenger.key
      audit challenge release.precommit.dsse.json --key challenger.key --auditor auditor.pub
          --ledger challenges.jsonl
    """
    from auditor import challenger, files
    from auditor.cli.screen import safe

    answer = challenger.challenge(path, key=key, auditors=auditor or (), ledger=ledger)
    files.create(out, answer.envelope, mode=0o644)
    audit, count = answer.precommitment.audit, answer.challenge.count
    counted = (
        "not counted (no ledger)"
        if count is None
        else f"{count.of_key} to this auditor's key, {count.of_data} about this data set"
    )
    signed = "by a key you gave" if auditor else "not checked (no --auditor)"
    typer.echo(
        safe(
            f"Wrote {out}. It answers\n"
            f"  precommitment  {answer.challenge.precommitment}\n"
            f"  recipe         {str(audit.recipe['name'])!r}\n"
            f"  data           {audit.source!r}, root {audit.dataset_root}\n"
            f"  inputs         {audit.inputs_size}, root {audit.inputs_root}\n"
            f"  signature      {signed}\n"
            f"  challenges     {counted}"
        )
    )
