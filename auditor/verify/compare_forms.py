"""A comparison of two releases as text for people and as JSON (schemas/comparison.v1.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from auditor.errors import AuditorError, UndecidedError
from auditor.guarantee.threat import Budget
from auditor.verify.check import plain
from auditor.verify.compare import Change, Comparison, Moved
from auditor.verify.figures import decimal

SCHEMA: Final = "urn:auditor:comparison:v1"
_SHOWN: Final = 20


def text(found: Comparison) -> str:
    """Return the comparison in plain words; the first line is the verdict."""
    lines = [
        f"{'WITHIN' if found.within else 'BEYOND'} a drop of {decimal(found.max_drop)}",
        "",
        f"old  {found.old}",
        f"new  {found.new}",
    ]
    for change in found.changes:
        lines += ["", *_change_lines(change)]
    return "\n".join(lines) + "\n"


def to_json(found: Comparison) -> str:
    """Return the comparison as one JSON document, at the end of which stands a line feed."""
    return _dump(
        {
            "schema": SCHEMA,
            "verdict": "within" if found.within else "beyond",
            "exitCode": 0 if found.within else 1,
            "old": {"sha256": found.old},
            "new": {"sha256": found.new},
            "maxDrop": str(found.max_drop),
            "budgets": [
                {
                    "budget": change.budget.to_json(),
                    "total": change.total,
                    "old": change.old,
                    "new": change.new,
                    "drop": str(change.drop),
                    "lost": [_moved(item) for item in change.lost],
                    "gained": [_moved(item) for item in change.gained],
                }
                for change in found.changes
            ],
        }
    )


def failure_text(error: AuditorError) -> str:
    """Return what stands where nothing can be compared; the first word says how."""
    word = "UNDECIDED" if isinstance(error, UndecidedError) else "NOT VERIFIED"
    return f"{word}: {plain(str(error))}\n"


def failure_json(error: AuditorError) -> str:
    """Return the same as JSON."""
    value = {
        "schema": SCHEMA,
        "verdict": {1: "refuted", 3: "undecided"}.get(error.exit_code, "error"),
        "exitCode": error.exit_code,
        "message": plain(str(error)),
    }
    return _dump(value)


def named(budget: Budget) -> str:
    """Return a budget in words."""
    return str(budget) if budget.amounts else "no change at all"


def _change_lines(change: Change) -> list[str]:
    moved = f"{len(change.lost)} lost, {len(change.gained)} gained"
    drop = ("-" if change.drop < 0 else "") + decimal(abs(change.drop), up=change.drop > 0)
    lines = [
        f"{named(change.budget)}",
        f"  certified  {change.old} of {change.total} before, {change.new} now: {moved}",
        f"  drop       {drop}",
    ]
    for word, items in (("lost", change.lost), ("gained", change.gained)):
        for item in items[:_SHOWN]:
            before = "" if item.old == item.new else f" (old {item.old})"
            lines.append(f"  {word:<9}  input {item.new}{before}  {item.digest[:12]}")
        if len(items) > _SHOWN:
            lines.append(f"  ... and {len(items) - _SHOWN} more {word}")
    return lines


def _moved(item: Moved) -> dict[str, object]:
    return {"old": item.old, "new": item.new, "digest": item.digest}


def _dump(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=True, indent=2) + "\n"
