"""Where a vote is counted: decisions, abstentions, sums, padding."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from auditor.errors import UsageError
from auditor.guarantee.vote.draws import ABSTAINED
from auditor.replay.ensemble import BATCH, Ensemble, ballots, tally, votes

TAU = 2.0**-16


def one_vote(scores: list[float], tau: float) -> int:
    """The rule of DESIGN, one cell at a time, in plain Python."""
    if any(np.isnan(scores)):
        return ABSTAINED
    order = sorted(range(len(scores)), key=lambda label: (-scores[label], label))
    best, second = (float(scores[label]) for label in order[:2])
    if not (np.isfinite(best) and np.isfinite(second)):
        return ABSTAINED
    if best - second < tau * max(1.0, abs(best), abs(second)):
        return ABSTAINED
    return order[0]


scores_of = st.lists(
    st.sampled_from(
        [-np.inf, -3.0, -TAU, 0.0, TAU / 2, TAU, 1.0, 1.0 + TAU, 2.0**20, np.inf, np.nan]
    ),
    min_size=2,
    max_size=5,
)


@given(scores_of, st.sampled_from([0.0, TAU]))
def test_votes_follow_the_rule(scores: list[float], tau: float) -> None:
    cell = np.array(scores, np.float32)
    assert votes(cell[None, None], tau)[0, 0] == one_vote([float(s) for s in cell], tau)


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=6),
    st.integers(2, 9),
)
def test_ballots_are_the_votes_that_were_scored(given_: list[list[int]], each: int) -> None:
    scores = np.array([[[3 * n - label for label, n in enumerate(one)] for one in given_]], "f4")
    found = ballots(scores, each).tolist()
    for one, got in zip(given_, found, strict=True):
        assert got == ([*one, each - sum(one)] if sum(one) <= each else [0, 0, 0, each])


@pytest.mark.parametrize(
    "scores",
    [[5.0, -1.0], [6.5, -1.0], [-2.0, -1.0], [8.0, -1.0], [4.0, 3.0], [np.nan, 1.0], [np.inf, 1.0]],
)
def test_scores_that_are_no_ballot_are_abstentions(scores: list[float]) -> None:
    """Of three votes: not whole, below zero, too many, too many together, no number."""
    assert ballots(np.array([[scores]], np.float32), 3).tolist() == [[0, 0, 3]]


def test_a_lead_of_exactly_tau_decides_and_one_ulp_less_abstains() -> None:
    lead = np.float32(TAU)
    less = np.nextafter(lead, np.float32(0))
    assert votes(np.array([[0.0, lead]], np.float32), TAU)[0] == 1
    assert votes(np.array([[0.0, less]], np.float32), TAU)[0] == ABSTAINED


def test_exact_ties_abstain_and_go_to_the_smaller_class_when_tau_is_zero() -> None:
    tie = np.zeros((1, 3), np.float32)
    assert votes(tie, TAU)[0] == ABSTAINED
    assert votes(tie, 0.0)[0] == 0


def test_tally_sums_to_the_members() -> None:
    cast = np.array([[0, 1, 255], [0, 255, 255], [2, 1, 0]], np.uint8)
    assert tally(cast, 3).tolist() == [[2, 0, 1, 0], [0, 2, 0, 1], [1, 0, 0, 2]]


def linear_shard(weights: np.ndarray) -> bytes:
    """Export weights (width, members * 2) as a shard with output (members, batch, 2)."""
    members = weights.shape[1] // 2
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["cube"]),
        helper.make_node("Transpose", ["cube"], ["scores"], perm=[1, 0, 2]),
    ]
    graph = helper.make_graph(
        nodes,
        "shard",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", len(weights)])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [members, "batch", 2])],
        [
            numpy_helper.from_array(weights.astype(np.float32), "w"),
            numpy_helper.from_array(np.array([-1, members, 2]), "shape"),
        ],
    )
    opset = [helper.make_opsetid("", 17)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opset, ir_version=8)
    return bytes(model.SerializeToString())


def test_counts_sum_over_shards_and_leave_padding_out() -> None:
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=(4, 6)) for _ in range(2)]  # two shards of three members
    weights[1][:, 4:] = 7.0  # the padding member would vote if it were asked
    ensemble = Ensemble(
        shards=[partial(linear_shard, own) for own in weights],
        front_end=None,
        members=5,
        shard_size=3,
        classes=2,
        tau=Fraction(1, 65_536),
    )
    rows = generator.normal(size=(BATCH + 3, 4)).astype(np.float32)
    counts = ensemble.counts(rows)
    members = np.concatenate(weights, 1)[:, :10].reshape(4, 5, 2)
    expected = np.einsum("bw,wmk->mbk", rows, members).argmax(-1)
    assert (counts.sum(1) == 5).all()
    assert np.array_equal(counts[:, 1], (expected == 1).sum(0))


def test_a_graph_that_is_none_is_refused_in_one_sentence() -> None:
    ensemble = Ensemble(
        shards=[lambda: b"not a graph"],
        front_end=None,
        members=1,
        shard_size=1,
        classes=2,
        tau=Fraction(0),
    )
    with pytest.raises(UsageError, match="a graph of 11 bytes cannot be loaded"):
        ensemble.counts(np.zeros((1, 4), np.float32))
