"""The two predicates: the precommitment before any draw, the certificate after all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import StatementError
from auditor.format import merkle
from auditor.format.audit import MAX_BUDGETS, MAX_INPUTS, MAX_MEMBERS, Audit
from auditor.format.challenge import Awaited, awaited, time_text
from auditor.format.fields import Fields
from auditor.format.statement import CERTIFICATE, PRECOMMITMENT, Statement
from auditor.guarantee.threat import AXES, MAX_AMOUNT

MAX_ROW: Final = 16 * 2**20
_SHARE: Final = re.compile(r"(?:0|[1-9][0-9]*)/[1-9][0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Precommitment:
    """Signed before the first draw: the audit, when, by whom, and a number used once.

    ``challenge`` is what the draws wait for.
    """

    audit: Audit
    created_at: str
    serial: str
    keyid: str
    challenge: Awaited

    def to_statement(self) -> Statement:
        """Return the statement about ``recipe.toml``."""
        predicate = {
            "audit": self.audit.to_dict(),
            "createdAt": self.created_at,
            "serial": self.serial,
            "keyid": self.keyid,
            "challenge": self.challenge and self.challenge.to_dict(),
        }
        return Statement(
            subject_name="recipe.toml",
            subject_sha256=self.audit.recipe_file,
            predicate_type=PRECOMMITMENT,
            predicate=predicate,
        )

    @classmethod
    def from_dict(cls, value: object, where: str = "precommitment.predicate") -> Precommitment:
        """Return the predicate in a parsed JSON object; raise StatementError naming the field."""
        fields = Fields(value, where).only(("audit", "createdAt", "serial", "keyid", "challenge"))
        return cls(
            audit=Audit.from_dict(fields.raw("audit"), f"{where}.audit"),
            created_at=time_text(fields, "createdAt"),
            serial=fields.hexadecimal("serial", 32),
            keyid=fields.hexadecimal("keyid"),
            challenge=awaited(fields),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """For one budget: the vote share needed ("a/b") and the least winning count (None: never)."""

    budget: Mapping[str, int]
    p_star: str
    k_star: int | None

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {"budget": dict(self.budget), "pStar": self.p_star, "kStar": self.k_star}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Totals over the leaves; ``certified``: inputs certified with their true label, by budget."""

    inputs: int
    correct: int
    abstained: int
    certified: tuple[tuple[Mapping[str, int], int], ...]

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {
            "inputs": self.inputs,
            "correct": self.correct,
            "abstained": self.abstained,
            "certified": [{"budget": dict(b), "count": n} for b, n in self.certified],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Signed after the votes. It has no time of its own, so a resumed run gives the same bytes."""

    audit: Audit
    precommitment: str
    challenge: str | None
    determinism: str
    member_count: int
    shard_size: int
    graph: str
    evidence: str
    row_size: int
    evidence_size: int
    thresholds: tuple[Threshold, ...]
    batch_size: int
    batch_root: str
    summary: Summary

    def to_statement(self, members_sha256: str) -> Statement:
        """Return the statement about ``members.sha256``, given that file's digest in hex."""
        challenge = None if self.challenge is None else {"sha256": self.challenge}
        predicate = {
            "audit": self.audit.to_dict(),
            "precommitment": {"sha256": self.precommitment},
            "challenge": challenge,
            "determinism": self.determinism,
            "members": {
                "count": self.member_count,
                "shardSize": self.shard_size,
                "graph": {"sha256": self.graph},
            },
            "evidence": {
                "sha256": self.evidence,
                "rowSize": self.row_size,
                "size": self.evidence_size,
            },
            "thresholds": [item.to_dict() for item in self.thresholds],
            "batch": {"tree": merkle.NAME, "size": self.batch_size, "rootHash": self.batch_root},
            "summary": self.summary.to_dict(),
        }
        return Statement(
            subject_name="members.sha256",
            subject_sha256=members_sha256,
            predicate_type=CERTIFICATE,
            predicate=predicate,
        )

    @classmethod
    def from_dict(cls, value: object, where: str = "certificate.predicate") -> Certificate:
        """Return the predicate in a parsed JSON object; raise StatementError naming the field."""
        fields = Fields(value, where).only(
            (
                *("audit", "precommitment", "challenge", "determinism", "members", "evidence"),
                *("thresholds", "batch", "summary"),
            )
        )
        members = fields.section("members").only(("count", "shardSize", "graph"))
        evidence = fields.section("evidence").only(("sha256", "rowSize", "size"))
        batch = fields.section("batch").only(("tree", "size", "rootHash"))
        batch.choice("tree", (merkle.NAME,))
        challenge = None
        if fields.raw("challenge") is not None:
            challenge = fields.section("challenge").only(("sha256",)).hexadecimal("sha256")
        return cls(
            audit=Audit.from_dict(fields.raw("audit"), f"{where}.audit"),
            precommitment=fields.section("precommitment").only(("sha256",)).hexadecimal("sha256"),
            challenge=challenge,
            determinism=fields.choice("determinism", ("bitwise", "assumed")),
            member_count=members.integer("count", low=1, high=MAX_MEMBERS),
            shard_size=members.integer("shardSize", low=1, high=MAX_MEMBERS),
            graph=members.section("graph").only(("sha256",)).hexadecimal("sha256"),
            evidence=evidence.hexadecimal("sha256"),
            row_size=evidence.integer("rowSize", low=1, high=MAX_ROW),
            evidence_size=evidence.integer("size", low=1, high=MAX_INPUTS),
            thresholds=_thresholds(fields),
            batch_size=batch.integer("size", low=1, high=MAX_INPUTS),
            batch_root=batch.hexadecimal("rootHash"),
            summary=_summary(fields.section("summary")),
        )


def _thresholds(fields: Fields) -> tuple[Threshold, ...]:
    items = fields.sections("thresholds", limit=MAX_BUDGETS)
    return tuple(
        Threshold(
            budget=item.only(("budget", "pStar", "kStar")).counts("budget"),
            p_star=_share(item),
            k_star=item.optional_integer("kStar"),
        )
        for item in items
    )


def _share(fields: Fields) -> str:
    text = fields.text("pStar")
    if not _SHARE.fullmatch(text):
        raise StatementError(f"{fields.where}.pStar: expected 'a/b', got {text[:80]!r}")
    return text


def _summary(fields: Fields) -> Summary:
    fields.only(("inputs", "correct", "abstained", "certified"))
    certified = fields.sections("certified", limit=MAX_BUDGETS)
    return Summary(
        inputs=fields.integer("inputs"),
        correct=fields.integer("correct"),
        abstained=fields.integer("abstained"),
        certified=tuple(
            (_budget(item.only(("budget", "count"))), item.integer("count")) for item in certified
        ),
    )


def _budget(fields: Fields) -> dict[str, int]:
    budget = fields.counts("budget")
    for axis, amount in budget.items():
        if axis not in AXES or amount > MAX_AMOUNT:
            raise StatementError(f"{fields.where}.budget: unknown axis {axis[:80]!r}, or too much")
    return budget
