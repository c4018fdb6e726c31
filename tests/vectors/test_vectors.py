"""Runs every vector through the library and the command; another verifier can do the same."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from auditor.cli.main import app
from auditor.errors import UndecidedError, VerificationError
from auditor.format.keys import PublicKey
from auditor.verify.challenge import Witnesses
from auditor.verify.checking import release, single_input
from tests import honest
from tests.vectors.form import COMMON, FOLDER, OPTIONAL, SCHEMA, VECTORS
from tests.vectors.generate import THEMES

FILES: Final = sorted(FOLDER.glob("*.json"))
GRADES: Final = {
    *("success", "envelope", "signature", "statement", "inclusion", "claim", "release"),
    "undecided",
}
# What the members of made-up releases hold, by digest: enough to lay a vector's folder on a disk.
CONTENTS: Final = {
    hashlib.sha256(data).hexdigest(): data
    for data in (*honest.build("views", front_end=True).voting.values(), b"another", b"third")
}


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    assert value["schema"] == SCHEMA
    own = {"file"} if "file" in value else {"files", "digests"}
    assert COMMON | own <= set(value) <= COMMON | own | OPTIONAL, "unknown or missing key"
    assert value["expect"] in GRADES
    assert value.get("origin") in {None, "not-needed", "self-derived", "signed", "drand"}
    assert "origin" not in value or value["expect"] == "success"
    return value


def files(value: dict[str, Any]) -> dict[str, bytes]:
    return {name: base64.b64decode(text) for name, text in value["files"].items()}


def keys(value: dict[str, Any], name: str) -> list[PublicKey]:
    return [PublicKey.from_pem(pem.encode()) for pem in value.get(name, [])]


def outcome(value: dict[str, Any]) -> tuple[str, str | None]:
    """Return the library's grade and, on success, where the draws came from."""
    pinned = keys(value, "publicKeys")
    witnesses = Witnesses(keys=keys(value, "challengers"))
    try:
        if "file" in value:
            verified = single_input(base64.b64decode(value["file"]), pinned, witnesses)
        else:
            verified = release(files(value), value["digests"], pinned, witnesses)
    except VerificationError as error:
        return error.grade, None
    return "success", verified.challenge.kind


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_library(path: Path) -> None:
    value = load(path)
    grade, kind = outcome(value)
    assert grade == value["expect"]
    assert kind == value.get("origin", kind)


def lay_out(value: dict[str, Any], folder: Path) -> Path:
    """Write the vector's file or folder, and return it."""
    target = folder / "target"
    if "file" in value:
        target.write_bytes(base64.b64decode(value["file"]))
        return target
    (target / "members").mkdir(parents=True)
    contents = {name: CONTENTS[digest] for name, digest in value["digests"].items()}
    for name, data in {**files(value), **contents}.items():
        (target / name).write_bytes(data)
    return target


def pinned(value: dict[str, Any], folder: Path) -> list[str]:
    """Write the vector's keys, and return the options that pin them."""
    options = []
    for option, name in (("--key", "publicKeys"), ("--challenger", "challengers")):
        for place, pem in enumerate(value.get(name, [])):
            path = folder / f"{name}{place}.pub"
            path.write_text(pem)
            options += [option, str(path)]
    return options


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_command(path: Path, tmp_path: Path) -> None:
    value = load(path)
    target = lay_out(value, tmp_path)
    options = pinned(value, tmp_path)
    done = CliRunner().invoke(app, ["verify", str(target), "--format", "json", *options])
    said = json.loads(done.stdout)
    assert said["exitCode"] == done.exit_code
    if not value["publicKeys"]:  # the command asks for a key before it looks at anything
        assert (done.exit_code, said["grade"]) == (2, "usage")
        return
    if value["expect"] == "success":
        assert (done.exit_code, said["verdict"]) == (0, "verified")
        assert said["challenge"]["kind"] == value.get("origin", said["challenge"]["kind"])
    else:
        undecided = value["expect"] == UndecidedError.grade
        assert (done.exit_code, said["grade"]) == (3 if undecided else 1, value["expect"])


def test_the_files_are_what_the_generator_writes() -> None:
    assert THEMES  # importing them lists the vectors
    assert {path.stem for path in FILES} == set(VECTORS)
    for path in FILES:
        comment, make = VECTORS[path.stem]
        assert path.read_bytes() == make().to_json(comment), path.stem


def test_every_grade_and_every_kind_of_challenge_occurs() -> None:
    values = [load(path) for path in FILES]
    assert {value["expect"] for value in values} == GRADES
    assert {value.get("origin") for value in values} == {None, *_JUDGED}


_JUDGED: Final = ("not-needed", "self-derived", "signed")  # a beacon's witnesses are no bytes


def test_no_two_vectors_are_the_same() -> None:
    seen: dict[str, str] = {}
    for path in FILES:
        value = load(path)
        value.pop("comment")
        content = json.dumps(value, sort_keys=True)
        assert seen.setdefault(content, path.stem) == path.stem


def test_the_table_of_threats_names_every_vector_and_no_other() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = text.split("## Threats and vectors")[1].split("\n## ")[0]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][1:]
    named = [name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row)]
    assert sorted(named) == sorted({path.stem for path in FILES})
