"""Real backdoors against a real release: what works on a plain model flips no certified input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

import auditor
from auditor import relying
from auditor.attack.campaign import campaign
from auditor.attack.models import Factory, Polled
from auditor.cli.main import app
from auditor.guarantee.threat import Budget
from auditor.release import Files
from auditor.verify.verified import Verified
from tests.run import small

RUNNER = CliRunner()
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
VALIDATOR = Draft202012Validator(json.loads((SCHEMAS / "attack-report.v1.json").read_bytes()))
DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits" / "recipe.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("attack")
    path = small.recipe(place, "partition", "two-mask")
    auditor.run(path, out=place / "release", device="cpu", workers=0)
    return place


def attack(folder: Path, budget: str, *extra: str) -> Result:
    place = [str(folder / "release"), "--key", str(folder / "release.pub"), "--data", str(folder)]
    return RUNNER.invoke(app, ["attack", *place, "--budget", budget, *extra])


def test_no_certified_input_flips_and_the_report_fits_its_schema(folder: Path) -> None:
    budget = "trainExamples=2,inputFeatures=1"
    done = attack(folder, budget, "--factors", "1,2", "--format", "json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    VALIDATOR.validate(report)
    assert len(report["outcomes"]) == 10
    assert report["unlike"] == 0
    assert all(each["flipped"] == [] for each in report["outcomes"])
    verified = auditor.verify(folder / "release", folder / "release.pub")
    for each in report["outcomes"]:
        assert each["rewritten"] == each["budget"]["trainExamples"] == 2 * each["factor"]
        exact = sum(claim.certified(each["budget"]) for claim in verified.claims)
        assert each["certified"] == exact
    again = attack(folder, budget, "--factors", "1,2", "--format", "json")
    assert again.stdout == done.stdout


def test_a_certificate_that_claims_too_much_is_falsified(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All inputs called certified against sixty rewritten images: the attack shows some are not."""
    honest = relying.opened
    everything = (Budget.of({"trainExamples": 60, "inputFeatures": 1}),)

    def boastful(*arguments: Any, **options: Any) -> tuple[Verified, Files]:
        verified, files = honest(*arguments, **options)
        claims = tuple(replace(claim, frontier=everything) for claim in verified.claims)
        return replace(verified, claims=claims), files

    monkeypatch.setattr(relying, "opened", boastful)
    budget = ("trainExamples=60,inputFeatures=1", "--factors", "1", "--attack", "labels")
    done = attack(folder, *budget)
    assert done.exit_code == 1, done.output
    assert (
        "FALSIFIED: labels within trainExamples 60, inputFeatures 1 changed inputs" in done.stdout
    )
    report = json.loads(attack(folder, *budget, "--format", "json").stdout)
    VALIDATOR.validate(report)
    assert report["exitCode"] == 1
    assert report["outcomes"][0]["flipped"]


