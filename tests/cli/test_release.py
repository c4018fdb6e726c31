"""The commands in the order a newcomer types them, on a small real data set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from auditor.cli.main import app
from tests.run import small

RUNNER = CliRunner()


def audit(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cli")
    small.recipe(place, "partition", "two-mask").rename(place / "recipe.toml")
    made = audit("run", place / "recipe.toml", "--out", place / "release", "--progress", "json")
    assert made.exit_code == 0, made.output
    (place / "stdout").write_text(made.stdout)
    (place / "stderr").write_text(made.stderr)
    return place


def test_plan_says_what_will_happen(folder: Path) -> None:
    planned = audit("plan", folder / "recipe.toml", "--workers", 1)
    assert planned.exit_code == 0, planned.output
    for word in ("training  about", "memory", "disk", "1 worker", "1 training example"):
        assert word in planned.stdout


def test_run_ends_with_a_table_on_stdout_and_tells_its_course_on_stderr(folder: Path) -> None:
    table = (folder / "stdout").read_text()
    assert "attacker changes at most" in table
    assert f"audit verify {folder / 'release'} --key {folder / 'release.pub'}" in table
    events = [json.loads(line) for line in (folder / "stderr").read_text().splitlines()]
    stages = [event["stage"] for event in events if event["event"] == "end"]
    assert "training" in stages
    assert "certified" not in " ".join(map(str, events)), "no result before the end"


def test_run_makes_a_key_pair_and_says_so(folder: Path) -> None:
    assert (folder / "release.key").stat().st_mode & 0o777 == 0o600
    assert "release.key" in (folder / "stderr").read_text()


def test_run_refuses_a_finished_folder_unless_told(folder: Path) -> None:
    again = audit("run", folder / "recipe.toml", "--out", folder / "release")
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr


def test_the_release_has_a_report_with_pictures(folder: Path) -> None:
    page = (folder / "release" / "report.html").read_text()
    assert "data:image/png;base64," in page
    assert "<svg" in page


def test_verify_the_release_and_one_input(folder: Path, tmp_path: Path) -> None:
    public = folder / "release.pub"
    assert audit("verify", folder / "release", "--key", public).exit_code == 0
    one = tmp_path / "one.cert.json"
    assert audit("extract", folder / "release", "--input", 2, "-o", one).exit_code == 0
    assert audit("verify", one, "--key", public).exit_code == 0


def test_predict_takes_images_and_arrays(folder: Path, tmp_path: Path) -> None:
    inputs = small.digits()["xTest"][:2]
    np.save(tmp_path / "two.npy", inputs)
    Image.fromarray(inputs[0, 0]).save(tmp_path / "first.png")
    answered = audit(
        "predict",
        folder / "release",
        tmp_path / "first.png",
        "--npy",
        tmp_path / "two.npy",
        "--key",
        folder / "release.pub",
    )
    assert answered.exit_code == 0, answered.output
    picture, first, _ = [line.partition("  ")[2] for line in answered.stdout.splitlines()]
    assert picture == first, "the same input either way"
    Image.fromarray(np.rint(inputs[0, 0] * (255 / 16)).astype(np.uint8)).save(tmp_path / "a.png")
    scaled = audit("predict", folder / "release", tmp_path / "a.png", "--white", "16")
    assert scaled.stdout.partition("  ")[2].strip() == first.strip()
    assert "alpha 0" in first


def test_predict_refuses_what_is_no_input(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    np.save(tmp_path / "wide.npy", np.zeros((1, 65)))
    Image.new("L", (9, 8)).save(tmp_path / "big.png")
    release = folder / "release"
    for arguments, words in (
        ([tmp_path / "bad.png"], "cannot identify"),
        ([tmp_path / "big.png"], "expected 8 x 8"),
        (["--npy", tmp_path / "wide.npy"], "expected 64 numbers"),
        (["--npy", tmp_path / "bad.png"], "not a NumPy array"),
        ([tmp_path / "no.png"], "No such file"),
        ([], "got neither"),
    ):
        refused = audit("predict", release, *arguments)
        assert refused.exit_code == 2, refused.output
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr
    assert audit("predict", release, tmp_path / "big.png", "--resize").exit_code == 0
