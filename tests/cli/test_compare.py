"""``audit compare`` and ``audit inputs``, as they are typed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from auditor.cli.compare import compare
from auditor.cli.failures import guarded
from auditor.cli.inputs import inputs
from auditor.format import input_list
from auditor.format.keys import PrivateKey
from tests import gates, honest
from tests.run import small

RUNNER: Final = CliRunner()
APP: Final = typer.Typer(pretty_exceptions_enable=False)
APP.command("compare")(guarded(compare))
APP.command("inputs")(guarded(inputs))
SCHEMA: Final = Path(__file__).resolve().parents[2] / "schemas" / "comparison.v1.json"
VALIDATOR: Final = Draft202012Validator(json.loads(SCHEMA.read_bytes()))
SIZE: Final = 6
FEWER: Final[Mapping[str, Any]] = {
    "training": {"method": "partition", "parts": 4, "by": "index"},
    "test": {"method": "two-mask", "groups": 5, "pixels": 1},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Releases of the same inputs; the new one has fewer members, and certifies less."""
    honest.build("two-mask", inputs=SIZE).write(tmp_path / "old")
    honest.build("two-mask", inputs=SIZE, smoothing=FEWER, members=4).write(tmp_path / "new")
    honest.build("flip", inputs=SIZE).write(tmp_path / "other")
    (tmp_path / "a.pub").write_text(honest.P256.public.pem)
    return tmp_path


def run(folder: Path, old: str, new: str, *extra: object) -> Result:
    key = () if "--trust" in extra else ("--key", folder / "a.pub")
    arguments = ["compare", folder / old, folder / new, *key, *extra]
    return RUNNER.invoke(APP, [str(item) for item in arguments])


def test_the_same_release_is_within_any_drop(folder: Path) -> None:
    done = run(folder, "old", "old")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert done.stdout.startswith("WITHIN a drop of 0.0000")


def test_who_lost_a_certificate_is_named_and_too_many_are_code_1(folder: Path) -> None:
    top = ("--at", "trainExamples=2,inputFeatures=1")
    done = run(folder, "old", "new", *top)
    assert (done.exit_code, done.stderr) == (1, ""), done.output
    assert done.stdout.startswith("BEYOND a drop of 0.0000")
    value = json.loads(run(folder, "old", "new", *top, "--format", "json").stdout)
    VALIDATOR.validate(value)
    (found,) = value["budgets"]
    assert found["lost"]
    for item in found["lost"]:
        assert f"input {item['new']}  {item['digest'][:12]}" in done.stdout
    allowed = run(folder, "old", "new", *top, "--max-drop", found["drop"])
    assert (allowed.exit_code, allowed.stdout[:6]) == (0, "WITHIN")
    assert run(folder, "new", "old", *top).exit_code == 0
    assert run(folder, "old", "new", "--at", "none", *top).exit_code == 1


def test_trust_may_stand_for_the_key(folder: Path) -> None:
    trust = folder / "trust.toml"
    trust.write_bytes(gates.document(gates.TRUST))
    assert run(folder, "old", "old", "--trust", trust).exit_code == 0


def test_another_rule_is_not_compared_and_says_why(folder: Path) -> None:
    done = run(folder, "old", "other")
    assert done.exit_code == 3
    assert done.stdout.startswith("UNDECIDED: ")
    value = json.loads(run(folder, "old", "other", "--format", "json").stdout)
    VALIDATOR.validate(value)
    assert (value["verdict"], value["exitCode"]) == ("undecided", 3)


