"""Runs every vector through this project's verifier; another verifier can do the same."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import VerificationError
from auditor.format.keys import PublicKey
from auditor.verify.checking import release, single_input
from tests.vectors import generate

FILES = sorted(Path(__file__).parent.glob("*.json"))
COMMON = {"schema", "comment", "publicKeys", "expect"}


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    assert value["schema"] == generate.SCHEMA
    assert set(value) in (COMMON | {"file"}, COMMON | {"files", "digests"}), "unknown key"
    return value


def outcome(value: dict[str, Any]) -> str:
    keys = [PublicKey.from_pem(pem.encode()) for pem in value["publicKeys"]]
    try:
        if "file" in value:
            single_input(base64.b64decode(value["file"]), keys)
        else:
            files = {name: base64.b64decode(text) for name, text in value["files"].items()}
            release(files, value["digests"], keys)
    except VerificationError as error:
        return error.grade
    return "success"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    value = load(path)
    assert outcome(value) == value["expect"]


def test_the_files_are_what_the_generator_writes() -> None:
    assert {path.stem for path in FILES} == set(generate.VECTORS)
    for path in FILES:
        comment, make = generate.VECTORS[path.stem]
        assert path.read_bytes() == make().to_json(comment), path.stem


def test_every_grade_occurs() -> None:
    grades = {load(path)["expect"] for path in FILES}
    assert grades == {
        *("success", "envelope", "signature", "statement", "inclusion", "claim", "release"),
        "undecided",
    }
