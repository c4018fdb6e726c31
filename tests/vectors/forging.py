"""Releases to lie with: any recipe, honest under its rule, and lies that the key's holder signs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final
from unittest.mock import patch

from auditor.format import dsse, leaf, merkle
from auditor.format.audit import Audit
from auditor.format.leaf import Leaf, parse_leaf, row_digest
from auditor.format.statement import Statement
from auditor.format.strict_json import canonical
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from tests import honest
from tests.honest import P256, Honest, PrivateKey
from tests.vectors.form import INPUT

Edit = Callable[[dict[str, Any]], object]
"""Changes a JSON object in place."""

Budgets = tuple[Mapping[str, int], ...]


@cache
def base(kind: str = "two-mask", *, front_end: bool = False, key: PrivateKey = P256) -> Honest:
    """Return the honest release of a kind; the same object every time."""
    return honest.build(kind, front_end=front_end, key=key)


BASE: Final = base()


def made(
    kind: str = "partition",
    *,
    recipe: Mapping[str, Any] | None = None,
    audit: Mapping[str, Any] | None = None,
    rows: Callable[[Rule, int, int], bytes] | None = None,
    inputs: int = 5,
) -> Honest:
    """Return an honest release of a kind's recipe with parts replaced.

    ``audit`` are fields of Audit; ``rows(rule, index, true label)`` are the votes.
    """
    resolved = {**honest.resolved(kind), **(recipe or {})}
    patches: dict[str, Any] = {
        "resolved": lambda _kind, **_: resolved,
        "Audit": lambda **fields: Audit(**{**fields, **(audit or {})}),
        "_row": rows or honest._row,
    }
    with patch.multiple(honest, **patches):
        return honest.build(kind, inputs=inputs)


def changed(
    kind: str,
    *,
    training: Mapping[str, Any] | None = None,
    test: Mapping[str, Any] | None = None,
    budgets: Budgets | None = None,
    claim: Mapping[str, Any] | None = None,
    **parts: Any,
) -> dict[str, Any]:
    """Return the resolved recipe of a kind with these sides, budgets, claim words and parts."""
    recipe: dict[str, Any] = json.loads(canonical(honest.resolved(kind)))
    sides = {"training": training, "test": test}
    recipe["smoothing"] |= {name: dict(side) for name, side in sides.items() if side is not None}
    if budgets is not None:
        recipe["claim"]["budgets"] = [dict(budget) for budget in budgets]
    return {**recipe, "claim": {**recipe["claim"], **(claim or {})}, **parts}


def forged(
    release: Honest = BASE,
    *,
    item: Callable[[Leaf], Leaf] | None = None,
    line: Callable[[bytes], bytes] | None = None,
    rows: Mapping[int, bytes] | None = None,
    audit: Edit | None = None,
    first: Edit | None = None,
    second: Edit | None = None,
    statements: tuple[Edit | None, Edit | None] = (None, None),
    payloads: tuple[Callable[[bytes], bytes] | None, ...] = (None, None),
    listing: bytes | None = None,
) -> Honest:
    """Return a release that its key's holder forged: consistent and signed, but for the lie.

    ``rows`` are votes, from which claims and totals are drawn anew; ``item`` changes leaf INPUT
    and ``line`` its bytes; ``audit`` changes the audit in both predicates, ``first`` and ``second``
    the predicate of precommitment and certificate, ``statements`` those around them, ``payloads``
    their bytes; ``listing`` is another members.sha256.
    """
    subject, evidence, lines = _claims(release, rows or {}, item, line)
    committed = _edited(release.precommitment.to_statement(), audit, first, statements[0])
    one = (payloads[0] or bytes)(canonical(committed))
    listed = release.contents["members.sha256"] if listing is None else listing
    statement = _as_json(subject.certificate.to_statement(_sha256(listed)))
    statement["predicate"]["precommitment"] = {"sha256": _sha256(one)}
    two = (payloads[1] or bytes)(canonical(_edited(statement, audit, second, statements[1])))
    contents = {
        **release.contents,
        "precommit.dsse.json": dsse.sign(one, release.key),
        "certificate.dsse.json": dsse.sign(two, release.key),
        "claims.jsonl": leaf.join(lines),
        "evidence.bin": b"".join(evidence),
        "members.sha256": listed,
    }
    del contents["certificate.sigstore.json"]
    return replace(release, contents=contents, leaves=tuple(lines), rows=tuple(evidence))


def _claims(
    release: Honest,
    rows: Mapping[int, bytes],
    item: Callable[[Leaf], Leaf] | None,
    line: Callable[[bytes], bytes] | None,
) -> tuple[Honest, list[bytes], list[bytes]]:
    evidence = [rows.get(index, row) for index, row in enumerate(release.rows)]
    parsed = [parse_leaf(data, "leaf") for data in release.leaves]
    certificate = release.certificate
    if rows:
        rule = rule_for(certificate.audit.to_dict())
        parsed = [_judged(leaf_, evidence[i], rule) for i, leaf_ in enumerate(parsed)]
        certificate = replace(certificate, summary=honest._summary(parsed, certificate.audit))
    if item is not None:
        parsed[INPUT] = item(parsed[INPUT])
    lines = [leaf_.to_bytes() for leaf_ in parsed]
    if line is not None:
        lines[INPUT] = line(lines[INPUT])
    certificate = replace(
        certificate,
        batch_root=merkle.Tree(lines).root.hex(),
        evidence=_sha256(b"".join(evidence)),
    )
    return replace(release, certificate=certificate), evidence, lines


def _judged(item: Leaf, row: bytes, rule: Rule) -> Leaf:
    verdict = rule.judge(row)
    return replace(
        item,
        row=row_digest(row),
        label=verdict.label,
        statistics=verdict.statistics,
        frontier=tuple(budget.to_json() for budget in verdict.frontier),
    )


def _as_json(statement: Statement) -> dict[str, Any]:
    return json.loads(statement.to_payload())  # type: ignore[no-any-return]


def _edited(
    statement: Statement | dict[str, Any],
    audit: Edit | None,
    predicate: Edit | None,
    around: Edit | None,
) -> dict[str, Any]:
    value = _as_json(statement) if isinstance(statement, Statement) else statement
    for edit, part in (
        (audit, value["predicate"]["audit"]),
        (predicate, value["predicate"]),
        (around, value),
    ):
        if edit is not None:
            edit(part)
    return value


def put(*path: str | int, value: object) -> Edit:
    """Return the edit that puts a value at a path."""

    def edit(root: dict[str, Any]) -> None:
        inner: Any = root
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return edit


def drop(*path: str | int) -> Edit:
    """Return the edit that takes away what is at a path."""

    def edit(root: dict[str, Any]) -> None:
        inner: Any = root
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]

    return edit


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
