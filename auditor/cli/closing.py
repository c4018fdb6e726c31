"""The table that ends a run: what the vote gets right, what is certified, where things are."""

from __future__ import annotations

from pathlib import Path

from auditor.cli.screen import paint, paragraph, safe, table
from auditor.report import sentences
from auditor.report.subject import Subject
from auditor.report.table import rows


def closing(verified: Subject, out: Path, public: Path) -> str:
    """Return the table for a finished and verified run."""
    audit = verified.audit
    inputs = int(verified.summary["inputs"])
    body = [(row.words, f"{row.count:,}", row.share) for row in rows(verified)]
    abstained = int(verified.summary["abstained"])
    body.append(("the vote abstained", f"{abstained:,}", sentences.share(abstained, inputs)))
    lines = [
        *table([("attacker changes at most", "inputs", f"of {inputs:,}"), *body]),
        "",
        *paragraph(
            sentences.object_sentence(audit),
            sentences.guarantee_sentence(verified),
            sentences.certainty_sentence(audit),
        ),
        "",
        f"  release      {out}",
        f"  report       {out / 'report.html'}",
        f"  certificate  {out / 'certificate.dsse.json'}",
        f"  check it     audit verify {out} --key {public}",
    ]
    return paint("Signed and verified", "green") + "\n\n" + safe("\n".join(lines))
