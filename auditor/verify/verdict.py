"""A verdict as text for people and as JSON for programs (schemas/verdict.v1.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from auditor.errors import AuditorError, UndecidedError, VerificationError
from auditor.format.audit import Audit
from auditor.format.visible import visible
from auditor.guarantee import trusted
from auditor.guarantee.threat import Budget
from auditor.guarantee.training.neighbours import neighbours
from auditor.verify.challenge import Origin
from auditor.verify.evidence_words import (
    alphabet_of,
    budget_text,
    evidence_json,
    evidence_text,
    share,
)
from auditor.verify.verified import Claim, Verified

SCHEMA: Final = "urn:auditor:verdict:v1"
_SHOWN: Final = 24
_LONGEST: Final = 2000
_SELECTION: Final = {
    "none": "chosen without looking at the data (selection: none)",
    "trusted-data": "chosen on other, trusted data (selection: trusted-data)",
    "pilot": "chosen on a pilot of this data: poisoned data may have chosen it (selection: pilot)",
}


def text(verified: Verified) -> str:
    """Return the verdict in plain words; the first line is ``VERIFIED <digest>``."""
    audit = verified.certificate.audit
    trusted = [f"{visible(name)} (sha256 {digest})" for name, digest in audit.trusted]
    lines = [
        f"VERIFIED {verified.digest}",
        "",
        *_block("trusted", trusted or ["no artefact is trusted"]),
        f"recipe       {visible(repr(audit.recipe['name']))}, {_SELECTION[audit.selection]}",
        f"object       {_object(verified)}",
        f"data         {visible(audit.source)}: {audit.dataset_size} {_unit(audit)}",
        f"             root {audit.dataset_root}",
        f"threat       {_threat(verified)}",
        *(f"             {line}" for line in _spared(audit)),
        f"failure      {_alpha(verified)}",
        f"challenge    {visible(verified.challenge.text)}",
        f"key          {verified.keyid}",
        f"committed    {verified.precommitment.created_at} (the auditor's clock)",
        "",
        *(_release(verified) if verified.kind == "release" else _claim(verified)),
        *([] if verified.evidence is None else ["", *evidence_text(verified.evidence, verified)]),
        "",
        *_block("checked", verified.checked),
        *_block("not checked", verified.not_checked),
    ]
    return "\n".join(lines) + "\n"


def failure_text(error: AuditorError) -> str:
    """Return the verdict on a certificate that did not verify; the first word says how."""
    word = "UNDECIDED" if isinstance(error, UndecidedError) else "NOT VERIFIED"
    grade = f" ({error.grade})" if isinstance(error, VerificationError) else ""
    return f"{word}{grade}: {_said(error)}\n"


def to_json(verified: Verified) -> str:
    """Return the verdict as one JSON document, at the end of which stands a line feed."""
    audit = verified.certificate.audit
    value = {
        "schema": SCHEMA,
        "verdict": "verified",
        "exitCode": 0,
        "kind": verified.kind,
        "certificate": {"sha256": verified.digest},
        "keyid": verified.keyid,
        "trusted": [{"name": name, "sha256": digest} for name, digest in audit.trusted],
        "recipe": audit.recipe["name"],
        "selection": audit.selection,
        "alpha": audit.alpha,
        "scope": audit.scope,
        "challenge": _challenge_json(verified.challenge),
        "determinism": verified.certificate.determinism,
        "axes": list(verified.axes),
        "threat": {"unit": audit.unit, "moves": dict(audit.moves)},
        "summary": verified.summary if verified.kind == "release" else None,
        "claim": _claim_json(verified.claims[0]) if verified.kind == "input" else None,
        "evidence": evidence_json(verified.evidence),
        "checked": list(verified.checked),
        "notChecked": list(verified.not_checked),
    }
    return _dump(value)


def failure_json(error: AuditorError) -> str:
    """Return the verdict on a certificate that did not verify, in the same schema."""
    value = {
        "schema": SCHEMA,
        "verdict": "undecided" if isinstance(error, UndecidedError) else "refuted",
        "exitCode": error.exit_code,
        "grade": error.grade if isinstance(error, VerificationError) else "usage",
        "message": _said(error),
    }
    return _dump(value)


def _release(verified: Verified) -> list[str]:
    totals = verified.certificate.summary
    lines = [
        f"inputs              {totals.inputs}, of which {totals.abstained} abstained",
        f"clean accuracy      {share(totals.correct, totals.inputs)}",
        "certified accuracy  (share of inputs whose label is right and cannot be changed)",
    ]
    for budget, count in totals.certified[:_SHOWN]:
        words = budget_text(Budget.of(budget), alphabet_of(verified))
        lines.append(f"  {share(count, totals.inputs)}  {words}")
    if len(totals.certified) > _SHOWN:
        lines.append(f"  ... and {len(totals.certified) - _SHOWN} more declared budgets")
    return lines


def _claim(verified: Verified) -> list[str]:
    claim = verified.claims[0]
    classes = verified.certificate.audit.classes
    if claim.label is None:
        return [f"input {claim.index}: the vote abstained; nothing is certified"]
    lines = [
        f"input {claim.index}: label {classes[claim.label]!r}, which no attack can change within"
    ]
    alphabet = alphabet_of(verified)
    lines += [f"  {budget_text(budget, alphabet)}" for budget in claim.frontier[:_SHOWN]]
    if len(claim.frontier) > _SHOWN:
        lines.append(f"  ... and {len(claim.frontier) - _SHOWN} more")
    if not claim.frontier:
        lines = [f"input {claim.index}: label {classes[claim.label]!r}; nothing is certified"]
    if claim.true_label is not None:
        lines.append(f"  true label, as committed: {classes[claim.true_label]!r}")
    return lines


def _claim_json(claim: Claim) -> dict[str, object]:
    return {
        "index": claim.index,
        "input": {"salt": claim.salt, "source": claim.source, "tensor": claim.tensor},
        "label": claim.label,
        "trueLabel": claim.true_label,
        "frontier": [budget.to_json() for budget in claim.frontier],
    }


def _challenge_json(origin: Origin) -> dict[str, object]:
    count = origin.count
    return {
        "kind": origin.kind,
        "reason": origin.reason,
        "count": count and {"ofKey": count.of_key, "ofData": count.of_data},
    }


def _alpha(verified: Verified) -> str:
    audit = verified.certificate.audit
    if not verified.randomised:
        return "none: the claims are deterministic (alpha = 0)"
    if audit.scope == "simultaneous":
        return f"all claims hold together, except with probability at most {audit.alpha}"
    return f"each claim alone holds, except with probability at most {audit.alpha}"


def _threat(verified: Verified) -> str:
    moves = sorted(verified.certificate.audit.moves.items())
    prices = ", ".join(f"{move} costs {cost}" for move, cost in moves) or "no training data"
    return f"{prices}; axes: {', '.join(verified.axes)}"


def _object(verified: Verified) -> str:
    audit = verified.certificate.audit
    if asked := neighbours(audit.recipe):
        return f"the vote of the {asked} training examples nearest to the input"
    members = "drawn members" if verified.members_drawn else "fixed members"
    return f"the vote of {audit.members} {members}, not any single model"


def _unit(audit: Audit) -> str:
    if audit.unit == "example":
        return "examples"
    number = "" if audit.groups is None else f" in {audit.groups} groups"
    return f"examples{number}, attacked by group"


def _spared(audit: Audit) -> tuple[str, ...]:
    """Say what of the training examples nobody may have changed, if anything."""
    spared = trusted.spared(audit.moves)
    if spared is None:
        return ()
    return (f"the {spared} of the training examples are trusted: nobody changed them",)


def _said(error: AuditorError) -> str:
    """Return what an error says, on one line that no hostile name makes long."""
    text = visible(str(error))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _block(title: str, lines: tuple[str, ...] | list[str]) -> list[str]:
    return [f"{title if i == 0 else '':<12} {line}" for i, line in enumerate(lines)]


def _dump(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=True, indent=2) + "\n"
