"""A verified release as a table: one record an input, for spreadsheets, databases and pandas."""

from __future__ import annotations

from auditor.report.subject import right
from auditor.verify.verified import Claim, Verified

Record = dict[str, int | str | bool | None]


def records(verified: Verified) -> list[Record]:
    """Return one record for each input at hand, all with the same keys in the same order.

    ``index``; ``input``: the salted SHA-256 (hex) that names it in the certificate; ``truth`` and
    ``label``: class names, None where there is none (not known, an abstention); ``right``: whether
    they are the same, None where the truth is not known;
    ``radius.<axis>``: the largest certified amount on one axis alone, None where not even 0 is
    certified; ``certified.<budget>`` for each declared budget, such as
    ``certified.trainExamples=5,inputFeatures=1``: whether no attack within it changes the label
    (right or not).
    """
    names = verified.certificate.audit.classes
    return [_record(verified, claim, names) for claim in verified.claims]


def _record(verified: Verified, claim: Claim, names: tuple[str, ...]) -> Record:
    found: Record = {
        "index": claim.index,
        "input": claim.tensor,
        "truth": None if claim.true_label is None else names[claim.true_label],
        "label": None if claim.label is None else names[claim.label],
        "right": None if claim.true_label is None else right(claim),
    }
    found |= {f"radius.{axis}": claim.radius(axis) for axis in verified.axes}
    for budget in verified.budgets:
        words = ",".join(f"{axis}={amount}" for axis, amount in budget.amounts) or "none"
        found[f"certified.{words}"] = claim.certified(budget)
    return found
