"""Certified accuracy of releases as a Markdown table, read from what verification establishes.

    python -m benchmarks.tables KEY RELEASE [RELEASE ...]

Every figure comes out of a ``Verified``, so nothing is printed that does not verify under KEY.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import auditor
from auditor.report import sentences
from auditor.report.table import rows


def table(release: Path, key: Path) -> str:
    """Return the table of one release, with what it took, from its manifest."""
    verified = auditor.verify(release, key)
    audit: dict[str, Any] = dict(verified.audit)
    inputs = verified.certificate.summary.inputs
    cost = json.loads((release / "manifest.json").read_bytes())["cost"]
    taken = ", ".join(f"{stage} {amount}" for stage, amount in cost.items())
    lines = [
        f"**{audit['recipe']['name']}**. {sentences.certainty_sentence(audit)} {taken}.",
        "",
        f"| attacker changes at most | inputs of {inputs:,} | share |",
        "|---|---:|---:|",
        *(
            f"| {row.words} | {row.count:,} | {_share(row.count, inputs)} |"
            for row in rows(verified)
        ),
    ]
    return "\n".join(lines)


def _share(count: int, inputs: int) -> str:
    """Return count / inputs to four places, rounded down: never more than was certified."""
    return f"{10_000 * count // inputs / 10_000:.4f}"


def main(arguments: list[str]) -> None:
    """Print one table for each release."""
    key, *releases = map(Path, arguments)
    sys.stdout.write("\n\n".join(table(release, key) for release in releases) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
