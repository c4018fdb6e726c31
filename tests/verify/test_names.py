"""What a verdict prints is the recipe's: class names, the source of the data, own code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from auditor.errors import ReleaseError, StatementError
from auditor.verify.checking import release
from tests import honest

BASE = honest.build("flip")
OWN = {"name": "python", "factory": "python:pack.own:make"}
LISTED = {"name": "python:pack.own", "sha256": "0" * 64}
FRONT = {"name": "ridge", "frontEnd": {"name": "onnx", "path": "a/b.onnx", "sha256": "2" * 64}}
GRAPH = {"name": "onnx:a/b.onnx", "sha256": "2" * 64}


def verify(change: Callable[[dict[str, Any]], object]) -> None:
    audit: dict[str, Any] = json.loads(json.dumps(BASE.certificate.audit.to_dict()))
    change(audit)
    release(honest.recommit(BASE, audit), BASE.digests, [BASE.key.public])


def recipe(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda audit: audit["recipe"].update(changes)


@pytest.mark.parametrize(
    "change",
    [
        lambda audit: None,
        recipe(learner=OWN, trusted=[LISTED]),
        recipe(learner=OWN, trusted=[LISTED, {"name": "weights", "sha256": "1" * 64}]),
        recipe(trusted=[{"name": "python", "sha256": "1" * 64}]),
        recipe(learner={"name": "ridge", "frontEnd": {"name": "masked-hog"}}),
    ],
)
def test_names_that_fit(change: Callable[[dict[str, Any]], object]) -> None:
    verify(change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda audit: audit["dataset"]["classes"].reverse(), "classes: not the recipe's"),
        (recipe(classes=["1", "0"]), "classes: not the recipe's"),
        (lambda audit: audit["dataset"].update(source="the official data"), "source: not the"),
        (recipe(learner=OWN), "expected pack.own once"),
        (recipe(learner=OWN, trusted=[LISTED, LISTED]), "expected pack.own once"),
        (recipe(learner={**OWN, "factory": "python:other:make"}, trusted=[LISTED]), "other once"),
        (recipe(trusted=[LISTED]), "expected no code once"),
        (recipe(learner={"name": "python"}), "missing 'factory'"),
        (recipe(learner={**OWN, "factory": "os:system"}, trusted=[LISTED]), "factory"),
        (recipe(learner=None), "learner: expected an object"),
        (recipe(learner=FRONT), "'a/b.onnx', .* once"),
        (recipe(learner=FRONT, trusted=[GRAPH, GRAPH]), "once"),
        (recipe(learner=FRONT, trusted=[{**GRAPH, "sha256": "3" * 64}]), "once"),
        (recipe(learner=FRONT, trusted=[{**GRAPH, "name": "onnx:b.onnx"}]), "once"),
        (recipe(trusted=[GRAPH]), "expected no front end once"),
        (recipe(learner={"name": "ridge", "frontEnd": None}), "frontEnd: expected an object"),
        (recipe(learner={"name": "ridge", "frontEnd": {}}), "missing 'name'"),
        (recipe(learner={"name": "ridge", "frontEnd": {"name": "onnx"}}), "missing 'path'"),
    ],
)
def test_names_that_say_something_else(
    change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    with pytest.raises(StatementError, match=reason):
        verify(change)


def test_the_trusted_front_end_is_the_one_in_the_folder() -> None:
    """The name fits, and only then is the list of files asked for that very file."""
    with pytest.raises(ReleaseError, match=r"frontend.onnx: expected 2222.*got no such file"):
        verify(recipe(learner=FRONT, trusted=[GRAPH]))
    other = honest.build("two-mask", front_end=True)
    audit: dict[str, Any] = json.loads(json.dumps(other.certificate.audit.to_dict()))
    for digest in (other.digests["frontend.onnx"], "2" * 64):
        own = {"name": "onnx", "path": "a/b.onnx", "sha256": digest}
        audit["recipe"]["learner"] = {"name": "ridge", "frontEnd": own}
        audit["recipe"]["trusted"] = [{**GRAPH, "sha256": digest}]
        files = honest.recommit(other, audit)
        if digest == "2" * 64:
            with pytest.raises(ReleaseError, match=r"frontend.onnx: expected 2222"):
                release(files, other.digests, [other.key.public])
        else:
            verified = release(files, other.digests, [other.key.public])
            assert verified.certificate.audit.trusted == (("onnx:a/b.onnx", digest),)
