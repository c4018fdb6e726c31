"""The page made again: with what was re-checked, beside an earlier release, and never otherwise."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.main import app
from tests.run import small

RUNNER = CliRunner()


def report(folder: Path, *options: object, key: str = "release.pub") -> Result:
    place = (folder / "release", "--key", folder / key, "--data", folder)
    return RUNNER.invoke(app, ["report", *map(str, (*place, *options))])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    small.recipe(place, "partition", "two-mask").rename(place / "recipe.toml")
    made = RUNNER.invoke(app, ["run", str(place / "recipe.toml"), "--out", str(place / "release")])
    assert made.exit_code == 0, made.output
    return place


def test_without_a_new_look_it_is_the_page_of_the_run(folder: Path, tmp_path: Path) -> None:
    done = report(folder, "-o", tmp_path / "again.html")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "again.html").read_bytes() == (folder / "release/report.html").read_bytes()


def test_it_says_what_was_cast_again_and_what_changed_since(folder: Path, tmp_path: Path) -> None:
    options = ("--replay", "all", "--baseline", folder / "release", "-o", tmp_path / "new.html")
    done = report(folder, *options)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "new.html").read_text()
    assert "cells were cast again" in text
    assert "Compared with an earlier release" in text
    assert "Compared with an earlier release" not in (folder / "release/report.html").read_text()


@pytest.mark.parametrize("cost", ["[", "[1]", '{"cost": 3}', '{"cost": {"<b>": "</style>"}}'])
def test_what_nobody_signed_breaks_nothing(folder: Path, tmp_path: Path, cost: str) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "release" / "manifest.json").write_text(cost)
    done = report(tmp_path / "copy", "-o", tmp_path / "r.html")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "r.html").read_text()
    assert "<b>" not in text
    assert ("What the run took" in text) == cost.startswith('{"cost": {')


def test_a_release_that_does_not_verify_has_no_page(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    claims = tmp_path / "copy" / "release" / "claims.jsonl"
    claims.write_bytes(claims.read_bytes().replace(b'"label":0', b'"label":1', 1))
    done = report(tmp_path / "copy", "-o", tmp_path / "r.html")
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    assert not (tmp_path / "r.html").exists()


def test_other_data_are_undecided(folder: Path, tmp_path: Path) -> None:
    done = report(folder, "--data", tmp_path, "-o", tmp_path / "r.html")
    assert done.exit_code == 3, done.output
    assert not (tmp_path / "r.html").exists()


def test_a_key_or_trust_is_needed(folder: Path) -> None:
    done = RUNNER.invoke(app, ["report", str(folder / "release")])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "--key or --trust" in done.stderr


def test_the_manifest_holds_the_cost_that_the_page_shows(folder: Path) -> None:
    cost = json.loads((folder / "release" / "manifest.json").read_bytes())["cost"]
    text = (folder / "release" / "report.html").read_text()
    assert cost
    assert all(words in text for words in cost.values())
