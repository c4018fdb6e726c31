"""``audit show`` and ``audit export``: what was verified, in words and in rows."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from pyarrow import parquet
from typer.testing import CliRunner, Result

from auditor.cli import export
from auditor.cli.main import app
from auditor.report.explanation import explain
from auditor.report.records import records
from tests import gates, honest

RUNNER: Final = CliRunner()
SCHEMA: Final = Path(__file__).resolve().parents[2] / "schemas" / "explanation.v1.json"
VALIDATOR: Final = Draft202012Validator(json.loads(SCHEMA.read_bytes()))
SIZE: Final = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("show")
    for kind in ("two-mask", "flip"):
        made = honest.build(kind, inputs=SIZE)
        made.write(place / kind)
        (place / f"{kind}.json").write_bytes(made.single(3))
    (place / "a.pub").write_text(honest.P256.public.pem)
    (place / "b.pub").write_text(honest.ED25519.public.pem)
    return place


def run(command: str, path: Path, *extra: object, key: str = "a.pub") -> Result:
    place = path.parent / key
    return RUNNER.invoke(app, [command, *map(str, (path, "--key", place, *extra))])


def test_the_whole_release_is_a_page(folder: Path) -> None:
    done = run("show", folder / "two-mask")
    assert done.exit_code == 0, done.output
    for words in ("whatever an attacker", "attacker changes at most", "assumes", "not checked"):
        assert words in done.stdout
    as_json = run("show", folder / "two-mask", "--format", "json")
    assert json.loads(as_json.stdout)["verdict"] == "verified"


@pytest.mark.parametrize("kind", ["two-mask", "flip"])
def test_one_input_is_explained_alike_from_folder_and_file(folder: Path, kind: str) -> None:
    """A file holds one input, so it says less of what was checked, and the same of the input."""
    whole = json.loads(run("show", folder / kind, "--input", 3, "--format", "json").stdout)
    alone = json.loads(run("show", folder / f"{kind}.json", "--format", "json").stdout)
    for value in (whole, alone):
        VALIDATOR.validate(value)
    for key in ("index", "label", "trueLabel", "frontier", "radius", "votes", "certainty"):
        assert whole[key] == alone[key]
    assert whole["checked"] != alone["checked"]
    text = run("show", folder / f"{kind}.json").stdout
    assert text.startswith(f"input 3 of {SIZE}\n")
    assert ("is right" in text) == (whole["label"] == whole["trueLabel"])


@pytest.mark.parametrize("kind", sorted(honest.KINDS))
def test_needs_are_met_where_the_budget_is_certified(kind: str) -> None:
    verified = gates.verified(honest.build(kind, inputs=SIZE))
    for index in range(SIZE):
        found = explain(verified, index)
        VALIDATOR.validate(json.loads(json.dumps(found.to_json())))
        if found.claim.label is None:
            assert found.support == ()
            assert "abstains" in found.answer
        certified = " ".join(str(budget) for budget in found.claim.frontier)
        met = [words for each in found.support for _, words, met in each.needs if met]
        assert bool(found.budgets) == bool(
            "train" in certified
            or "input" in certified
            or "total" in certified
            or "columns" in certified
        )
        assert not met or found.claim.frontier


def test_an_input_that_is_not_there_is_one_sentence(folder: Path) -> None:
    done = run("show", folder / "two-mask", "--input", SIZE)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert run("show", folder / "flip.json", "--input", 4).exit_code == 2


def test_nothing_is_said_of_what_another_key_signed(folder: Path) -> None:
    for command in ("show", "export"):
        done = run(command, folder / "two-mask", key="b.pub")
        assert (done.exit_code, done.stdout) == (1, ""), done.output


def table(folder: Path, style: str, *extra: object) -> Result:
    done = run("export", folder / "two-mask", "--format", style, *extra)
    assert done.exit_code == 0, done.output
    return done


def test_all_forms_hold_the_same_records(folder: Path, tmp_path: Path) -> None:
    verified = gates.verified(honest.build("two-mask", inputs=SIZE))
    wanted: list[dict[str, Any]] = list(records(verified))
    assert len(wanted) == SIZE
    assert [json.loads(line) for line in table(folder, "jsonl").stdout.splitlines()] == wanted
    table(folder, "parquet", "-o", tmp_path / "t.parquet")
    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == wanted
    rows = list(csv.DictReader(io.StringIO(table(folder, "csv").stdout, newline="")))
    flat = [
        {
            name: "" if v is None else str(int(v) if isinstance(v, bool) else v)
            for name, v in row.items()
        }
        for row in wanted
    ]
    assert rows == flat


def test_records_are_what_the_certificate_counts() -> None:
    verified = gates.verified(honest.build("two-mask", inputs=40))
    found = records(verified)
    for budget in verified.budgets:
        words = ",".join(f"{axis}={amount}" for axis, amount in budget.amounts) or "none"
        held = sum(bool(row["right"] and row[f"certified.{words}"]) for row in found)
        assert held == verified.certified_accuracy(budget) * 40


def test_without_a_true_label_nothing_is_called_wrong() -> None:
    verified = gates.verified(honest.build("flip", inputs=40))
    claims = tuple(replace(claim, true_label=None) for claim in verified.claims)
    unknown = records(replace(verified, claims=claims))
    assert {row["truth"] for row in unknown} == {row["right"] for row in unknown} == {None}
    answers = {claim.label is None for claim in claims}
    assert answers == {True, False}
    assert {row["right"] for row in records(verified) if row["label"] is None} == {False}


def test_no_name_moves_the_cursor() -> None:
    """What is printed is made of printable characters, whoever named the classes."""
    found = gates.verified(honest.build("two-mask", inputs=SIZE))
    name = "a\x1b[2J\x9b\u202e\nb"
    audit = replace(found.certificate.audit, classes=(name, "b"))
    renamed = replace(found, certificate=replace(found.certificate, audit=audit))
    rows = records(renamed)
    assert any(row["label"] == name for row in rows)
    for data in (export._csv(rows), export._jsonl(rows)):
        lines = data.decode().replace("\r\n", "\n").split("\n")
        assert all(line.isprintable() for line in lines)
        assert len(lines) <= SIZE + 2


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        *(("=1+1", "'=1+1"), ("@x", "'@x"), ("-a", "'-a"), ("+1-1", "'+1-1")),
        *(("-1", "-1"), ("+7.5", "+7.5"), ("a=b", "a=b")),
    ],
)
def test_no_name_is_a_formula(name: str, cell: str) -> None:
    """Who opens the table in a spreadsheet computes nothing that a stranger wrote."""
    found = gates.verified(honest.build("two-mask", inputs=SIZE))
    audit = replace(found.certificate.audit, classes=(name, "b"))
    rows = records(replace(found, certificate=replace(found.certificate, audit=audit)))
    read = list(csv.DictReader(io.StringIO(export._csv(rows).decode(), newline="")))
    assert {row["truth"] for row in read} == {cell, "b"}
    assert {row["truth"] for row in rows} == {name, "b"}


@pytest.mark.parametrize("style", ["csv", "jsonl", "parquet"])
def test_the_same_release_gives_the_same_bytes(folder: Path, tmp_path: Path, style: str) -> None:
    for name in ("a", "b"):
        table(folder, style, "-o", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_parquet_needs_a_file(folder: Path) -> None:
    done = run("export", folder / "two-mask", "--format", "parquet")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "-o FILE" in done.stderr
