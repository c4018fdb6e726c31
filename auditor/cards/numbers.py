"""Shares as cards print them."""

from __future__ import annotations

from auditor.report.subject import Subject

_PLACES = 10_000


def decimal(part: int, whole: int) -> str:
    """Return a share with four decimals, rounded down: no card promises more than was certified.

    >>> decimal(2, 3), decimal(3, 3), decimal(0, 3)
    ('0.6666', '1.0000', '0.0000')
    """
    units = part * _PLACES // whole
    return f"{units // _PLACES}.{units % _PLACES:04d}"


def metrics(subject: Subject) -> list[tuple[dict[str, int], str]]:
    """Return (budget, certified accuracy) for each declared budget that has any change."""
    inputs = int(subject.summary["inputs"])
    return [
        (dict(row["budget"]), decimal(int(row["count"]), inputs))
        for row in subject.summary["certified"]
        if row["budget"]
    ]


def accuracy(subject: Subject) -> str:
    """Return the share of inputs that the vote answers rightly, with no attack."""
    return decimal(int(subject.summary["correct"]), int(subject.summary["inputs"]))
