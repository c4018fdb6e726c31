"""A section for a model card, in Markdown that any renderer reads."""

from __future__ import annotations

import re
from typing import Final

from auditor.format.visible import visible
from auditor.report import sentences
from auditor.report.facts import facts
from auditor.report.table import rows
from auditor.verify.verified import Verified

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#!|~$&])")
_LIST: Final = re.compile(r"^([-+=]|[0-9]+(?=[.)]))")
# GitHub's dialect makes links of what looks like one.
_LINKED: Final = (
    ("://", "&#58;//"),
    ("mailto:", "mailto&#58;"),
    ("xmpp:", "xmpp&#58;"),
    ("www.", "www&#46;"),
    ("@", "&#64;"),
)


def plain(text: str) -> str:
    r"""Return text that is no markup in CommonMark, on one line.

    Renderers that make links of what looks like an address may still do so.

    >>> plain("<b>*1*</b>")
    '\\<b\\>\\*1\\*\\</b\\>'
    """
    escaped = _SPECIAL.sub(r"\\\1", visible(" ".join(text.split())))
    escaped = _LIST.sub(lambda found: f"&#{ord(found[0][0])};{found[0][1:]}", escaped)
    for mark, harmless in _LINKED:
        escaped = escaped.replace(mark, harmless)
    return escaped


def section(verified: Verified) -> str:
    """Return "## Certified robustness" with numbers, assumptions, what was checked, and how to."""
    audit = verified.audit
    inputs = verified.certificate.summary.inputs
    lines = [
        "## Certified robustness",
        "",
        *_paragraph(
            sentences.guarantee_sentence(verified),
            sentences.certainty_sentence(audit),
            sentences.object_sentence(audit),
            sentences.moves_sentence(audit),
        ),
        f"| attacker changes at most | inputs | of {inputs:,} |",
        "|---|---:|---:|",
        *(f"| {plain(row.words)} | {row.count:,} | {row.share} |" for row in rows(verified)),
        "",
        "Percentages are rounded down; an abstention counts as wrong.",
        "",
        "### What this assumes",
        "",
        *(f"- {plain(line)}" for line in sentences.assumption_sentences(audit)),
        "",
        "### What was audited",
        "",
        *(f"- {name}: {plain(value)}" for name, value in facts(verified)),
        "",
        "### What was checked before this was written",
        "",
        *(f"- {plain(line)}" for line in verified.checked),
        "",
        "Not checked:",
        "",
        *(f"- {plain(line)}" for line in verified.not_checked),
        f"- challenge: {plain(verified.challenge.text)}",
        "",
        "### Check it yourself",
        "",
        "Nothing signs this card. With the release, and a key that you have from its author by",
        "another way:",
        "",
        "```",
        "audit verify RELEASE --key AUTHOR.pub",
        "```",
        "",
        "| SHA-256 of | |",
        "|---|---|",
        f"| the certificate's signed statement | `{verified.digest}` |",
        f"| `members.sha256` | `{verified.statement.subject_sha256}` |",
        f"| the author's public key | `{verified.keyid}` |",
    ]
    return "\n".join(lines) + "\n"


def _paragraph(*said: str) -> list[str]:
    return [line for each in said for line in (plain(each), "")]
