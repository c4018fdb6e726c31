"""Whatever the bytes: a verdict, and never a larger claim than was signed and votes support."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from auditor.cli.main import app
from tests.fuzz import liars, oracle, properties, releases, strangers
from tests.fuzz.choices import Choices, Drawn, Seeded
from tests.fuzz.mutate import TOKENS
from tests.honest import Honest

PARSERS = range(len(properties.PARSERS))
BYTES = st.binary(max_size=200) | st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join)


@settings(max_examples=200)
@given(st.sampled_from(PARSERS), BYTES)
def test_any_bytes_in_any_parser(place: int, data: bytes) -> None:
    properties.parser(place, data)


def _any_file(choices: Choices) -> bytes:
    """Return a file, payload, leaf, row or key of some release, mutated."""
    made = releases.release(choices.below(releases.COUNT))
    files = [*made.contents.values(), made.single(0), *made.leaves, *made.rows]
    files += [made.key.public.pem.encode(), made.key.to_pem()]
    files += [properties.payload(made, name) for name in properties.ENVELOPES[:2]]
    return strangers.changed_file(choices, files[choices.below(len(files))], files)


@settings(max_examples=300)
@given(st.sampled_from(PARSERS), st.data())
def test_any_mutated_file_in_any_parser(place: int, data: st.DataObject) -> None:
    properties.parser(place, _any_file(Drawn(data)))


@settings(max_examples=150)
@given(st.text(max_size=12) | st.from_regex(r"-?[0-9]{1,4}(/[0-9]{1,4})?", fullmatch=True))
def test_any_text_for_a_number(text: str) -> None:
    properties.number(text)


@settings(max_examples=150)
@given(st.data())
def test_a_mutated_input_file(data: st.DataObject) -> None:
    properties.strangers_input(Drawn(data))


@settings(max_examples=150)
@given(st.data())
def test_a_mutated_folder(data: st.DataObject) -> None:
    properties.strangers_folder(Drawn(data))


@settings(max_examples=100)
@given(st.data())
def test_whatever_is_signed(data: st.DataObject) -> None:
    properties.liars_release(Drawn(data))


@pytest.mark.parametrize(
    ("name", "tries"),
    [("strangers_input", 500), ("strangers_folder", 500), ("liars_release", 300)],
)
def test_some_mutations_are_accepted_and_most_are_not(name: str, tries: int) -> None:
    """A property that nothing reaches would hold for every verifier."""
    found = [getattr(properties, name)(Seeded(seed)) for seed in range(tries)]
    assert tries // 100 <= sum(found) <= tries // 2


# --- the properties can fail --------------------------------------------------------------------


def _larger(made: Honest, index: int, axis: str) -> str | None:
    said = json.loads(made.leaves[index])
    budgets = said["frontier"] or [{}]
    larger = [{**budget, axis: budget.get(axis, 0) + 1000} for budget in budgets]
    audit = made.certificate.audit.to_dict()
    return oracle.unfounded(audit, {**said, "frontier": larger}, made.rows[index])


@pytest.mark.parametrize("place", range(releases.COUNT))
def test_the_oracle_finds_honest_claims_founded_and_larger_ones_not(place: int) -> None:
    made = releases.release(place)
    audit = made.certificate.audit.to_dict()
    runner_up = audit["recipe"]["claim"]["bound"] == "runner-up"  # type: ignore[index]
    for index, (line, row) in enumerate(zip(made.leaves, made.rows, strict=True)):
        said = json.loads(line)
        assert oracle.unfounded(audit, said, row) is None
        if said["label"] is None or runner_up:
            continue
        other = {**said, "label": 1 - said["label"], "frontier": [{}]}
        assert oracle.unfounded(audit, other, row) is not None
        flips = audit["recipe"]["smoothing"]["test"]["method"] == "flip"  # type: ignore[index]
        partly = {"partialExamples"} <= set.intersection(*map(set, said["frontier"] or [{}]))
        for axis in liars.AXES:
            if axis in ("trainLabels", "trainFeatures", "featuresPerExample", "total") or (
                flips and axis == "inputFeatures"
            ):
                continue  # a thousand coordinates are a thousand convolutions
            if axis in ("partialExamples", "labelsPerExample") and not partly:
                continue  # no more than nothing of so many, or so much of none
            assert _larger(made, index, axis) is not None


def test_a_verifier_that_believed_frontiers_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from auditor.guarantee.threat import Budget
    from auditor.verify import steps
    from auditor.verify.verified import Claim

    def believe(leaf, row, built):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return Claim.from_leaf(leaf, tuple(Budget.of(each) for each in leaf.frontier))

    monkeypatch.setattr(steps, "judged", believe)
    monkeypatch.setattr(steps, "summary", lambda claims, certificate: None)

    def lie() -> None:
        for seed in range(400):
            properties.liars_release(Seeded(seed))

    with pytest.raises(AssertionError):
        lie()


# --- the command ----------------------------------------------------------------------------------


def _run(target: Path, key: Path) -> tuple[int, str]:
    """Return the command's exit code and output; a verdict, whatever lies there."""
    done = CliRunner().invoke(app, ["verify", str(target), "--key", str(key), "--format", "json"])
    said = json.loads(done.stdout)
    assert said["exitCode"] == done.exit_code
    assert done.exit_code in {0, 1, 3}, said
    plain = CliRunner().invoke(app, ["verify", str(target), "--key", str(key)])
    words = {0: "VERIFIED ", 1: "NOT VERIFIED ", 3: "UNDECIDED "}
    assert plain.stdout.startswith(words[done.exit_code])
    assert sum(line.startswith("VERIFIED ") for line in plain.stdout.splitlines()) == (
        done.exit_code == 0
    )
    return done.exit_code, done.stdout


def test_the_command_on_mutated_files(tmp_path: Path) -> None:
    accepted = 0
    for seed in range(150):
        made, _, data = strangers.changed_input(Seeded(seed))
        (tmp_path / "key.pub").write_text(made.key.public.pem)
        (tmp_path / "input.json").write_bytes(data)
        code, _ = _run(tmp_path / "input.json", tmp_path / "key.pub")
        accepted += code == 0
        assert (code == 0) == properties.strangers_input(Seeded(seed))
    assert 0 < accepted < 75


def test_the_command_on_forged_folders(tmp_path: Path) -> None:
    accepted = 0
    for seed in range(60):
        made = liars.dishonest(Seeded(seed))
        folder = made.write(tmp_path / f"{seed}")
        (tmp_path / "key.pub").write_text(made.key.public.pem)
        code, _ = _run(folder, tmp_path / "key.pub")
        accepted += code == 0
        assert (code == 0) == properties.liars_release(Seeded(seed))
    assert 0 < accepted < 30


def test_the_command_on_keys_that_are_none(tmp_path: Path) -> None:
    made = releases.release(0)
    (tmp_path / "input.json").write_bytes(made.single(0))
    pem = made.key.public.pem.encode()
    for seed in range(60):
        (tmp_path / "key.pub").write_bytes(strangers.changed_file(Seeded(seed), pem, [pem]))
        options = ["--key", str(tmp_path / "key.pub"), "--format", "json"]
        done = CliRunner().invoke(app, ["verify", str(tmp_path / "input.json"), *options])
        said = json.loads(done.stdout)
        assert done.exit_code == said["exitCode"]
        assert done.exit_code in {0, 1, 2}
        if done.exit_code == 0:  # white space around a key, or around its lines
            assert said["keyid"] == made.key.public.keyid
