"""``audit show`` and ``audit export``: what was verified, in words and in rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import auditor
from auditor.cli.main import app
from auditor.report.subject import right
from tests import honest

RUNNER = CliRunner()


def audit(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    release = honest.build("two-mask")
    release.write(tmp_path / "release")
    (tmp_path / "key.pub").write_text(release.key.public.pem)
    (tmp_path / "2.json").write_bytes(release.single(2))
    return tmp_path


def test_one_input_reads_the_same_from_the_release_and_from_its_own_file(folder: Path) -> None:
    key = ("--key", folder / "key.pub")
    whole = audit("show", folder / "release", "--input", 2, *key)
    alone = audit("show", folder / "2.json", *key)
    assert whole.exit_code == alone.exit_code == 0, whole.output + alone.output
    assert whole.stdout.split("Checked just now")[0] == alone.stdout.split("Checked just now")[0]
    assert whole.stdout.startswith("Input 2: the vote ")


def test_json_has_the_claim(folder: Path) -> None:
    key = folder / "key.pub"
    shown = audit("show", folder / "2.json", "--key", key, "--format", "json")
    claim = auditor.verify(folder / "2.json", key).claim(2)
    said = json.loads(shown.stdout)["claim"]
    assert said["frontier"] == [budget.to_json() for budget in claim.frontier]
    assert said["label"] == claim.label


@pytest.mark.parametrize("command", ["show", "export"])
def test_nothing_is_said_of_what_does_not_verify(folder: Path, command: str) -> None:
    other = folder / "other.pub"
    other.write_text(honest.build("two-mask").key.public.pem)
    assert audit(command, folder / "release").exit_code == 2
    claims = folder / "release" / "claims.jsonl"
    claims.write_bytes(claims.read_bytes()[:-2])
    refused = audit(command, folder / "release", "--key", other)
    assert refused.exit_code in {1, 3}
    assert not refused.stdout
    assert "Traceback" not in refused.stderr


def test_an_input_that_is_not_there(folder: Path) -> None:
    asked = audit("show", folder / "release", "--input", 10**6, "--key", folder / "key.pub")
    assert asked.exit_code == 2
    assert "input 1000000" in asked.stderr


@pytest.mark.parametrize("style", ["csv", "jsonl", "parquet"])
def test_rows_add_up_to_the_signed_totals(folder: Path, style: str) -> None:
    key, out = folder / "key.pub", folder / "table"
    made = [
        audit("export", folder / "release", "--key", key, "--format", style, "-o", f"{out}{n}")
        for n in (1, 2)
    ]
    assert [each.exit_code for each in made] == [0, 0], made[0].output
    data = Path(f"{out}1").read_bytes()
    assert data == Path(f"{out}2").read_bytes()
    if style == "csv":
        table = [dict(row) for row in csv.DictReader(data.decode().splitlines())]
    elif style == "jsonl":
        table = [json.loads(line) for line in data.decode().splitlines()]
    else:
        from pyarrow import parquet

        table = parquet.read_table(f"{out}1").to_pylist()
    verified = auditor.verify(folder / "release", key)
    assert [int(row["index"]) for row in table] == [claim.index for claim in verified.claims]
    correct = sum(right(claim) for claim in verified.claims)
    assert sum(int(row["right"] or 0) for row in table) == correct
    names = [name for name in table[0] if name.startswith("certified.")]
    assert len(names) == len(verified.budgets) > 0
    for name, budget in zip(names, verified.budgets, strict=True):
        kept = sum(int(row["right"] or 0) * int(row[name]) for row in table)
        assert kept == verified.certified_accuracy(budget) * len(table)


def test_parquet_does_not_go_to_a_terminal(folder: Path) -> None:
    asked = audit("export", folder / "release", "--key", folder / "key.pub", "--format", "parquet")
    assert asked.exit_code == 2
    assert "-o FILE" in asked.stderr
