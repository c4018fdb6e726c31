"""A run-off of three classes, from the data to a replay, a retraining and a prediction."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.datasets import load_digits

import auditor
from auditor import relying
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.vote.run_off import Rounds
from auditor.recheck.comparison import Comparison
from auditor.replay.ensemble import Ensemble
from auditor.replay.predict import Predictor
from auditor.replay.views import Rows
from auditor.verify.evidence import difference
from auditor.verify.verified import Verified

CLASSES = (1, 7, 8)


def data() -> dict[str, Any]:
    bunch = load_digits()
    chosen = np.isin(bunch.target, CLASSES)
    images = bunch.images[chosen].astype(np.uint8)[:, None]
    labels = bunch.target[chosen].astype(np.int64)
    test = np.arange(len(labels)) % 9 == 0
    return {
        "xTrain": images[~test],
        "yTrain": labels[~test],
        "xTest": images[test][:24],
        "yTest": labels[test][:24],
    }


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run-off")
    np.savez(folder / "digits.npz", **data())
    (folder / "recipe.toml").write_text(
        'version = 1\nname = "run-off"\nclasses = ["1", "7", "8"]\ndesignSeed = "small"\n'
        'selection = "none"\n[data]\nsource = "npz"\npath = "digits.npz"\n'
        '[alphabet]\nkind = "binary"\nthreshold = 8\nunit = "pixel"\n'
        '[learner]\nname = "ridge"\npenalty = 0.01\nchunk = 4\n'
        '[smoothing.training]\nmethod = "partition"\nparts = 15\nby = "index"\n'
        '[smoothing.test]\nmethod = "none"\n[smoothing.vote]\nmethod = "run-off"\n'
        "[claim]\nalpha = 0\nbudgets = { trainExamples = [0, 1, 3] }\n"
    )
    auditor.run(folder / "recipe.toml", out=folder / "out", device="cpu", workers=0)
    return folder / "out"


def checked(release: Path, **options: Any) -> Verified:
    key = release.with_name("out.pub")
    return relying.verify(release, keys=key, data=release.parent, **options)


def test_it_certifies_replays_and_retrains(release: Path) -> None:
    verified = checked(release, replay="all", retrain=15)
    assert verified.certificate.summary.correct >= 20
    assert all(count for _, count in verified.certificate.summary.certified[:2])
    assert verified.evidence is not None
    assert verified.evidence.votes is not None
    assert (verified.evidence.votes.of, verified.evidence.votes.found) == (24, 0)
    assert verified.evidence.bitwise == 15
    assert verified.evidence.surviving == verified.claims


def test_what_is_deployed_is_what_is_certified(release: Path) -> None:
    verified = checked(release)
    predictor: Predictor = auditor.load(release, key=release.with_name("out.pub"))
    names = [None if c.label is None else str(CLASSES[c.label]) for c in verified.claims]
    assert [predictor.predict(image).label for image in data()["xTest"]] == names
    assert predictor.predict(data()["xTest"][0]).alpha == "0"


def test_finals_are_counted_from_the_scores_of_two_classes_alone(release: Path) -> None:
    verified = checked(release)
    predictor: Predictor = auditor.load(release)
    rule = rule_for(verified.certificate.audit.to_dict())
    evidence = (release / "evidence.bin").read_bytes()
    ensemble = predictor._ensemble
    tau = float(ensemble.tau)
    for index in range(4):
        row = evidence[index * rule.row_size : (index + 1) * rule.row_size]
        rounds = Rounds.read(row, classes=3, members=15)
        symbols = (data()["xTest"][index].reshape(-1) >= 8).astype(np.uint8)
        rows = ensemble.features(predictor._shower.some(symbols, (0,)))
        scores = [s[:, 0].astype(float) for k in range(4) for s in ensemble.scores(k, rows)]
        for (b, c), (own, against) in rounds.pairs.items():
            pairs = [(s[b], s[c]) for part in scores for s in part]
            needed = [tau * max(1, abs(one), abs(other)) for one, other in pairs]
            gaps = [one - other for one, other in pairs]
            assert own == sum(gap >= least for gap, least in zip(gaps, needed, strict=True))
            assert against == sum(-gap >= least for gap, least in zip(gaps, needed, strict=True))


def test_a_final_that_the_members_contradict_is_refuted(release: Path) -> None:
    """Near ties explain a tally only within that tally."""
    rule = rule_for(checked(release).certificate.audit.to_dict())
    row = (release / "evidence.bin").read_bytes()[: rule.row_size]
    counts = np.frombuffer(row, "<u2").copy()
    assert rule.tallies == (4, 3, 3, 3)
    for start in (4, 7, 10):
        other, near = counts.copy(), counts.copy()
        most = start + int(counts[start : start + 2].argmax())
        other[most] -= 1
        other[2 * start + 1 - most] += 1
        near[most] -= 1
        near[start + 2] += 1
        assert difference(rule, row, other.tobytes()) == "contradiction"
        assert difference(rule, row, near.tobytes()) == "near tie"
    assert difference(rule, row, row) == "none"


def test_a_retrained_member_that_differs_in_its_finals_alone_is_charged(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Comparison, "same_bits", lambda *_: False)
    assert _found(release) == 0
    real, calls = Ensemble.finals, count()

    def of_another_mind(self: Ensemble, shard: int, rows: Rows) -> npt.NDArray[np.uint8]:
        votes = real(self, shard, rows)
        return 1 - votes if next(calls) % 2 else votes  # the shipped member's, not the retrained's

    monkeypatch.setattr(Ensemble, "finals", of_another_mind)
    assert _found(release) == 2


def _found(release: Path) -> int:
    evidence = checked(release, retrain=2).evidence
    assert evidence is not None
    assert evidence.members is not None
    return evidence.members.found
