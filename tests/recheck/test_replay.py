"""Votes cast again: honest ones agree, forged ones are refuted or charged, as documented."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from auditor.errors import ClaimError, ReleaseError, StatementError, UndecidedError, UsageError
from auditor.guarantee.claim import Rule
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.draws import ABSTAINED
from auditor.verify.evidence import difference
from auditor.verify.sampling import sample
from tests.recheck import dishonest
from tests.recheck.made import Made

Make = Callable[..., Made]

SIDES = [
    ("flip", "flip"),
    ("bag", "none"),
    ("bag", "hide"),
    ("poisson-bag", "flip"),
    ("bag-flip", "flip"),
    ("partition", "none"),
    ("partition", "flip"),
    ("partition", "views"),
    ("none", "two-mask"),
    ("partition", "joint"),
    ("partition", "ablation"),
    ("gaussian", "gaussian"),
    ("partition", "gaussian"),
    ("uniform", "uniform"),
    ("grid", "none"),
    ("finite-aggregation", "none"),
]


@pytest.mark.parametrize(("training", "test"), SIDES)
def test_an_honest_release_survives_a_whole_replay_unchanged(
    make: Make, training: str, test: str
) -> None:
    made = make(training, test)
    verified = made.verify(replay="all")
    evidence = verified.evidence
    assert evidence is not None
    assert evidence.votes is not None
    assert evidence.votes.sampled == evidence.votes.of
    assert (evidence.votes.found, evidence.votes.undetected) == (0, 0)
    assert evidence.surviving == verified.claims
    signed = tuple(count for _, count in verified.certificate.summary.certified)
    assert tuple(count for _, count in evidence.certified) == signed
    for budget in verified.budgets:
        assert verified.surviving_accuracy(budget) == verified.certified_accuracy(budget)
    assert not any(line.startswith(("votes:", "noise:")) for line in verified.not_checked)


@pytest.mark.parametrize(("training", "test"), SIDES)
def test_a_partial_replay_agrees_and_claims_no_more(make: Make, training: str, test: str) -> None:
    made = make(training, test)
    verified = made.verify(replay=7, sample_seed=bytes(32))
    evidence = verified.evidence
    assert evidence is not None
    assert evidence.votes is not None
    assert evidence.votes.sampled == 7
    assert evidence.votes.undetected > 0
    for before, after in zip(verified.claims, evidence.surviving, strict=True):
        assert all(before.certified(budget) for budget in after.frontier)
    for (budget, left), (_, signed) in zip(
        evidence.certified, verified.certificate.summary.certified, strict=True
    ):
        one_by_one = sum(
            claim.label == claim.true_label and claim.certified(budget)
            for claim in evidence.surviving
        )
        assert one_by_one <= left <= signed
    again = made.verify(replay=7, sample_seed=bytes(32))
    assert again.evidence == evidence


def _flip(row: bytes, cell: int, singly: bool, size: int) -> bytes:
    """Return a row with one forged cell: a vote, or one more vote of a view, for another class."""
    forged = bytearray(row)
    if singly:
        forged[cell] = 1 - forged[cell] if forged[cell] != ABSTAINED else 0
    else:
        counts = np.frombuffer(row, "<u2").copy()
        at = cell * (size // 2)
        source = 0 if counts[at] else 1
        counts[at + source] -= 1
        counts[at + 1 - source] += 1
        forged[:] = counts.tobytes()
    return bytes(forged)


def _is_clear(rule: Rule, votes: bytes, row: int, cell: int) -> bool:
    """Whether nobody abstained there: a vote against an abstention contradicts nobody."""
    width = rule.row_size // rule.cells
    at = row * rule.row_size + cell * width
    if rule.singly:
        return votes[at] != ABSTAINED
    return not np.frombuffer(votes[at : at + width], "<u2")[-1]


@pytest.mark.parametrize(("training", "test"), SIDES)
def test_one_forged_cell_is_refuted_by_name(make: Make, training: str, test: str) -> None:
    made = make(training, test)
    rule = dishonest.rule_of(made.release)
    votes = (made.release / "evidence.bin").read_bytes()
    size, row = rule.row_size, 3
    cell = max(cell for cell in range(rule.cells) if _is_clear(rule, votes, row, cell))
    forged = _flip(votes[row * size : (row + 1) * size], cell, rule.singly, size // rule.cells)
    dishonest.sign(
        made.release,
        made.key,
        evidence=votes[: row * size] + forged + votes[(row + 1) * size :],
    )
    assert made.verify().evidence is None  # signature and arithmetic cannot see it
    what = "member" if rule.singly else "view"
    with pytest.raises(ClaimError, match=rf"input 3, {what} {cell}: expected the vote"):
        made.verify(replay="all")


def test_a_vote_against_an_abstention_contradicts_nobody_and_is_charged(make: Make) -> None:
    made = make("flip", "flip", top='tau = "1/8"')
    rule = dishonest.rule_of(made.release)
    votes = (made.release / "evidence.bin").read_bytes()
    rows = [votes[at : at + rule.row_size] for at in range(0, len(votes), rule.row_size)]
    index = next(
        claim.index
        for claim in made.verify().claims
        if claim.label is not None and rows[claim.index].count(ABSTAINED) >= 3
    )
    forged = bytearray(rows[index])
    for _ in range(3):
        forged[forged.index(ABSTAINED)] = made.verify().claims[index].label or 0
    rows[index], honest = bytes(forged), rule.judge(rows[index])
    dishonest.sign(made.release, made.key, evidence=b"".join(rows))
    verified = made.verify(replay="all")
    evidence = verified.evidence
    assert evidence is not None
    assert evidence.votes is not None
    assert (evidence.votes.found, evidence.votes.undetected) == (3, 3)
    left = evidence.surviving[index]
    assert all(any(top.covers(own) for top in honest.frontier) for own in left.frontier)
    others = [claim for claim in verified.claims if claim.index != index]
    assert [claim for claim in evidence.surviving if claim.index != index] == others


def test_votes_differ_by_a_near_tie_or_contradict(make: Make) -> None:
    rule = dishonest.rule_of(make("flip", "flip").release)
    assert difference(rule, b"\x00", bytes([ABSTAINED])) == "near tie"
    assert difference(rule, bytes([ABSTAINED]), b"\x01") == "near tie"
    assert difference(rule, b"\x00", b"\x01") == "contradiction"
    assert difference(rule, b"\x01", b"\x01") == "none"


def test_counts_differ_by_near_ties_or_contradict(make: Make) -> None:
    rule = dishonest.rule_of(make("partition", "views").release)

    def cell(*counts: int) -> bytes:
        return np.array(counts, "<u2").tobytes()

    assert difference(rule, cell(6, 3, 0), cell(6, 3, 0)) == "none"
    assert difference(rule, cell(6, 3, 0), cell(5, 3, 1)) == "near tie"
    assert difference(rule, cell(5, 3, 1), cell(6, 3, 0)) == "near tie"
    assert difference(rule, cell(6, 3, 0), cell(5, 4, 0)) == "contradiction"
    assert difference(rule, cell(7, 2, 0), cell(5, 3, 1)) == "contradiction"
    # one vote each way, which abstentions on both sides explain: charged
    assert difference(rule, cell(6, 2, 1), cell(5, 3, 1)) == "near tie"


def test_swapped_shards_are_no_secret_to_a_replay_of_drawn_members(make: Make) -> None:
    made = make("flip", "flip", learner='name = "naive-bayes"\nchunk = 60')
    first, second = (made.release / f"members/00000{i}.onnx" for i in (0, 1))
    swapped = {
        "members/000000.onnx": second.read_bytes(),
        "members/000001.onnx": first.read_bytes(),
    }
    dishonest.sign(made.release, made.key, voting=swapped)
    made.verify()
    with pytest.raises(ClaimError, match="its ONNX file votes"):
        made.verify(replay="all")


def test_data_that_are_not_the_committed_ones_leave_it_undecided(
    make: Make, tmp_path: Path
) -> None:
    made = make("partition", "none")
    folder = tmp_path / "other"
    folder.mkdir()
    arrays = dict(np.load(made.data / "digits.npz"))
    changed = {**arrays, "xTrain": arrays["xTrain"][::-1], "yTrain": arrays["yTrain"][::-1]}
    np.savez(folder / "digits.npz", **changed)
    with pytest.raises(UndecidedError, match="another data set"):
        Made(release=made.release, key=made.key, data=folder).verify(replay=3)
    np.savez(folder / "digits.npz", **{**arrays, "xTest": arrays["xTest"][::-1]})
    with pytest.raises(UndecidedError, match="input 0 is not the one of leaf 0"):
        Made(release=made.release, key=made.key, data=folder).verify(replay=3)
    with pytest.raises(UndecidedError, match="does not exist"):
        Made(release=made.release, key=made.key, data=tmp_path).verify(replay=3)


def test_a_recipe_file_that_says_something_else_is_no_recipe_of_this_release(make: Make) -> None:
    made = make("partition", "none")
    path = made.release / "recipe.toml"
    path.write_bytes(path.read_bytes().replace(b"naive-bayes", b"ridge"))
    with pytest.raises(ReleaseError, match=r"recipe.toml"):
        made.verify(replay=3)
    dishonest.resign_recipe(made.release, made.key)
    made.verify()
    with pytest.raises(StatementError, match="resolves to another 'learner'"):
        made.verify(replay=3)


def test_paths_lead_nowhere_but_into_the_verifiers_folder(make: Make, tmp_path: Path) -> None:
    made = make("partition", "none")
    path = made.release / "recipe.toml"
    for place, error in (("/etc/passwd", "below the folder"), ("../x.npz", "below the folder")):
        text = path.read_bytes().replace(b'"digits.npz"', f'"{place}"'.encode())
        copy = tmp_path / place.replace("/", "_")
        shutil.copytree(made.release, copy)
        (copy / "recipe.toml").write_bytes(text)
        dishonest.resign_recipe(copy, made.key, data_path=place)
        with pytest.raises(UndecidedError, match=error):
            Made(release=copy, key=made.key, data=made.data).verify(replay=3)


def test_a_source_whose_package_is_missing_is_named(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make("partition", "none")

    def missing(*_: object) -> None:
        message = "No module named 'torchvision'"
        raise ModuleNotFoundError(message, name="torchvision")

    monkeypatch.setattr("auditor.recheck.data.datasets.load", missing)
    with pytest.raises(UsageError, match="npz needs the package torchvision"):
        made.verify(replay=3)


def test_what_cannot_be_asked_for(make: Make, tmp_path: Path) -> None:
    made = make("partition", "none")
    with pytest.raises(UsageError, match="--replay: expected at most 12"):
        made.verify(replay=13)
    with pytest.raises(UsageError, match="--retrain: expected at most 9"):
        made.verify(retrain=10)
    with pytest.raises(UsageError, match="delta"):
        made.verify(replay=1, delta="0.1")
    with pytest.raises(UsageError, match="sample seed"):
        made.verify(replay=1, sample_seed=b"short")


def test_a_claim_stands_iff_its_votes_less_what_may_be_forged_are_enough(make: Make) -> None:
    made = make("flip", "flip")
    rule = dishonest.rule_of(made.release)
    outcomes = set()
    for size in (200, 1100, 1440):
        verified = made.verify(replay=size, sample_seed=bytes(32), delta="1/10")
        evidence = verified.evidence
        assert evidence is not None
        assert evidence.votes is not None
        of = evidence.votes.of
        drawn = sample(bytes(32), verified.digest, "cells", of, size)
        seen = Counter(cell // rule.cells for cell in drawn)
        thresholds = {Budget.of(t.budget): t.k_star for t in verified.certificate.thresholds}
        for before, after in zip(verified.claims, evidence.surviving, strict=True):
            votes = before.evidence["votes"]
            assert isinstance(votes, list)
            charged = min(evidence.votes.undetected, rule.cells - seen[before.index])
            for budget, least in thresholds.items():
                if before.label is None or least is None or not budget.amounts:
                    continue
                stands = votes[before.label] - charged >= least
                assert after.certified(budget) == stands
                outcomes.add((before.certified(budget), stands))
    assert {(True, True), (True, False)} <= outcomes
