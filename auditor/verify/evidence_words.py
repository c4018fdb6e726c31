"""Evidence in words and as JSON: what was looked at again, and what is left of the claims."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.guarantee import grid
from auditor.guarantee.threat import Budget
from auditor.verify.verified import Evidence, Sampled, Verified

_SHOWN = 24


def evidence_text(evidence: Evidence, verified: Verified) -> list[str]:
    """Return the lines of a verdict about a replay and a retraining."""
    votes, members = evidence.votes, evidence.members
    lines = []
    if votes is not None:
        lines.append(f"replay       {_sample(votes, 'cells', 'nearly tie')}")
        lines.append(f"             {_bound(votes, 'are not what the members vote')}")
    if members is not None:
        alike = members.sampled - members.found - (evidence.bitwise or 0)
        lines.append(f"retraining   {_sample(members, 'members', 'vote otherwise')}")
        lines.append(
            f"             {evidence.bitwise} have the same bits, {alike} only vote alike here"
        )
        lines.append(f"             {_bound(members, 'vote otherwise than training gives')}")
    given = "" if evidence.fresh else " (given: whoever made the release may have known it)"
    lines.append(f"sample seed  {evidence.secret}{given}")
    inputs = len(verified.claims)
    alphabet = alphabet_of(verified)
    if votes is None:
        lines.append("certified accuracy that survives, if all votes are what these members cast")
    elif members is None:
        lines.append("certified accuracy that survives, if all members are what training gives")
    else:
        lines.append("certified accuracy that survives, wherever the forgery may lie")
    if members is not None:
        lines.append("  (in brackets: if all members are what training gives)")
    for (budget, count), (_, without) in zip(
        evidence.certified[:_SHOWN], evidence.given_members, strict=False
    ):
        beside = "" if members is None else f" ({share(without, inputs)})"
        lines.append(f"  {share(count, inputs)}{beside}  {budget_text(budget, alphabet)}")
    if len(evidence.certified) > _SHOWN:
        lines.append(f"  ... and {len(evidence.certified) - _SHOWN} more declared budgets")
    weaker = sum(a != b for a, b in zip(evidence.surviving, verified.claims, strict=True))
    whole = (
        "each claim survives whole, by itself"
        if not weaker
        else (f"{weaker} of {inputs} claims are smaller once all of it is held against each alone")
    )
    return [*lines, f"  {whole}"]


def evidence_json(evidence: Evidence | None) -> dict[str, object] | None:
    """Return the JSON object of a verdict; ``surviving`` has a frontier for each input."""
    if evidence is None:
        return None
    members = None if evidence.members is None else _json(evidence.members)
    if members is not None:
        members["bitwise"] = evidence.bitwise
    return {
        "sampleSeed": evidence.secret,
        "fresh": evidence.fresh,
        "votes": None if evidence.votes is None else _json(evidence.votes),
        "members": members,
        "certified": [
            {"budget": budget.to_json(), "count": count, "givenMembers": given}
            for (budget, count), (_, given) in zip(
                evidence.certified, evidence.given_members, strict=True
            )
        ],
        "surviving": [
            {
                "index": claim.index,
                "label": claim.label,
                "frontier": [budget.to_json() for budget in claim.frontier],
            }
            for claim in evidence.surviving
        ],
    }


def share(count: int, total: int) -> str:
    """Return count/total to four decimals, rounded down.

    >>> share(2, 3)
    '0.6666'
    """
    whole, rest = divmod(10_000 * count // max(total, 1), 10_000)
    return f"{whole}.{rest:04d}"


def budget_text(budget: Budget, alphabet: Mapping[str, object]) -> str:
    """Return a budget in words; amounts that count steps of a grid as distances too.

    >>> budget_text(Budget.of({"trainExamples": 65, "inputFeatures": 4}), {})
    'trainExamples 65, inputFeatures 4'
    >>> on_a_grid = {"kind": "grid", "low": "0", "high": "1", "step": "1/16"}
    >>> budget_text(Budget.of({"inputSquares": 64}), on_a_grid)
    'inputSquares 64 (l2 distance 0.5)'
    """
    words = []
    for axis, amount in budget.amounts:
        distance = grid.distance(axis, amount, alphabet)
        words.append(f"{axis} {amount}" + (f" ({distance})" if distance else ""))
    return ", ".join(words) or "no change at all"


def alphabet_of(verified: Verified) -> Mapping[str, object]:
    """Return the alphabet of a verified recipe."""
    alphabet = verified.certificate.audit.recipe["alphabet"]
    assert isinstance(alphabet, Mapping)  # noqa: S101 - step 5 of the verification read it
    return alphabet


def _sample(found: Sampled, what: str, how: str) -> str:
    charged = f", of which {found.found} {how} and are charged" if found.found else ""
    return f"{found.sampled} of {found.of} {what}{charged}"


def _bound(found: Sampled, what: str) -> str:
    if found.sampled == found.of:
        return f"{found.undetected} of all {what}"
    return f"at most {found.undetected} of all {what}, except with probability {found.delta}"


def _json(found: Sampled) -> dict[str, object]:
    return {
        "of": found.of,
        "sampled": found.sampled,
        "found": found.found,
        "delta": found.delta,
        "undetected": found.undetected,
    }
