"""What the key's holder can do: lie anywhere, consistently, and sign it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from auditor.errors import AuditorError
from auditor.format import dsse, leaf, merkle
from auditor.format.audit import Audit
from auditor.format.leaf import Leaf, parse_leaf, row_digest
from auditor.format.predicate import Threshold
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from tests import honest
from tests.fuzz.choices import Choices, chance, one
from tests.fuzz.mutate import Pairs, changed_json, copy, get, parsed, plain, put, written
from tests.fuzz.releases import COUNT, release
from tests.honest import Honest

AXES = (
    *("trainExamples", "partialExamples", "featuresPerExample", "labelsPerExample"),
    *("trainFeatures", "trainLabels", "trainSquares", "trainSteps"),
    *("inputFeatures", "inputPatch", "inputSquares", "inputSteps", "total"),
)


def dishonest(choices: Choices) -> Honest:
    """Return a release that its key's holder changed in some places, and signed."""
    draft = _Draft.of(release(choices.below(COUNT)))
    for _ in range(1 + choices.below(2)):
        match choices.below(8):
            case 0 | 1:
                draft.change_audit(choices)
            case 2 | 3:
                draft.change_row(choices)
            case 4:
                place = choices.below(len(draft.leaves))
                draft.leaves[place] = changed_json(choices, draft.leaves[place])
            case 5:
                draft.first = changed_json(choices, draft.first)
            case _:
                draft.second = changed_json(choices, draft.second)
        if not chance(choices, 4):
            draft.follow()
    if chance(choices, 3):
        draft.claim_more(choices)
    return draft.signed()


@dataclass(slots=True)
class _Draft:
    """Statements and leaves as JSON before anything is signed, and the rows of votes."""

    made: Honest
    first: Any
    second: Any
    leaves: list[Any]
    rows: list[bytes]

    @classmethod
    def of(cls, made: Honest) -> _Draft:
        names = ("precommit.dsse.json", "certificate.dsse.json")
        first, second = (parsed(dsse.parse(made.contents[name], "").payload) for name in names)
        return cls(made, first, second, [parsed(line) for line in made.leaves], list(made.rows))

    def change_audit(self, choices: Choices) -> None:
        """Change the audit, the same in both statements."""
        audit = changed_json(choices, get(self.first, "predicate", "audit"))
        for statement in (self.first, self.second):
            put(statement, "predicate", "audit", item=copy(audit))

    def change_row(self, choices: Choices) -> None:
        """Change the votes on one input."""
        place = choices.below(len(self.rows))
        row = bytearray(self.rows[place])
        for _ in range(1 + choices.below(12)):
            row[choices.below(len(row))] = one(choices, (0, 1, 2, 3, 4, 5, 7, 255))
        self.rows[place] = bytes(row)
        put(self.leaves[place], "evidence", "row", item=row_digest(bytes(row)))

    def follow(self) -> None:
        """Draw thresholds, claims and totals from audit and votes, as an honest auditor would."""
        audit = plain(get(self.first, "predicate", "audit"))
        try:
            rule = rule_for(audit)
            items = [parse_leaf(written(item), "leaf") for item in self.leaves]
            items = [_judged(item, row, rule) for item, row in zip(items, self.rows, strict=True)]
            summary = honest._summary(items, Audit.from_dict(audit)).to_dict()
        except (AuditorError, AttributeError, LookupError, TypeError, ValueError):
            return  # nothing honest can be said
        self.leaves = [parsed(item.to_bytes()) for item in items]
        table = [
            Threshold(
                budget=item.budget.to_json(),
                p_star=f"{item.p_star.p}/{item.p_star.q}",
                k_star=item.k_star,
            ).to_dict()
            for item in rule.thresholds()
        ]
        for path, value in (
            (("summary",), summary),
            (("thresholds",), table),
            (("evidence", "rowSize"), rule.row_size),
            (("members", "count"), rule.members),
        ):
            put(self.second, "predicate", *path, item=parsed(json.dumps(value).encode()))

    def claim_more(self, choices: Choices) -> None:
        """Enlarge one claim, or give it another label."""
        item = one(choices, self.leaves)
        frontier = get(item, "frontier")
        if isinstance(frontier, list):
            if not frontier:
                frontier.append(Pairs())
            budget = one(choices, frontier)
            if isinstance(budget, Pairs):
                amounts = {key: value for key, value in budget if isinstance(value, int)}
                axis = one(choices, AXES)
                amounts[axis] = amounts.get(axis, 0) + 1
                budget[:] = list(amounts.items())
        if chance(choices, 2):
            put(item, "label", item=choices.below(3))

    def signed(self) -> Honest:
        """Return the release, all its digests being right."""
        lines = [written(item).replace(b"\n", b" ") for item in self.leaves]
        evidence = b"".join(self.rows)
        one_, second = written(self.first), copy(self.second)
        for path, digest in (
            (("precommitment", "sha256"), _sha256(one_)),
            (("batch", "rootHash"), merkle.Tree(lines).root.hex()),
            (("evidence", "sha256"), _sha256(evidence)),
        ):
            put(second, "predicate", *path, item=digest)
        contents = {
            **self.made.contents,
            "precommit.dsse.json": dsse.sign(one_, self.made.key),
            "certificate.dsse.json": dsse.sign(written(second), self.made.key),
            "claims.jsonl": leaf.join(lines),
            "evidence.bin": evidence,
        }
        contents.pop("certificate.sigstore.json", None)
        return replace(self.made, contents=contents, leaves=tuple(lines), rows=tuple(self.rows))


def _judged(item: Leaf, row: bytes, rule: Rule) -> Leaf:
    verdict = rule.judge(row)
    return replace(
        item,
        row=row_digest(row),
        label=verdict.label,
        statistics=verdict.statistics,
        frontier=tuple(budget.to_json() for budget in verdict.frontier),
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
