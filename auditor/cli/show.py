"""``audit show``: a certificate in plain words, whole or about one input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.believed import KeyOption, TrustOption, checked
from auditor.cli.screen import paragraph, safe, table
from auditor.cli.verify import Format

if TYPE_CHECKING:
    from auditor.report.explanation import Explanation
    from auditor.verify.verified import Verified


def show(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A release folder or a single-input file.")
    ],
    *,
    number: Annotated[
        int | None, typer.Option("--input", min=0, help="Explain the claim about this input.")
    ] = None,
    key: KeyOption = None,
    trust: TrustOption = None,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Explain a certificate in plain words.

    The whole of a release, or with --input what is claimed of one input: its answer, the largest
    attacks that cannot change it, its votes beside those that each budget needs. Signature and
    arithmetic are checked first; nothing that does not verify is explained.

    Examples:
      audit show build/digits --key build/digits.pub
      audit show build/digits --input 17 --key build/digits.pub
      audit show input-17.cert.json --key auditor.pub
    """
    from auditor.report.explanation import explain
    from auditor.verify import verdict

    verified = checked("show", path, key, trust)
    if number is None and verified.kind == "input":
        number = verified.claims[0].index
    if number is None:
        typer.echo(
            verdict.to_json(verified) if style is Format.JSON else safe(_whole(verified)), nl=False
        )
        return
    found = explain(verified, number)
    if style is Format.JSON:
        typer.echo(json.dumps(found.to_json(), indent=2))
    else:
        typer.echo(safe(_one(found)), nl=False)


def _whole(verified: Verified) -> str:
    from auditor.report import sentences
    from auditor.report.facts import facts
    from auditor.report.table import rows

    audit = verified.audit
    counted = [(row.words, f"{row.count:,}", row.share) for row in rows(verified)]
    inputs = verified.certificate.summary.inputs
    facted = facts(verified)
    width = max(len(name) for name, _ in facted)
    lines = [
        str(verified.certificate.audit.recipe["name"]),
        "",
        *paragraph(sentences.guarantee_sentence(verified), sentences.certainty_sentence(audit)),
        *paragraph(sentences.object_sentence(audit), sentences.moves_sentence(audit)),
        "",
        *table([("attacker changes at most", "inputs", f"of {inputs:,}"), *counted]),
        "",
        "assumes",
        *(f"  {line}" for line in sentences.assumption_sentences(audit)),
        "",
        "audited",
        *(f"  {name.ljust(width)}  {value}" for name, value in facted),
        "",
        *_looked(verified),
    ]
    return "\n".join(lines) + "\n"


def _one(found: Explanation) -> str:
    from auditor.report import sentences

    audit = found.verified.audit
    lines = [
        f"input {found.claim.index} of {found.verified.certificate.summary.inputs:,}",
        "",
        *paragraph(found.answer, found.promise),
        *(f"    {words}" for words in found.budgets),
        "",
    ]
    for each in found.support:
        lines.append(f"  {each.title}: {each.votes:,} of {each.of:,}")
        for votes, words, met in each.needs:
            lines.append(f"    {votes:,} needed for {words}: {'yes' if met else 'no'}")
    lines += [
        "",
        *paragraph(sentences.certainty_sentence(audit), sentences.object_sentence(audit)),
        *paragraph(sentences.moves_sentence(audit)),
        "",
        "assumes",
        *(f"  {line}" for line in sentences.assumption_sentences(audit)),
        "",
        *_looked(found.verified),
    ]
    return "\n".join(lines) + "\n"


def _looked(verified: Verified) -> list[str]:
    return [
        "checked",
        *(f"  {line}" for line in verified.checked),
        "not checked",
        *(f"  {line}" for line in verified.not_checked),
        f"  challenge: {verified.challenge.text}",
    ]