def test_a_release_that_does_not_verify_is_code_1(folder: Path) -> None:
    (folder / "a.pub").write_text(PrivateKey.generate().public.pem)
    done = run(folder, "old", "old")
    assert (done.exit_code, done.stdout[:12]) == (1, "NOT VERIFIED")


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (("--max-drop", "2"), "--max-drop: expected a number from 0 and below 1"),
        (("--max-drop", "1"), "--max-drop: expected"),
        (("--max-drop", "-0.1"), "--max-drop: expected"),
        (("--at", "trainExamples"), "--at: expected AXIS=N"),
        (("--at", "trainExamples=1,trainExamples=2"), "--at: expected AXIS=N"),
        (("--at", "luck=1"), "--at: unknown key 'luck'; allowed: trainExamples"),
        (
            ("--at", "featuresPerExample=3"),
            "--at: expected partialExamples together with featuresPerExample or labelsPerExample",
        ),
        (("--inputs", "no.list"), "no.list: missing"),
        (("--trust", "no.toml"), "no.toml: missing"),
    ],
)
def test_a_mistake_is_a_sentence_and_code_2(
    folder: Path, extra: tuple[str, ...], sentence: str
) -> None:
    done = run(folder, "old", "new", *extra)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert sentence in done.stderr
    value = json.loads(run(folder, "old", "new", *extra, "--format", "json").stdout)
    VALIDATOR.validate(value)


def test_a_key_is_needed(folder: Path) -> None:
    done = RUNNER.invoke(APP, ["compare", str(folder / "old"), str(folder / "new")])
    assert (done.exit_code, "expected --key or --trust" in done.stderr) == (2, True)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("inputs")
    small.recipe(place, "partition", "two-mask").rename(place / "recipe.toml")
    return place


def listing(data: Path, out: Path) -> tuple[Result, bytes]:
    done = RUNNER.invoke(APP, ["inputs", str(data / "recipe.toml"), "-o", str(out)])
    return done, out.read_bytes() if out.exists() else b""


def test_inputs_are_listed_with_what_a_policy_copies(data: Path, tmp_path: Path) -> None:
    from auditor import datasets, recipe
    from auditor.verify import policy as policies

    done, file = listing(data, tmp_path / "inputs.list")
    assert done.exit_code == 0, done.output
    train, chosen = datasets.load(recipe.load(data / "recipe.toml"))
    listed = input_list.parse(file, "inputs.list")
    assert [digest for digest, _ in listed.entries] == [
        hashlib.sha256(chosen.tensor(i)).hexdigest() for i in range(len(chosen))
    ]
    assert [name for _, name in listed.entries] == [
        chosen.class_names[label] for label in chosen.labels.tolist()
    ]
    read = policies.parse(
        b"version = 1\n" + done.stdout.encode(), "release.toml", {"inputs.list": file}.__getitem__
    )
    assert (read.data_roots, read.inputs) == ((train.root,), listed)
    again, _ = listing(data, tmp_path / "inputs.list")
    assert again.exit_code == 2, "an existing file is not overwritten"


@pytest.mark.slow
def test_a_run_is_about_the_inputs_that_its_recipe_lists(data: Path, tmp_path: Path) -> None:
    """From the recipe to a real release, under two keys, and through gate and comparison."""
    from auditor import release
    from auditor.run import pipeline

    listing(data, tmp_path / "inputs.list")
    found: list[Any] = []
    for name in ("one", "two"):
        made = pipeline.run(data / "recipe.toml", out=tmp_path / name, workers=0)
        found.append(release.verify(made.release, made.public_key))
    listed = input_list.parse((tmp_path / "inputs.list").read_bytes(), "l")
    for verified in found:
        leaves = [(c.salt, c.tensor, c.true_label) for c in verified.claims]
        assert input_list.difference(listed, leaves, verified.certificate.audit.classes) is None
    assert found[0].claims[0].tensor != found[1].claims[0].tensor, "salts are the key's"
    keys = [("--key", str(tmp_path / f"{name}.pub")) for name in ("one", "two")]
    arguments = ["compare", str(tmp_path / "one"), str(tmp_path / "two"), *keys[0], *keys[1]]
    assert RUNNER.invoke(APP, arguments).exit_code == 3, "names differ"
    done = RUNNER.invoke(APP, [*arguments, "--inputs", str(tmp_path / "inputs.list")])
    assert (done.exit_code, done.stdout[:6]) == (0, "WITHIN"), done.output
