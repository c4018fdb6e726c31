"""Both want the names in an audit to be those of its recipe, and own code to be listed there."""

from __future__ import annotations

import json
from typing import Any

from tests import honest
from tests.second_verifier import bridge
from tests.second_verifier.agreement import assert_same, needs_node
from tests.second_verifier.bridge import Vector

pytestmark = needs_node


def _with(**changes: object) -> Vector:
    """Return a release whose recipe, signed twice, has other values."""
    release = honest.build("flip")
    audit: dict[str, Any] = json.loads(json.dumps(release.certificate.audit.to_dict()))
    audit["recipe"] |= changes
    return bridge.folder(honest.recommit(release, audit), release.digests)


def test_classes_and_source_of_the_data_are_the_recipes() -> None:
    vectors = [_with(), _with(classes=["1", "0"]), _with(classes=["0"]), _with(classes=["0", 1])]
    vectors += [_with(data=data) for data in ({"source": "other"}, {}, None, {"source": None})]
    vectors += [_with(data={"source": "made-up", "path": "anywhere"})]
    assert assert_same(vectors) == {"success": 2, "statement": len(vectors) - 2}


def test_code_of_the_authors_own_is_listed_once_and_no_other() -> None:
    def named(*names: str) -> list[dict[str, str]]:
        return [{"name": name, "sha256": "0" * 64} for name in names]

    factories = ("python:a.b:make", "python:_a1:B", "python:a:make.b", "python:1a:b", "a:b", "", 1)
    listed = (
        *(named(), named("python:a.b"), named("python:_a1"), named("python:a.b", "python:a.b")),
        *(named("x", "python:a.b", "y"), named("python:a.b", "python:c"), named("Python:a.b")),
    )
    vectors = [
        _with(learner={"name": "python", "factory": factory}, trusted=trusted)
        for factory in factories
        for trusted in listed
    ]
    vectors += [_with(trusted=trusted) for trusted in listed]
    vectors += [_with(learner=learner) for learner in ({"name": "python"}, {}, None, {"name": 1})]
    vectors += [_with(learner={"name": "x" * length}) for length in (256, 257)]
    assert assert_same(vectors) == {"success": 6, "statement": len(vectors) - 6}


def test_a_front_end_of_the_authors_own_is_listed_once_and_is_the_one_in_the_folder() -> None:
    base = honest.build("two-mask", front_end=True)
    own = base.digests["frontend.onnx"]

    def changed(learner: object, *trusted: tuple[str, str]) -> Vector:
        audit: dict[str, Any] = json.loads(json.dumps(base.certificate.audit.to_dict()))
        audit["recipe"]["learner"] = learner
        audit["recipe"]["trusted"] = [{"name": name, "sha256": sha} for name, sha in trusted]
        return bridge.folder(honest.recommit(base, audit), base.digests)

    def front(**keys: object) -> dict[str, object]:
        return {"name": "ridge", "frontEnd": {"name": "onnx", "path": "a", "sha256": own, **keys}}

    right, other = ("onnx:a", own), ("onnx:a", "0" * 64)
    listed: tuple[tuple[tuple[str, str], ...], ...] = (
        *((), (right,), (right, right), (other,), (right, other), (("onnx:b", own),)),
        *((("x", own), right), (("Onnx:a", own),), (("onnx:", own),)),
    )
    vectors = [changed(front(), *items) for items in listed]
    vectors += [changed({"name": "ridge"}, *items) for items in listed]
    vectors += [changed(front(sha256="0" * 64), other), changed(front(sha256="0" * 63), right)]
    vectors += [changed(front(path=path), right) for path in ("b", 1, None, "a" * 1001)]
    vectors += [changed(front(name=name), right) for name in ("masked-hog", 1, None, "x" * 257)]
    ends: tuple[object, ...] = (None, {}, [], "onnx")
    vectors += [changed({"name": "ridge", "frontEnd": end}) for end in ends]
    vectors += [changed({"name": "ridge", "frontEnd": {"name": "masked-hog"}})]
    counts = assert_same(vectors)
    assert counts["success"] == 5
    assert counts["release"] == 1
