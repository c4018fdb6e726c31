"""The second verifier, written from ``schemas/README.md`` alone, says what ours says.

Over all vectors, over files with something changed, and over releases of random recipes.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest

import auditor
from auditor.format.challenge import Signed
from tests import honest
from tests.honest import ED25519
from tests.second_verifier import bridge, edits, material
from tests.second_verifier.agreement import assert_same, needs_node
from tests.second_verifier.bridge import FOLDER, Vector

pytestmark = needs_node

Json = dict[str, Any]

VECTORS: Final = sorted((FOLDER.parent / "vectors").glob("*.json"))
BASE: Final = honest.build("two-mask")


def test_every_vector_has_its_grade_in_both() -> None:
    found = bridge.in_node("vectors.mjs", *map(str, VECTORS))
    assert [Path(item["name"]) for item in found] == VECTORS
    for item, path in zip(found, VECTORS, strict=True):
        vector = json.loads(path.read_bytes())
        assert item["passed"], item
        # and ours by tests/vectors/test_vectors.py
        assert item["grade"] == vector["expect"], path.stem


@pytest.mark.parametrize("key", ["extra", "challenger"])
def test_an_unknown_key_of_a_vector_fails_the_runner(key: str) -> None:
    with pytest.raises(AssertionError, match=f"unknown keys: {key}"):
        bridge.theirs([{**bridge.whole(BASE), key: 1}])


def test_a_wrong_expectation_fails_the_runner(tmp_path: Path) -> None:
    path = tmp_path / "vector.json"
    for expect, origin, passes in (
        ("success", "not-needed", True),
        ("claim", "not-needed", False),
        ("success", "signed", False),
    ):
        path.write_text(json.dumps({**bridge.whole(BASE), "expect": expect, "origin": origin}))
        assert bridge.in_node("vectors.mjs", str(path))[0]["passed"] is passes


def test_only_the_programs_need_node() -> None:
    modules = Path(auditor.__file__).parent / "checker"
    imported = {
        name
        for path in modules.rglob("*.mjs")
        for name in re.findall(r" from '([^']*)'", path.read_text())
    }
    assert all(re.fullmatch(r"\./(verifier/)?[a-z_]+\.mjs", name) for name in imported)
    programs = {path.name for path in FOLDER.glob("*.mjs") if "'node:" in path.read_text()}
    assert programs == {path.name for path in FOLDER.glob("*.mjs")}


@pytest.mark.parametrize("kind", honest.KINDS)
def test_a_flipped_bit_gets_the_same_grade(kind: str) -> None:
    counts = assert_same(edits.flipped(honest.build(kind), random.Random(kind), 120))
    assert len(counts) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("kind", honest.KINDS)
def test_many_flipped_bits_get_the_same_grade(kind: str) -> None:
    counts = assert_same(edits.flipped(honest.build(kind, key=ED25519), random.Random(kind), 3000))
    assert {"envelope", "signature", "inclusion", "claim", "release", "success"} <= counts.keys()


@pytest.mark.parametrize("kind", honest.KINDS)
def test_an_edit_of_signed_json_gets_the_same_grade(kind: str) -> None:
    counts = assert_same(edits.edited(honest.build(kind), random.Random(kind), 150))
    assert {"success", "envelope", "statement"} <= counts.keys()


@pytest.mark.slow
@pytest.mark.parametrize("kind", honest.KINDS)
def test_many_edits_of_signed_json_get_the_same_grade(kind: str) -> None:
    release = honest.build(
        kind, front_end=True, awaited=Signed(keyid=None), answer=honest.challenge
    )
    assert_same(edits.edited(release, random.Random(kind), 3000))


def _recipes(seed: int, count: int) -> Iterable[Vector]:
    rng = random.Random(seed)
    for _ in range(count):
        release = material.random_release(rng)
        alone = release.certificate.member_count == 1 or rng.random() < 0.4
        index = rng.randrange(len(release.leaves))
        yield bridge.single(release.single(index)) if alone else bridge.whole(release)


def test_releases_of_random_recipes_are_accepted_or_refused_by_both() -> None:
    counts = assert_same(_recipes(1, 300))
    assert counts.keys() == {"success", "statement"}
    assert min(counts.values()) > 50


@pytest.mark.slow
def test_many_releases_of_random_recipes_are_accepted_or_refused_by_both() -> None:
    assert_same(_recipes(2, 6000))


@pytest.mark.parametrize(
    "test",
    [
        {"method": "two-mask", "window": 2, "step": 1, "patch": 2},
        {"method": "two-mask", "window": 3, "step": 2, "patch": 2},
        {"method": "two-mask", "groups": 4, "pixels": 1},
        {"method": "two-mask", "groups": 6, "pixels": 2},
        {"method": "views", "groups": 3, "partitions": 3},
        {"method": "two-mask", "groups": 4, "pixels": 1, "window": 3, "step": 1, "patch": 2},
        {"method": "two-mask", "groups": 5, "pixels": 2, "window": 3, "step": 2, "patch": 1},
        {"method": "ablation", "region": "block", "size": 2, "step": 1, "wrap": True},
        {"method": "ablation", "region": "block", "size": 2, "step": 2, "wrap": False},
        {"method": "ablation", "region": "columns", "size": 1, "step": 1, "wrap": True},
        {"method": "ablation", "region": "rows", "size": 2, "step": 1, "wrap": False},
    ],
    ids=lambda test: " ".join(map(str, test.values())),
)
def test_both_decide_the_same_over_fixed_views(test: Json) -> None:
    rng = random.Random(json.dumps(test))
    pixels = "window" not in test or "groups" in test
    patches = "window" in test or test["method"] == "ablation"
    changes = [{"inputFeatures": t} for t in (1, 2) if pixels and t <= test.get("pixels", 2)]
    changes += [{"inputPatch": s} for s in (1, 2) if patches and s <= test.get("patch", 2)]
    changes += [
        {**one, **other} for one, other in combinations(changes, 2) if one.keys() != other.keys()
    ]
    training = {"method": "partition", "parts": 5, "by": "content"}
    recipe = honest.resolved(
        "partition",
        smoothing={"training": training, "test": test},
        budgets=(*changes, {"trainExamples": 1}),
        members=5,
    )
    recipe["classes"] = ["a", "b", "c"]
    made = [material.made(recipe, {}, inputs=40, rng=rng) for _ in range(2)]
    labels = {json.loads(line)["label"] for release in made for line in release.leaves}
    assert labels >= {None, 0, 1}
    assert assert_same(map(bridge.whole, made)) == {"success": 2}
