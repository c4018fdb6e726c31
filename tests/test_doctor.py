"""``audit doctor``: what works is found to work, and what is broken is named with a remedy."""

from __future__ import annotations

import importlib.util
import json
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor import doctor
from auditor.cli.main import app

RUNNER = CliRunner()


def found(folder: Path) -> dict[str, doctor.Finding]:
    return {each.what: each for each in doctor.examine(folder)}


def test_this_machine_can_run_the_tests(tmp_path: Path) -> None:
    here = found(tmp_path)
    for what in ("python", "packages", "packages of [run]", "packages of [replay]", "sandbox"):
        assert here[what].result == "ok", here[what]
        assert here[what].advice == ""
    assert here["torch"].result == here["onnxruntime"].result == "ok"
    assert "CPU" in here["onnxruntime"].detail


def test_every_extra_of_the_package_is_looked_at(tmp_path: Path) -> None:
    extras = set(metadata.metadata("auditor").get_all("Provides-Extra") or ()) - {"dev"}
    assert extras == set(doctor.EXTRAS)
    assert {f"packages of [{extra}]" for extra in extras} <= found(tmp_path).keys()


def test_a_package_out_of_range_is_broken_and_an_absent_one_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = [
        "typer>=99,<100",
        'no-such-package>=1 ; extra == "witness"',
        'numpy>=1 ; extra == "run"',
    ]
    monkeypatch.setattr(metadata, "requires", lambda _: lists)
    here = found(tmp_path)
    assert here["packages"].result == "broken"
    assert "expected >=99,<100" in here["packages"].detail
    assert here["packages of [witness]"].result == "missing"
    assert here["packages of [witness]"].advice == "pip install 'auditor[witness]'"
    assert here["packages of [run]"].result == "ok"


@pytest.mark.parametrize(
    ("installed", "versions", "held"),
    [
        ("1.17", ">=1.17,<2", True),
        ("1.17.0", ">=1.17,<2", True),
        ("2.0", ">=1.17,<2", False),
        ("2", ">=1.17,<2.0.1", True),
        ("1.16.9", ">=1.17", False),
        ("2.14.1+cu130", ">=2.5,<3", True),
        ("1.0.32", "==1.0.32", True),
        ("unknown", "", True),
    ],
)
def test_versions(installed: str, versions: str, *, held: bool) -> None:
    assert doctor._within(installed, versions) == held


def test_a_sandbox_that_adds_wrongly_or_cannot_start_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "_sum", lambda: b"no graph")
    assert doctor._sandbox().result == "broken"
    assert "\n" not in doctor._sandbox().detail


def test_two_builds_of_one_module_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installers take both without a word, and what is then imported is a mixture of the two."""
    monkeypatch.setattr(metadata, "version", lambda _: "1.20.0")
    both = doctor._onnxruntime()
    assert both.result == "broken"
    assert "pip uninstall onnxruntime onnxruntime-gpu" in both.advice


def test_a_runtime_without_the_rest_of_its_extra_is_no_broken_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "onnx" else real(name))
    here = found(tmp_path)
    assert here["onnxruntime"].result == "ok"
    assert "sandbox" not in here


def test_the_command_fails_only_where_something_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = RUNNER.invoke(app, ["doctor", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "sandbox" in done.stdout
    monkeypatch.setattr(doctor, "_sum", lambda: b"no graph")
    done = RUNNER.invoke(app, ["doctor", str(tmp_path), "--format", "json"])
    assert done.exit_code == 1
    values = {each["what"]: each for each in json.loads(done.stdout)}
    assert values["sandbox"]["result"] == "broken"
    assert values["sandbox"]["advice"]
    assert RUNNER.invoke(app, ["doctor", str(tmp_path / "none")]).exit_code == 2
