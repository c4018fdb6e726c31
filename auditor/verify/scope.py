"""How far a verification reaches, in the words that every verdict prints (step 13)."""

from __future__ import annotations

from typing import Literal

from auditor.format.predicate import Certificate
from auditor.verify.challenge import Origin
from auditor.verify.verified import Evidence, Sampled

Kind = Literal["release", "input"]

_ALWAYS = (
    "signature of precommitment and certificate by the pinned key",
    "certificate cites this precommitment, with the same audit",
    "sizes of members, draws, inputs and evidence add up",
    "thresholds recomputed exactly",
)
_CHECKED = {
    "release": (
        "every claim is in the signed tree, once and in order",
        "inputs and true labels are the committed list",
        "every row of votes has its signed digest",
        "every label, statistic and radius recomputed from its row of votes",
        "totals recomputed from all claims",
        "members, recipe.toml and the Sigstore bundle are the signed files, none missing or added",
    ),
    "input": (
        "the claim is in the signed tree at its index",
        "its row of votes has its signed digest",
        "its label, statistics and radii recomputed from the row of votes",
    ),
}


def checked(kind: Kind, evidence: Evidence | None = None) -> tuple[str, ...]:
    """Return what was established."""
    lines = [*_ALWAYS, *_CHECKED[kind]]
    if evidence is not None:
        lines.append("recipe.toml resolves to the signed recipe")
        lines.append("training data, inputs and true labels are the committed ones")
        if evidence.votes is not None:
            lines.append(
                f"votes: {evidence.votes.sampled} of {evidence.votes.of} cells were cast again by "
                "the ONNX members, in a sandbox, on views drawn from the stated streams"
            )
        if evidence.members is not None:
            lines.append(
                f"training: {evidence.members.sampled} of {evidence.members.of} members were "
                f"trained again, {evidence.bitwise} with the same bits"
            )
    return tuple(lines)


def not_checked(
    kind: Kind,
    certificate: Certificate,
    origin: Origin,
    evidence: Evidence | None = None,
    *,
    randomised: bool,
) -> tuple[str, ...]:
    """Return what a certificate rests on and this verification did not look at."""
    votes = None if evidence is None else evidence.votes
    members = None if evidence is None else evidence.members
    lines = [_votes(votes), _training(members)]
    if evidence is None:
        lines.append("data: neither the training set nor the inputs were at hand")
        lines.append("recipe.toml: that it resolves to the signed recipe")
    lines += [
        "inputs: that no image is listed under two names",
        "code and environment: as the auditor states them",
        f"number of runs made before this one: {_runs(origin)}",
    ]
    if certificate.determinism == "bitwise":
        lines.append("determinism of training: bitwise in the auditor's own self-test")
    else:
        lines.append("determinism of training: assumed by the auditor")
    if randomised and (votes is None or votes.sampled < votes.of):
        lines.append("noise: that the draws of all other cells came from the stated streams")
    if kind == "input":
        lines.append("members: their files were not at hand")
        lines.append("other inputs: neither their claims, nor the list, nor the totals")
    else:
        lines.append("report.html and manifest.json: not signed, not read")
    if evidence is not None and members is not None:
        alike = members.sampled - members.found - (evidence.bitwise or 0)
        if alike:
            lines.append(
                f"members with other bits: {alike} vote alike on the listed inputs; what they say "
                "of other inputs is not known"
            )
    return tuple(line for line in lines if line)


def _votes(votes: Sampled | None) -> str:
    if votes is None:
        return "votes: no member was run again on an input"
    rest = votes.of - votes.sampled
    return f"votes: {rest} cells were not cast again" if rest else ""


def _training(members: Sampled | None) -> str:
    if members is None:
        return "training: no member was retrained"
    rest = members.of - members.sampled
    return f"training: {rest} members were not trained again" if rest else ""


def _runs(origin: Origin) -> str:
    count = origin.count
    if count is None:
        return "not excluded"
    return (
        f"as the challenger counts, this is challenge {count.of_key} to this auditor's key and "
        f"{count.of_data} about this data set"
    )
