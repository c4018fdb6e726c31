"""``audit methods`` and ``audit frontier``: what somebody asks before choosing."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from auditor.cli.main import app
from tests.run import small

RUNNER = CliRunner()


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return small.recipe(tmp_path, "bag", "flip")


def test_methods_as_text_and_as_json() -> None:
    text = RUNNER.invoke(app, ["methods"]).stdout
    assert "  two-mask over windows\n    [smoothing.test] method = " in text
    listed = json.loads(RUNNER.invoke(app, ["methods", "--format", "json"]).stdout)
    for method in listed:
        assert f"\n  {method['name']}\n" in text
        assert method["alpha"] in {"0", "alpha", "as the sides"}


def test_methods_of_one_axis() -> None:
    result = RUNNER.invoke(app, ["methods", "--axis", "inputPatch"])
    assert "two-mask over windows" in result.stdout
    assert '[smoothing.training] method = "partition"' not in result.stdout
    wrong = RUNNER.invoke(app, ["methods", "--axis", "patch"])
    assert wrong.exit_code == 2
    assert "expected one of columns, featuresPerExample" in wrong.stderr


def test_a_frontier_as_text_and_as_json(bag: Path) -> None:
    arguments = ["frontier", str(bag), "--share", "0.5,1", "--vary", "members=200,100"]
    text = RUNNER.invoke(app, arguments)
    assert text.exit_code == 0, text.output
    assert "members = 200 (members 200)" in text.stdout
    assert "with n: trainExamples beside inputFeatures n" in text.stdout
    found = json.loads(RUNNER.invoke(app, [*arguments, "--format", "json"]).stdout)
    few, many = found["frontiers"][1], found["frontiers"][0]
    assert (few["members"], many["members"]) == (100, 200)
    none, all_few = few["points"]
    assert none == {"share": "1/2", "alone": {}, "joint": []}
    all_many = many["points"][1]
    assert all_many["alone"]["inputFeatures"] >= all_few["alone"]["inputFeatures"] > 0
    assert {"trainExamples": 0, "inputFeatures": all_few["alone"]["inputFeatures"]}.items() <= (
        max(all_few["joint"], key=lambda pair: pair["inputFeatures"]) | {"trainExamples": 0}
    ).items()


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_a_frontier_is_drawn(bag: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"frontier.{ending}"
    result = RUNNER.invoke(app, ["frontier", str(bag), "--share", "1", "--plot", str(out)])
    assert result.exit_code == 0, result.output
    data = out.read_bytes()
    if ending == "svg":
        text = " ".join(ET.fromstring(data).itertext())  # noqa: S314 - we drew it
        assert "trainExamples, at most" in text or data.count(b"<path") > 20
    else:
        assert data.startswith(b"\x89PNG" if ending == "png" else b"%PDF")
        assert len(data) > 5000


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--share", "2"], "--share: expected numbers from 0 to 1"),
        (["--agreement", "x"], "--agreement: expected numbers from 0 to 1"),
        (["--vary", "members"], "--vary: expected KEY=VALUE,VALUE"),
        (["--vary", "name=a"], "--vary: expected a key of smoothing.*"),
        (["--vary", "members=" + ",".join(map(str, range(1, 30)))], "at most 24 combinations"),
        (["--plot", "picture.gif"], "--plot: expected one of .svg"),
    ],
)
def test_misuse_is_one_sentence(bag: Path, options: list[str], sentence: str) -> None:
    result = RUNNER.invoke(app, ["frontier", str(bag), *options])
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
