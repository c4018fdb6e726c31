"""``audit doctor``: the requirements come from the package, and a bad one ends with code 2."""

from __future__ import annotations

import json
from importlib import metadata

import pytest
from typer.testing import CliRunner

from auditor.cli.doctor import packages, within
from auditor.cli.main import app

RUNNER = CliRunner()


def test_it_reports_the_versions_that_are_installed() -> None:
    done = RUNNER.invoke(app, ["doctor", "--format", "json"])
    said = json.loads(done.stdout)
    assert done.exit_code == (0 if said["ok"] else 2)
    by_name = {each["name"]: each for each in said["packages"] if not each["extra"]}
    assert by_name["cryptography"]["version"] == metadata.version("cryptography")
    assert by_name["cryptography"]["state"] == "ok"


@pytest.mark.parametrize(
    ("requirement", "code", "word"),
    [
        ("typer<0.1", 2, "out of range"),
        ("no-such-package-here>=1", 2, "missing"),
        ("no-such-package-here>=1; extra == 'run'", 0, "pip install 'auditor[run]'"),
    ],
)
def test_what_is_wrong_is_said(
    requirement: str, code: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _name: [requirement])
    done = RUNNER.invoke(app, ["doctor"])
    assert done.exit_code == code, done.output
    assert word in done.stdout


def test_development_packages_are_nobodys_business() -> None:
    assert packages(["pytest>=8; extra == 'dev'"]) == []


def test_the_build_for_gpus_stands_in_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "onnxruntime-gpu":
            return "1.20.0"
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    (found,) = packages(["onnxruntime<2,>=1.19; extra == 'replay'"])
    assert (found["name"], found["state"]) == ("onnxruntime-gpu", "ok")


def test_versions_compare_as_numbers() -> None:
    assert within("0.10", ">=0.9")
    assert not within("0.10", "<0.9")
