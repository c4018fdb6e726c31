"""A model card for the Hugging Face Hub: front matter with ``model-index``, and the section.

The metadata are those of the Hub's model card documentation ("Evaluation Results").
"""

from __future__ import annotations

from typing import Final

from auditor.cards.markdown import plain, section
from auditor.cards.numbers import accuracy, metrics
from auditor.report.sentences import budget_words
from auditor.verify.verified import Verified

_TASKS: Final = {3: "image-classification", 1: "tabular-classification"}


def card(verified: Verified) -> str:
    """Return the README.md of a repository with this release in it."""
    audit = verified.certificate.audit
    name = str(audit.recipe["name"])
    front = [
        "---",
        "tags:",
        "- certified-robustness",
        "- data-poisoning",
        "library_name: auditor",
        "model-index:",
        f"- name: {_scalar(name)}",
        "  results:",
        "  - task:",
        f"      type: {_TASKS[len(audit.shape)]}",
        "    dataset:",
        f"      type: {_scalar(audit.source)}",
        f"      name: {_scalar(audit.source)}",
        "    metrics:",
        "    - type: accuracy",
        "      name: no attack",
        f"      value: {accuracy(verified)}",
    ]
    for budget, share in metrics(verified):
        front += [
            "    - type: certified_accuracy",
            f"      name: {_scalar(budget_words(verified.audit, budget))}",
            f"      value: {share}",
        ]
    return "\n".join([*front, "---", f"# {plain(name)}", "", section(verified)])


def _scalar(text: str) -> str:
    # YAML has no surrogate pairs, which JSON writes for what lies beyond U+FFFF.
    kept = (
        each if " " <= each <= "~" and each not in '"\\' else f"\\U{ord(each):08X}" for each in text
    )
    return f'"{"".join(kept)}"'
