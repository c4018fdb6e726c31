"""Run the comparisons and print the table that README.md shows.

    AUDIT_DATA=~/data python -m benchmarks.peers [NAME ...] [--out build/peers]

A release that is already there is used again; every figure of ours is read from what verifies.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import auditor
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.plurality import plurality
from auditor.verify.verified import Verified
from benchmarks.peers.cases import CASES, Case, Votes

RECIPES = Path(__file__).parent / "recipes"


def compare(case: Case, out: Path) -> dict[str, Any]:
    """Return certified accuracies by amount, theirs and ours, and what the release took."""
    release = out / case.recipe.removesuffix(".toml")
    begun = time.perf_counter()
    if not (release / "certificate.dsse.json").exists():
        auditor.run(RECIPES / case.recipe, out=release, device="cpu")
    taken = time.perf_counter() - begun
    verified = auditor.verify(release, release.with_suffix(".pub"))
    votes = list(_votes(verified, release))
    truth = [claim.true_label for claim in verified.claims]
    right = [own for own, label in zip(votes, truth, strict=True) if own.label == label]
    rows = [
        {
            "amount": amount,
            "published": sum(case.holds(own, amount) for own in right) / len(votes),
            "ours": float(verified.certified_accuracy(case.budget(amount))),
        }
        for amount in case.amounts
    ]
    cost = json.loads((release / "manifest.json").read_bytes())["cost"]
    return {
        "name": case.name,
        "peer": case.peer,
        "attack": case.attack,
        "recipe": case.recipe,
        "inputs": len(votes),
        "members": verified.certificate.audit.members,
        "right": len(right) / len(votes),
        "rows": rows,
        "cost": cost,
        "seconds": round(taken, 1),
    }


def _votes(verified: Verified, release: Path) -> Iterator[Votes]:
    """Yield every input's votes from the evidence that the certificate's leaves name."""
    audit: dict[str, Any] = dict(verified.audit)
    data = (release / "evidence.bin").read_bytes()
    size, classes = len(data) // len(verified.claims), len(audit["dataset"]["classes"])
    needed = {
        Budget.of(dict(each.budget)): float(Fraction(each.p_star))
        for each in verified.certificate.thresholds
    }
    for claim in verified.claims:
        row = data[claim.index * size : (claim.index + 1) * size]
        if verified.members_drawn:
            counts, draws = [row.count(label) for label in range(classes)], audit["members"]
        else:
            counts, draws = _tally(row, classes)
        alpha = 1 / 1000 / len(verified.claims)
        yield Votes(counts=counts, draws=draws, alpha=alpha, audit=audit, needed=needed)


def _tally(row: bytes, classes: int) -> tuple[list[int], int]:
    """Return members' votes in the only view, or how many views each class has; and their sum."""
    numbers = [int.from_bytes(row[at : at + 2], "little") for at in range(0, len(row), 2)]
    views = [numbers[at : at + classes + 1] for at in range(0, len(numbers), classes + 1)]
    if len(views) == 1:
        return views[0][:-1], sum(views[0])
    labels = [plurality(view[:-1], view[-1]) for view in views]
    return [labels.count(label) for label in range(classes)], len(views)


def table(found: dict[str, Any]) -> str:
    """Return one comparison as Markdown."""
    rows = found["rows"]
    heads = " | ".join(f"{row['amount']:,}" for row in rows)
    sizes = f"{found['members']:,} members, {found['inputs']:,} inputs, {found['right']:.4f} right"
    taken = f"training {found['cost']['training']}, voting {found['cost']['voting']}"
    lines = [
        f"**{found['name']}** (`{found['recipe']}`): {sizes}; {taken}.",
        f"Columns: {found['attack']}.",
        "",
        f"| certified and right | {heads} |",
        "|---|" + "---:|" * len(rows),
        f"| {found['peer']} | " + " | ".join(f"{row['published']:.4f}" for row in rows) + " |",
        "| the same votes, our bound | " + " | ".join(f"{row['ours']:.4f}" for row in rows) + " |",
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the comparisons that were asked for, and keep their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="recipes to run, without .toml; default: all")
    parser.add_argument("--out", type=Path, default=Path("build/peers"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    wanted = [
        case
        for case in CASES
        if not chosen.names or case.recipe.removesuffix(".toml") in chosen.names
    ]
    for case in wanted:
        found = compare(case, chosen.out)
        kept = chosen.out / (case.recipe.removesuffix(".toml") + ".json")
        kept.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        print(table(found), "\n")


if __name__ == "__main__":
    sys.exit(main())
