"""What a campaign found, as a table for people and as JSON (schemas/attack-report.v1.json)."""

from __future__ import annotations

from typing import Final

from auditor.attack.campaign import Model, Outcome, Report
from auditor.report.sentences import share

SCHEMA: Final = "urn:auditor:attack-report:v1"


def rows(report: Report) -> list[tuple[str, ...]]:
    """Return a table with its head."""
    head = (
        "attack",
        "rewritten",
        "plain right",
        "misled",
        "ensemble right",
        "misled",
        "certified",
        "flipped",
    )
    first = ("none", "0", *_shares(report, report.plain), *_shares(report, report.ensemble), "", "")
    return [head, first, *(_row(report, each) for each in report.outcomes)]


def _shares(report: Report, one: Model) -> tuple[str, str]:
    return share(one.correct, report.inputs), share(one.succeeded, report.attacked)


def _row(report: Report, each: Outcome) -> tuple[str, ...]:
    name = f"{each.spent.attack} ({each.trigger})"
    flipped = str(len(each.flipped))
    middle = (*_shares(report, each.plain), *_shares(report, each.ensemble))
    return (name, str(each.rewritten), *middle, str(each.certified), flipped)


def to_json(report: Report, digest: str) -> dict[str, object]:
    """Return the document; ``digest`` names the certificate."""
    return {
        "schema": SCHEMA,
        "certificate": {"sha256": digest},
        "exitCode": report.exit_code,
        "target": report.target,
        "inputs": report.inputs,
        "attacked": report.attacked,
        "unlike": report.unlike,
        "unattacked": {"plain": _model(report.plain), "ensemble": _model(report.ensemble)},
        "outcomes": [
            {
                "attack": each.spent.attack,
                "factor": each.spent.factor,
                "budget": each.spent.budget.to_json(),
                "rewritten": each.rewritten,
                "trigger": each.trigger,
                "plain": _model(each.plain),
                "ensemble": _model(each.ensemble),
                "certified": each.certified,
                "flipped": list(each.flipped),
            }
            for each in report.outcomes
        ],
        "skipped": [{"attack": each.attack, "reason": each.reason} for each in report.skipped],
    }


def _model(one: Model) -> dict[str, int]:
    return {"correct": one.correct, "succeeded": one.succeeded}
