"""Members trained again: honest ones are the same, others are charged or refuted, by number."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import auditor
from auditor.errors import ClaimError, ReleaseError, UndecidedError, UsageError
from auditor.replay.graph_digest import member_axes
from auditor.verify import verdict
from auditor.verify.sampling import sample
from tests.recheck import dishonest
from tests.recheck.made import Made
from tests.run import small

Make = Callable[..., Made]

CNN = 'name = "cnn"\nchannels = [2, 2]\nhidden = 4\nsteps = 3\nbatch = 16'
MLP = 'name = "mlp"\nhidden = [4]\nsteps = 5\nbatch = 16'


@pytest.mark.parametrize(
    ("training", "test", "learner"),
    [
        ("flip", "flip", 'name = "naive-bayes"'),
        ("bag", "hide", 'name = "logistic"'),
        ("poisson-bag", "none", 'name = "logistic"'),
        ("bag-flip", "flip", 'name = "ridge"'),
        ("hide", "hide", 'name = "naive-bayes"'),
        ("partition", "views", 'name = "kernel-bayes"'),
        ("content", "two-mask", 'name = "ridge"\nfrontEnd = { name = "masked-hog" }'),
        ("partition", "none", MLP),
        ("bag", "none", CNN),
        ("neighbours", "views", None),
        ("gaussian", "gaussian", 'name = "ridge"'),
        ("uniform", "none", MLP),
        ("partition", "gaussian", 'name = "logistic"'),
    ],
)
def test_honest_members_have_the_same_bits(
    make: Make, training: str, test: str, learner: str | None
) -> None:
    made = make(training, test, learner=learner)
    count = 1 if training == "neighbours" else 4
    verified = made.verify(retrain=count)
    assert verified.evidence is not None
    members = verified.evidence.members
    assert members is not None
    assert (members.sampled, members.found, verified.evidence.bitwise) == (count, 0, count)
    assert members.of == verified.certificate.member_count
    made.verify(retrain=min(count, 2), match="bitwise")


def _changed(release: Path, shard: int, slot: int, change: Callable[..., None]) -> dict[str, bytes]:
    """Return a shard in which one member's parameters are changed."""
    name = f"members/{shard:06d}.onnx"
    model = onnx.load_from_string((release / name).read_bytes())
    axes = member_axes(model)
    size = dishonest.certificate_of(release).shard_size
    for initializer in model.graph.initializer:
        if initializer.name in axes:
            array = numpy_helper.to_array(initializer).copy()
            axis = axes[initializer.name]
            shape = list(array.shape)
            shape[axis : axis + 1] = [size, shape[axis] // size]
            stacked = array.reshape(shape)
            change(initializer.name, np.moveaxis(stacked, axis, 0)[slot])
            initializer.raw_data = stacked.reshape(array.shape).astype("<f4").tobytes()
    return {name: model.SerializeToString(deterministic=True)}


def _negate(_: str, own: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
    own *= -1


def _nudge(_: str, own: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
    own *= np.float32(1) + np.float32(2) ** -22


def test_one_poisoned_member_is_charged_wherever_members_are_all_looked_at(make: Make) -> None:
    made = make("partition", "none")
    poisoned = _changed(made.release, 0, 5, _negate)
    dishonest.sign(made.release, made.key, voting=poisoned)
    made.verify()
    verified = made.verify(retrain=9)
    evidence = verified.evidence
    assert evidence is not None
    assert evidence.members is not None
    assert (evidence.members.found, evidence.members.undetected, evidence.bitwise) == (1, 1, 8)
    for before, after in zip(verified.claims, evidence.surviving, strict=True):
        radius, left = before.radius("trainExamples"), after.radius("trainExamples")
        if radius:  # one forged member is one more poisoned part
            assert left == radius - 1
    with pytest.raises(ClaimError, match="member 5: trained again, its file has other bits"):
        made.verify(retrain=9, match="bitwise")


def test_a_poisoned_member_is_found_when_it_is_sampled(make: Make) -> None:
    made = make("partition", "none")
    dishonest.sign(made.release, made.key, voting=_changed(made.release, 0, 5, _negate))
    seen = set()
    for trial in range(40):
        seed = trial.to_bytes(32, "big")
        verified = made.verify(retrain=3, sample_seed=seed)
        assert verified.evidence is not None
        assert verified.evidence.members is not None
        drawn = sample(seed, verified.digest, "members", 9, 3)
        assert verified.evidence.members.found == (5 in drawn)
        seen.add(5 in drawn)
    assert seen == {False, True}  # 3 of 9 members: one value alone once in 10^7 releases


def test_other_bits_with_the_same_votes_are_the_same_member_to_every_claim(make: Make) -> None:
    made = make("partition", "none")
    dishonest.sign(made.release, made.key, voting=_changed(made.release, 0, 2, _nudge))
    evidence = made.verify(retrain=9).evidence
    assert evidence is not None
    assert evidence.members is not None
    assert (evidence.bitwise, evidence.members.found) == (8, 0)
    verified = made.verify(retrain=9)
    assert any("1 vote alike on the listed inputs" in line for line in verified.not_checked)
    assert "8 have the same bits, 1 only vote alike here" in verdict.text(verified)
    with pytest.raises(ClaimError, match="member 2"):
        made.verify(retrain=9, match="bitwise")


def test_neighbours_in_another_order_are_the_same_member_to_every_claim(make: Make) -> None:
    def turn(_: str, own: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
        own[...] = own[..., ::-1].copy()

    made = make("neighbours", "none")
    dishonest.sign(made.release, made.key, voting=_changed(made.release, 0, 0, turn))
    verified = made.verify(replay="all", retrain=1)
    evidence = verified.evidence
    assert evidence is not None
    assert evidence.members is not None
    assert (evidence.bitwise, evidence.members.found) == (0, 0)
    text = verdict.text(verified)
    assert "object       the vote of the 15 training examples nearest to the input" in text


def test_relabelled_neighbours_pass_a_replay_and_leave_nothing_after_a_retraining(
    make: Make,
) -> None:
    """All votes are one member's, so a forged member is not worth one vote but all of them."""

    def relabel(name: str, own: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
        if name == "label":
            own[:, :5] = 1 - own[:, :5]

    made = make("neighbours", "none")
    assert any(claim.radius("trainExamples") for claim in made.verify().claims)
    voting = _changed(made.release, 0, 0, relabel)
    votes = dishonest.tallies(made, voting)
    dishonest.sign(made.release, made.key, voting=voting, evidence=votes)
    verified = made.verify(replay="all", retrain=1)
    evidence = verified.evidence
    assert evidence is not None
    assert evidence.votes is not None
    assert evidence.members is not None
    assert (evidence.votes.found, evidence.members.found) == (0, 1)
    assert all(claim.label is None for claim in evidence.surviving)
    with pytest.raises(ClaimError, match="member 0: trained again"):
        made.verify(retrain=1, match="bitwise")


def test_two_members_swapped_are_two_members_too_many(make: Make) -> None:
    """The tallies are the same, so a replay of fixed members sees nothing; a retraining does."""
    made = make("partition", "none", learner='name = "naive-bayes"\nchunk = 1')
    first, second = (made.release / f"members/00000{i}.onnx" for i in (0, 1))
    dishonest.sign(
        made.release,
        made.key,
        voting={
            "members/000000.onnx": second.read_bytes(),
            "members/000001.onnx": first.read_bytes(),
        },
    )
    assert made.verify(replay="all").evidence is not None
    with pytest.raises(ClaimError, match="member 0: trained again"):
        made.verify(retrain=9, match="bitwise")
    evidence = made.verify(retrain=9).evidence
    assert evidence is not None
    assert evidence.members is not None
    assert evidence.members.found <= 2


def test_a_member_that_memorised_the_inputs_passes_a_replay_and_not_a_retraining(
    make: Make,
) -> None:
    """Its votes are really its own; what is wrong is where it comes from."""
    made = make("partition", "none", learner='name = "naive-bayes"\nsmoothing = 300')
    rule = dishonest.rule_of(made.release)

    def memorise(name: str, own: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
        """Fit the inputs themselves exactly, in place of training."""
        data = np.load(made.data / "digits.npz")
        pixels = np.where(data["xTest"].reshape(len(data["xTest"]), -1) >= 8, 1.0, -1.0)
        fitted = np.linalg.pinv(pixels) @ np.where(data["yTest"] == 7, 1.0, -1.0)
        weight = np.stack([-fitted, fitted], -1)
        own[...] = (weight if name == "weight" else np.zeros_like(own)).reshape(own.shape)

    truth = [claim.true_label for claim in made.verify().claims]
    mistaken = np.flatnonzero((dishonest.cast(made) != truth).any(1))
    voting = _changed(made.release, 0, int(mistaken[0]), memorise)
    name, data = next(iter(voting.items()))
    votes = dishonest.tallies(made, {name: data})
    dishonest.sign(made.release, made.key, voting=voting, evidence=votes)
    evidence = made.verify(replay="all", retrain=rule.members).evidence
    assert evidence is not None
    assert evidence.votes is not None
    assert evidence.members is not None
    assert evidence.votes.found == 0
    assert evidence.members.found == 1


def test_a_graph_that_is_not_the_recipes_is_refuted_at_once(make: Make) -> None:
    made = make("partition", "none")
    path = made.release / "members/000000.onnx"
    model = onnx.load_from_string(path.read_bytes())
    model.graph.node[-1].name = "renamed"
    data = model.SerializeToString(deterministic=True)
    dishonest.sign(made.release, made.key, voting={"members/000000.onnx": data})
    with pytest.raises(ReleaseError, match="graph"):  # not the one that the certificate names
        made.verify(replay=1)
    from auditor.replay.graph_digest import graph_digest

    dishonest.sign(made.release, made.key, graph=graph_digest(data))
    with pytest.raises(ClaimError, match="graph of the members"):
        made.verify(retrain=1)


FACTORY = """
import torch

def make(options):
    torch.manual_seed(torch.initial_seed())
    return torch.nn.Linear(options["width"], options["classes"])
"""


@pytest.mark.parametrize("allowed", ["none", "another", "this"])
def test_a_recipes_own_code_runs_only_when_its_digest_is_allowed(
    tmp_path: Path, allowed: str
) -> None:
    folder = tmp_path / "run"
    module = f"own_code_{allowed}"
    path = small.recipe(
        folder,
        "partition",
        "none",
        learner=f'name = "python"\nfactory = "python:{module}:make"\nsteps = 2\nbatch = 8',
    )
    (folder / f"{module}.py").write_text(FACTORY)
    auditor.run(path, out=folder / "release", workers=0, device="cpu")
    made = Made(release=folder / "release", key=folder / "release.key", data=folder)
    digest = next(
        sha for name, sha in made.verify().certificate.audit.trusted if name.startswith("python:")
    )
    if allowed == "none":
        with pytest.raises(UsageError, match=f"--allow-code sha256:{digest}"):
            made.verify(retrain=1)
        assert made.verify(replay=3).evidence is not None  # nothing of it runs in a replay
    elif allowed == "another":
        (folder / f"{module}.py").write_text(FACTORY + "\n")
        with pytest.raises(UsageError, match="expected a source file with SHA-256"):
            made.verify(retrain=1, allow_code=[f"sha256:{digest}"])
    else:
        evidence = made.verify(retrain=3, allow_code=[f"sha256:{digest}"]).evidence
        assert evidence is not None
        assert evidence.bitwise == 3


def test_a_challenge_that_is_missing_leaves_drawn_members_undecided(
    make: Make, tmp_path: Path
) -> None:
    made = make("flip", "flip")
    copy = tmp_path / "copy"
    shutil.copytree(made.release, copy)
    dishonest.sign(copy, made.key, challenge="0" * 64)
    with pytest.raises(UndecidedError, match="challenge: its file is missing"):
        Made(release=copy, key=made.key, data=made.data).verify(retrain=1)
