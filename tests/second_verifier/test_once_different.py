"""Where the two once disagreed: what one accepted and the specification refuses, or its reverse."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from auditor.format import dsse
from tests import honest
from tests.second_verifier import bridge
from tests.second_verifier.agreement import assert_same, needs_node
from tests.second_verifier.bridge import Vector

pytestmark = needs_node

BASE: Final = honest.build("two-mask")
GRID: Final = {"kind": "grid", "low": "-1/2", "high": "1/2", "step": "1", "unit": "pixel"}


def _audit() -> dict[str, Any]:
    audit: dict[str, Any] = json.loads(json.dumps(honest.build("flip").certificate.audit.to_dict()))
    return audit


def _recommitted(audit: dict[str, Any]) -> Vector:
    release = honest.build("flip")
    return bridge.folder(honest.recommit(release, audit), release.digests)


def test_the_unit_of_an_input_is_never_left_open() -> None:
    audit = _audit()
    del audit["recipe"]["alphabet"]["unit"]
    assert_same([_recommitted(audit)])


def test_the_unit_is_group_for_partitions_by_group_alone() -> None:
    audit = _audit()
    audit["recipe"]["unit"] = audit["threat"]["unit"] = "group"
    assert_same([_recommitted(audit)])


def test_false_is_not_zero_in_a_recipe() -> None:
    audit = _audit()
    audit["recipe"]["draws"] = False
    assert_same([_recommitted(audit)])


def test_a_grid_may_start_at_minus_one_half() -> None:
    audit = _audit()
    audit["recipe"]["alphabet"] = GRID
    assert_same([_recommitted(audit)])


def test_a_signed_summary_has_known_axes_in_a_single_input_file_too() -> None:
    payload = dsse.parse(BASE.contents["certificate.dsse.json"], "").payload
    predicate = json.loads(payload)["predicate"]
    predicate["summary"]["certified"][1]["budget"] = {"unknown": 1}
    forged = replace(BASE, contents=honest.resign(BASE, certificate=predicate))
    assert_same([bridge.single(forged.single(1))])
