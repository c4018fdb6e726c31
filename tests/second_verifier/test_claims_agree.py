"""Both refuse claims that are signed, and lies: rows, leaves and inputs of a dishonest auditor."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from auditor.format import dsse, leaf, merkle
from auditor.format.strict_json import canonical
from tests import honest
from tests.honest import P256, Honest
from tests.second_verifier import bridge
from tests.second_verifier.agreement import assert_same, needs_node
from tests.second_verifier.bridge import Vector

pytestmark = needs_node

Json = dict[str, Any]
INDEX: Final = 1


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _lied(release: Honest, row: bytes, **claim: object) -> Vector:
    """Return the file of an input whose signed leaf has this row and says this about it."""
    said = json.loads(release.leaves[INDEX])
    evidence = {"row": _sha256(row), **dict(claim.pop("statistics"))}  # type: ignore[call-overload]
    leaves = [*release.leaves]
    leaves[INDEX] = canonical({**said, **claim, "evidence": evidence})
    rows = [*release.rows]
    rows[INDEX] = row
    certificate = replace(release.certificate, batch_root=merkle.Tree(leaves).root.hex())
    predicate = certificate.to_statement("").predicate
    contents = honest.resign(release, certificate=predicate)
    lied = replace(release, contents=contents, leaves=tuple(leaves), rows=tuple(rows))
    return bridge.single(lied.single(INDEX))


def _counted(votes: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(votes)}H", *votes)


def test_both_want_as_many_votes_in_a_view_as_there_are_members() -> None:
    release = honest.build("partition")
    vectors = []
    for votes in ((7, 0, 0), (12, 0, 0), (6, 0, 0), (7, 0, 65535), (7, 1, 0), (65535, 0, 8)):
        margin = votes[0] - votes[1] - votes[2]
        frontier = [{"trainExamples": margin // 2}] if margin > 1 else []
        says = {"label": 0 if margin >= 0 else None, "frontier": frontier}
        margins = [[0, margin]] if margin >= 0 else []
        vectors.append(_lied(release, _counted(votes), statistics={"margins": margins}, **says))
    assert assert_same(vectors) == {"success": 1, "claim": len(vectors) - 1}


@pytest.mark.parametrize("kind", ["flip", "bag"])
def test_both_want_votes_for_classes(kind: str) -> None:
    release = honest.build(kind)
    budgets: Json = json.loads(release.leaves[INDEX])
    says = {"label": 1, "frontier": budgets["frontier"]}
    vectors = []
    for other in (0, 2, 254, 255):
        row = bytes([1] * 90 + [0] * 9 + [other])
        votes = [9 + (other == 0), 90]
        statistics = {"votes": votes, "abstained": int(other == 255)}
        vectors.append(_lied(release, row, statistics=statistics, **says))
        vectors.append(_lied(release, row[:-1], statistics=statistics, **says))
    assert assert_same(vectors) == {"success": 2, "claim": len(vectors) - 2}


@pytest.mark.parametrize("kind", honest.KINDS)
def test_both_want_the_numbers_that_a_row_gives_and_no_others(kind: str) -> None:
    release = honest.build(kind)
    said = json.loads(release.leaves[INDEX])
    row, evidence = release.rows[INDEX], said.pop("evidence")
    del evidence["row"]
    statistics: list[Json] = [evidence, {}, {**evidence, "extra": 0}]
    for name, value in evidence.items():
        left = {other: item for other, item in evidence.items() if other != name}
        statistics += [left, {**left, name: None}, {**left, name: [value]}]
        for place in range(len(value)) if isinstance(value, list) else ():
            items: list[Any] = [*value]
            number = items[place][1] if isinstance(items[place], list) else items[place]
            items[place] = [items[place][0], number + 1] if number != items[place] else number + 1
            statistics.append({**left, name: items})
            statistics.append({**left, name: [*value[:place], *value[place + 1 :]]})
    vectors = [_lied(release, row, **said, statistics=wrong) for wrong in statistics]
    assert assert_same(vectors) == {"success": 1, "claim": len(vectors) - 1}


def _recommitted(release: Honest, change: Callable[[list[Json]], None]) -> Vector:
    """Return the folder with other leaves, and the inputs that they name, signed everywhere."""
    said = [json.loads(line) for line in release.leaves]
    change(said)
    lines = [canonical(line) for line in said]
    inputs = [
        canonical({key: line[key] for key in ("index", "input", "trueLabel")}) for line in said
    ]
    audit = release.certificate.audit.to_dict()
    audit["inputs"] = {"size": len(lines), "rootHash": merkle.Tree(inputs).root.hex()}
    contents = honest.recommit(release, audit)
    payload = dsse.parse(contents["certificate.dsse.json"], "").payload
    statement = json.loads(payload)
    statement["predicate"]["batch"]["rootHash"] = merkle.Tree(lines).root.hex()
    contents["certificate.dsse.json"] = dsse.sign(canonical(statement), P256)
    contents["claims.jsonl"] = leaf.join(lines)
    return bridge.folder(contents, release.digests)


def test_both_want_inputs_once_and_true_labels_that_are_classes() -> None:
    release = honest.build("two-mask")

    def setting(index: int, key: str, value: Callable[[list[Json]], object]) -> Vector:
        def change(said: list[Json]) -> None:
            said[index][key] = value(said)

        return _recommitted(release, change)

    def salted(said: list[Json]) -> object:
        return {**said[0]["input"], "salt": "0" * 32}

    labels: tuple[object, ...] = (2, 254, 255, -1, False, "0")
    vectors = [
        _recommitted(release, lambda _: None),
        setting(3, "input", salted),
        *(setting(3, "input", lambda said, i=i: said[i]["input"]) for i in (0, 2, 4)),  # type: ignore[misc]
        *(setting(3, "trueLabel", lambda _, label=label: label) for label in labels),  # type: ignore[misc]
    ]
    assert assert_same(vectors) == {"success": 2, "statement": len(vectors) - 2}


def test_both_count_a_summary_in_the_same_way() -> None:
    release = honest.build("two-mask")
    predicate = json.loads(dsse.parse(release.contents["certificate.dsse.json"], "").payload)
    vectors = []
    for change in ("inputs", "correct", "abstained", 0, 1, 2):
        for by in (-1, 0, 1):
            summary = json.loads(json.dumps(predicate["predicate"]["summary"]))
            part = summary if isinstance(change, str) else summary["certified"][change]
            part[change if isinstance(change, str) else "count"] += by
            signed = {**predicate["predicate"], "summary": summary}
            contents = honest.resign(release, certificate=signed)
            vectors.append(bridge.folder(contents, release.digests))
    counts = assert_same(vectors)
    assert counts == {"success": 6, "claim": 9, "statement": 3}


def test_both_want_the_evidence_that_is_signed() -> None:
    release = honest.build("views")
    other = replace(release.certificate, evidence="0" * 64).to_statement("").predicate
    contents = honest.resign(release, certificate=other)
    vectors = [bridge.folder(contents, release.digests)]
    vectors.append(bridge.single(replace(release, contents=contents).single(0)))
    assert assert_same(vectors) == {"claim": 1, "success": 1}
