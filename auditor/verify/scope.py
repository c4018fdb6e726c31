"""How far a verification reaches, in the words that every verdict prints (step 13)."""

from __future__ import annotations

from typing import Literal

from auditor.format.predicate import Certificate
from auditor.verify.challenge import Origin

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


def checked(kind: Kind) -> tuple[str, ...]:
    """Return what was established."""
    return _ALWAYS + _CHECKED[kind]


def not_checked(
    kind: Kind, certificate: Certificate, origin: Origin, *, randomised: bool
) -> tuple[str, ...]:
    """Return what a certificate rests on and this verification did not look at."""
    lines = [
        "votes: no member was run again on an input",
        "training: no member was retrained; the data set was not seen",
        "inputs: named by digest; that no image occurs under two names was not checked",
        "code and environment: as the auditor states them",
        "recipe.toml: that it resolves to the signed recipe, which is what the guarantee is about",
        f"number of runs made before this one: {_runs(origin)}",
    ]
    if certificate.determinism == "bitwise":
        lines.append("determinism of training: bitwise in the auditor's own self-test")
    else:
        lines.append("determinism of training: assumed by the auditor")
    if randomised:
        lines.append("noise: that the draws came from the stated streams")
    if kind == "input":
        lines.append("members: their files were not at hand")
        lines.append("other inputs: neither their claims, nor the list, nor the totals")
    else:
        lines.append("report.html and manifest.json: not signed, not read")
    return tuple(lines)


def _runs(origin: Origin) -> str:
    count = origin.count
    if count is None:
        return "not excluded"
    return (
        f"as the challenger counts, this is challenge {count.of_key} to this auditor's key and "
        f"{count.of_data} about these data and inputs"
    )
