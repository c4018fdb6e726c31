"""``audit show``: a release, or one input's certificate, explained on a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.screen import paragraph, safe, table
from auditor.cli.verify import Format, trust_of

if TYPE_CHECKING:
    from auditor.verify.verified import Claim, Verified


def show(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A release folder or a single-input file.")
    ],
    *,
    number: Annotated[
        int | None, typer.Option("--input", min=0, help="Explain this input alone, from 0.")
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(help="A public key you trust (PEM). Repeat to accept any of them."),
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(help="Keys, authorities and dates in one file (trust.toml).")
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Explain a release, or the certificate of one input.

    Signature and arithmetic are verified first; what does not verify is not explained.

    Examples:
      audit show build/digits --key build/digits.pub
      audit show build/digits --input 17 --key build/digits.pub
      audit show input-17.cert.json --key auditor.pub --format json
    """
    from auditor import clock, relying

    believed = trust_of(trust, key, None, None)
    verified = relying.verify(path, keys=key or (), trust=believed)
    if believed is not None:
        relying.timely(verified, believed, clock.machine())
    if number is None and verified.kind == "input":
        number = verified.claims[0].index
    claim = None if number is None else verified.claim(number)
    if style is Format.JSON:
        typer.echo(json.dumps(_json(verified, claim), indent=2))
    else:
        lines = _release(verified) if claim is None else _input(verified, claim)
        typer.echo(safe("\n".join([*lines, *_basis(verified)])))


def _release(verified: Verified) -> list[str]:
    from auditor.report import sentences
    from auditor.report.table import rows

    inputs = len(verified.claims)
    body = [(row.words, f"{row.count:,}", row.share) for row in rows(verified)]
    return [
        f"Release {verified.audit['recipe']['name']!r}",  # type: ignore[index]
        "",
        *table([("attacker changes at most", "inputs", f"of {inputs:,}"), *body]),
        "",
        *paragraph(sentences.guarantee_sentence(verified)),
    ]


def _input(verified: Verified, claim: Claim) -> list[str]:
    from auditor.report import sentences

    audit = verified.audit
    if claim.label is None:
        said = [f"Input {claim.index}: the vote abstained; nothing is certified."]
    else:
        name = sentences.class_name(audit, claim.label)
        said = [f"Input {claim.index}: the vote answers {name}."]
    if claim.true_label is not None:
        true = sentences.class_name(audit, claim.true_label)
        verdict = (
            ""
            if claim.label is None
            else (
                ": the answer is right"
                if claim.label == claim.true_label
                else ": the answer is wrong"
            )
        )
        said.append(f"The true label, as committed, is {true}{verdict}.")
    if claim.label is not None and not claim.frontier:
        said.append("Nothing is certified: not even the unchanged data are sure of this answer.")
    elif claim.frontier:
        said += ["", "No attacker can change this answer within any one of these:"]
        for budget in claim.frontier:
            words = sentences.budget_words(audit, budget.to_json())
            said.append(f"  - {words}")
    return said


def _basis(verified: Verified) -> list[str]:
    from auditor.report import sentences

    audit = verified.audit
    blocks = (
        ("What is certified", (sentences.object_sentence(audit),)),
        ("How sure", (sentences.certainty_sentence(audit),)),
        ("What it assumes", sentences.assumption_sentences(audit)),
        ("Checked just now", verified.checked),
        ("Not checked", verified.not_checked),
    )
    lines: list[str] = []
    for title, items in blocks:
        lines += ["", title, *(line for item in items for line in paragraph(item))]
    return lines


def _json(verified: Verified, claim: Claim | None) -> dict[str, object]:
    from auditor.report import sentences

    audit = verified.audit
    said: dict[str, object] = {
        "certificate": {"sha256": verified.digest},
        "keyid": verified.keyid,
        "object": sentences.object_sentence(audit),
        "certainty": sentences.certainty_sentence(audit),
        "assumptions": list(sentences.assumption_sentences(audit)),
        "checked": list(verified.checked),
        "notChecked": list(verified.not_checked),
    }
    if claim is None:
        return {**said, "summary": dict(verified.summary)}
    return {
        **said,
        "claim": {
            "index": claim.index,
            "label": claim.label,
            "trueLabel": claim.true_label,
            "frontier": [budget.to_json() for budget in claim.frontier],
            "evidence": dict(claim.evidence),
        },
    }
