"""The schemas describe what the code writes, and refuse what it refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from auditor.errors import ClaimError, UndecidedError, UsageError
from auditor.verify import verdict
from auditor.verify.checking import release, single_input
from tests import honest
from tests.vectors.themes import grid_noise

FOLDER = Path(__file__).resolve().parents[1] / "schemas"
NAMES = (
    *("audit", "certificate", "challenge", "drand", "envelope", "input-file", "leaf"),
    *("precommitment", "verdict", "trust", "release", "gate-report", "comparison"),
    *("explanation", "attack-report"),
)
SCHEMAS: dict[str, Any] = {
    name: json.loads((FOLDER / f"{name}.v1.json").read_bytes()) for name in NAMES
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (f"{name}.v1.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def validate(name: str, value: object) -> None:
    Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(value)


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"{name}.v1.json"


@pytest.mark.parametrize("kind", honest.KINDS)
def test_what_is_written_fits(kind: str) -> None:
    built = honest.build(kind)
    for name, file in (("certificate", "certificate"), ("precommitment", "precommit")):
        envelope = json.loads(built.contents[f"{file}.dsse.json"])
        validate("envelope", envelope)
        validate(name, json.loads(base64.b64decode(envelope["payload"])))
    for leaf in built.leaves:
        validate("leaf", json.loads(leaf))
    keys = [built.key.public]
    validate("input-file", json.loads(built.single(0)))
    validate("verdict", json.loads(verdict.to_json(single_input(built.single(0), keys))))
    whole = release(built.contents, built.digests, keys)
    validate("verdict", json.loads(verdict.to_json(whole)))
    shown = verdict.text(whole)
    assert shown.startswith(f"VERIFIED {whole.digest}\n")
    assert shown.index("trusted ") < shown.index("recipe ")
    for line in (*whole.checked, *whole.not_checked, whole.challenge.text):
        assert line in shown


def test_distances_on_a_grid_are_in_the_schemas_and_said_in_the_units_of_the_values() -> None:
    built = grid_noise.partition_gaussian()
    for leaf in built.leaves:
        validate("leaf", json.loads(leaf))
    whole = release(built.contents, built.digests, [built.key.public])
    validate("verdict", json.loads(verdict.to_json(whole)))
    assert "trainExamples 1, inputSquares 4 (l2 distance 0.125)\n" in verdict.text(whole)
    one = single_input(built.single(0), [built.key.public])
    validate("verdict", json.loads(verdict.to_json(one)))
    assert "  trainExamples 1, inputSquares 4 (l2 distance 0.125)\n" in verdict.text(one)


@pytest.mark.parametrize("error", [ClaimError("x"), UndecidedError("x"), UsageError("x")])
def test_failures_have_a_verdict_too(error: ClaimError) -> None:
    value = json.loads(verdict.failure_json(error))
    validate("verdict", value)
    assert value["exitCode"] == error.exit_code
    assert verdict.failure_text(error).endswith(": x\n")


CHANGES: dict[str, Callable[[Any], object]] = {
    "unknown field": lambda leaf: leaf.update(extra=1),
    "label too large": lambda leaf: leaf.update(label=255),
    "float": lambda leaf: leaf.update(index=0.5),
    "no frontier": lambda leaf: leaf.pop("frontier"),
    "unknown axis": lambda leaf: leaf.update(frontier=[{"luck": 1}]),
    "zero amount": lambda leaf: leaf.update(frontier=[{"total": 0}]),
    "upper-case digest": lambda leaf: leaf["input"].update(tensor="A" * 64),
    "trailing line feed": lambda leaf: leaf["input"].update(tensor="0" * 64 + "\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_refused_does_not_fit(change: Callable[[Any], object]) -> None:
    leaf = json.loads(honest.build("partition").leaves[0])
    change(leaf)
    with pytest.raises(ValidationError):
        validate("leaf", leaf)


def test_the_specification_numbers_the_steps_that_the_code_follows() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    steps = text.split("## 8. The steps")[1].split("## 9.")[0]
    package = FOLDER.parent / "auditor" / "verify"
    code = "".join((package / name).read_text() for name in ("checking.py", "steps.py"))
    for number in range(1, 14):
        assert f"\n{number}. " in steps
        assert f"({number})" in code or f"({number}," in code, number