def test_a_misread_input_that_is_certified_may_not_flip_either(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim is about the answer staying, whatever the truth: all are called misread here."""
    everything = (Budget.of({"trainExamples": 60, "inputFeatures": 1}),)

    def misread(verified: Verified, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        claims = tuple(
            replace(claim, frontier=everything, true_label=None) for claim in verified.claims
        )
        return campaign(replace(verified, claims=claims), *arguments, **options)

    monkeypatch.setattr("auditor.attack.attack.campaign", misread)
    budget = ("trainExamples=60,inputFeatures=1", "--factors", "1", "--attack", "labels")
    done = attack(folder, *budget)
    assert done.exit_code == 1, done.output
    assert "FALSIFIED: labels within" in done.stdout


def test_inputs_on_which_members_vote_otherwise_here_are_not_judged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose members differ is no evidence against a certificate made on another."""
    polled = Factory.polled

    def elsewhere(self: Factory, train: Any, inputs: Any) -> Polled:  # noqa: ANN401
        found = polled(self, train, inputs)
        rows = [b"", b"", *found.rows[2:]]  # other votes on the first two inputs,
        return replace(found, rows=rows, labels=[None, None, *found.labels[2:]])  # and answers

    monkeypatch.setattr(Factory, "polled", elsewhere)
    options = ("--factors", "1", "--attack", "badnets", "--format", "json")
    done = attack(folder, "trainExamples=1,inputFeatures=1", *options)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["unlike"] == 2


def test_what_a_budget_has_no_room_for_is_left_out(folder: Path) -> None:
    done = attack(folder, "trainExamples=1", "--factors", "1", "--attack", "pixels")
    assert done.exit_code == 3, done.output
    assert "nothing was tested" in done.stdout
    assert "pixels: left out, as the budget allows no such change of the input" in done.stdout


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (("inputFeatures=1",), "expected trainExamples from 1 to"),
        (("trainExamples=1000000",), "expected trainExamples from 1 to"),
        (("trainExamples",), "--budget: expected AXIS=N"),
        (("trainExamples=1", "--factors", "0"), "--factors: expected whole numbers"),
        (("trainExamples=1", "--factors", "x"), "--factors: expected whole numbers"),
        (("trainExamples=1", "--target", "9"), "--target: expected one of"),
    ],
)
def test_a_mistake_is_a_sentence(folder: Path, extra: tuple[str, ...], sentence: str) -> None:
    done = attack(folder, *extra)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert sentence in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("training", "test", "sentence"),
    [
        ("flip", "flip", "expected a vote in which nothing is random"),
        ("grid", "none", "expected training method partition"),
        ("content", "none", "expected training method partition"),
    ],
)
def test_what_is_not_attacked_says_so(
    tmp_path: Path, training: str, test: str, sentence: str
) -> None:
    recipe = small.recipe(tmp_path, training, test)
    auditor.run(recipe, out=tmp_path / "release", device="cpu", workers=0)
    done = attack(tmp_path, "trainExamples=1")
    assert done.exit_code == 2, done.output
    assert sentence in done.stderr


def test_a_front_end_that_must_be_told_what_is_hidden_is_refused(tmp_path: Path) -> None:
    learner = 'name = "ridge"\nfrontEnd = { name = "masked-hog", hiddenFraction = 1 }'
    recipe = small.recipe(
        tmp_path, "partition", "two-mask", learner=learner, extra="[training]\nmasks = 2"
    )
    auditor.run(recipe, out=tmp_path / "release", device="cpu", workers=0)
    done = attack(tmp_path, "trainExamples=1")
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert "the plain model beside the ensemble is shown inputs with nothing hidden" in done.stderr


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("digits")
    auditor.run(DIGITS, out=place / "release", device="cpu", workers=0)
    return place


@pytest.mark.slow
def test_a_backdoor_that_takes_a_plain_model_flips_nothing_certified(digits: Path) -> None:
    """BadNets on digits: a square of 3 x 3 in a few training images misleads the plain model."""
    options = ("--factors", "1,4", "--target", "7", "--format", "json")
    square = attack(digits, "trainExamples=5,inputFeatures=9", "--attack", "badnets", *options)
    assert square.exit_code == 3, "beyond what is certified, so nothing could be falsified"
    first = json.loads(square.stdout)["outcomes"][0]
    attacked = json.loads(square.stdout)["attacked"]
    assert 2 * first["plain"]["succeeded"] > attacked, "most inputs are misled"
    assert 10 * first["ensemble"]["succeeded"] < attacked, "and hardly any of the ensemble's"
    inside = attack(digits, "trainExamples=5,inputFeatures=1", *options)
    assert inside.exit_code == 0, inside.output
    outcomes = json.loads(inside.stdout)["outcomes"]
    kinds = {"badnets", "blended", "pixels", "labels", "clean-label"}
    assert {each["attack"] for each in outcomes} == kinds
    assert all(each["certified"] > 90 for each in outcomes if each["factor"] == 1)
    assert all(each["flipped"] == [] for each in outcomes)


def test_a_table_has_no_triggers_but_labels(tmp_path: Path) -> None:
    recipe = small.table(tmp_path, "edges = [1, 2]", by="index")
    auditor.run(recipe, out=tmp_path / "release", device="cpu", workers=0)
    done = attack(tmp_path, "trainExamples=1", "--factors", "1,4", "--format", "json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    VALIDATOR.validate(report)
    assert [(each["attack"], each["rewritten"]) for each in report["outcomes"]] == [
        ("labels", 1),
        ("labels", 4),
    ]
    assert report["outcomes"][0]["certified"] > 0
    assert {each["attack"] for each in report["skipped"]} == {
        *("badnets", "blended", "pixels", "clean-label"),
    }
