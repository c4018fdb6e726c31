"""A front end judges each row by itself, or is refused; what is accepted is run to see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, parser

from auditor.errors import ReleaseError
from auditor.replay import runtime
from auditor.replay.ensemble import BATCH
from auditor.replay.form import Form
from auditor.replay.graph_rules import OPERATORS, check
from tests.replay import graphs

WIDTH = 6
FORM = Form(width=WIDTH, members=None, outputs=None)
F = np.float32

CONSTANTS: Mapping[str, Any] = {
    "one": F(1),
    "low": F(-0.5),
    "three": np.ones(3, F),
    "four": np.ones(4, F),
    "row": np.linspace(-1, 1, WIDTH, dtype=F),
    "one_row": np.linspace(-1, 1, WIDTH, dtype=F)[None],
    "column": np.linspace(-1, 1, BATCH, dtype=F)[:, None],  # a number for each row of a batch
    "every": np.ones((BATCH, WIDTH), F),
    "by_batch": np.ones((BATCH, BATCH), F),
    "weight": np.linspace(-1, 1, 4 * WIDTH, dtype=F).reshape(WIDTH, 4),
    "left": np.linspace(-1, 1, 6, dtype=F).reshape(3, 2),
    "kernel": np.linspace(-1, 1, 4, dtype=F).reshape(2, 1, 1, 2),
    "scale": np.ones(1, F),
    **{f"to_{'_'.join(map(str, dims)).replace('-', 'm')}": np.array(dims) for dims in (
        [0, -1], [0, 1, 2, 3], [-1, 1, 2, 3], [-1, 6], [0, 1, 3, 2], [-1, 3], [BATCH, -1],
        [WIDTH, -1], [1, WIDTH], [BATCH, WIDTH], [2, 1, WIDTH], [WIDTH],
    )},
    "i0": np.array([0]), "i1": np.array([1]), "i2": np.array([2]), "i4": np.array([4]),
    "im1": np.array([-1]), "im2": np.array([-2]), "none": np.array([], np.int64),
    "both": np.array([0, 1]), "backs": np.array([-1, -1]),
    "far": np.array([-(2**31)]), "fars": np.array([-(2**31)] * 2),
    "pad": np.array([0, 1, 0, 2]), "pad_rows": np.array([1, 0, -1, 0]), "moved": np.array([1, -1]),
    "chosen": np.ones((BATCH, 1), bool), "picked": np.array([3, 0, 3]),
}  # fmt: skip

#: Views of a row as an image, a matrix and its transpose, and the batch alone.
IMAGE = "s = Reshape(x, to_0_1_2_3)"
MATRIX = f"{IMAGE}; q = Squeeze(s, i1)"
TURNED = f"{MATRIX}; p = Transpose<perm=[0, 2, 1]>(q)"
ALONE = "c = ReduceMean<keepdims=0>(x, i1)"

UNARY = """
    Abs Celu Elu Erf Exp HardSigmoid HardSwish Identity LeakyRelu Neg Relu Round Selu Sigmoid
    Softplus Tanh
"""

#: Graphs whose last value is made of each row by itself.
APART = [
    *(f"y = {kind}(x)" for kind in UNARY.split()),
    "a = Abs(x); b = Log(a); d = Abs(b); y = Sqrt(d)",
    "a = Less(x, one); b = Not(a); d = Greater(x, row); e = Or(b, d); y = Cast<to=1>(e)",
    "y = Add(x, row)",
    "y = Sub(one_row, x)",
    "y = Mul(x, x)",
    "y = Div(x, one)",
    "y = Pow(x, one)",
    "y = Mod<fmod=1>(x, one)",
    "a = Max(x, row, one); y = Min(a, x)",
    "y = Clip(x, low, one)",
    "y = PRelu(x, row)",
    "a = Equal(x, one); y = Where(a, row, x)",
    "y = MatMul(x, weight)",
    "y = MatMul(x, row)",
    f"{MATRIX}; y = MatMul(q, three)",
    f"{MATRIX}; y = MatMul(left, q)",
    f"{TURNED}; y = MatMul(q, p)",
    "y = Gemm(x, weight, four)",
    "y = Gemm(x, weight)",
    "y = Concat<axis=-1>(x, x)",
    f"{IMAGE}; y = Flatten(s)",
    f"{IMAGE}; y = Flatten<axis=-3>(s)",
    f"{IMAGE}; y = Reshape(s, to_0_m1)",
    "s = Reshape(x, to_m1_1_2_3); y = Reshape(s, to_m1_6)",
    TURNED,
    f"{IMAGE}; y = Conv(s, kernel)",
    f"{IMAGE}; y = MaxPool<kernel_shape=[2, 2]>(s)",
    f"{IMAGE}; y = AveragePool<kernel_shape=[1, 2]>(s)",
    f"{IMAGE}; y = GlobalAveragePool(s)",
    f"{IMAGE}; y = InstanceNormalization(s, scale, scale)",
    f"{IMAGE}; y = BatchNormalization(s, scale, scale, scale, scale)",
    "y = LayerNormalization(x, row, row)",
    "y = Softmax<axis=1>(x)",
    "y = LogSoftmax(x)",
    "y = Gather<axis=1>(x, picked)",
    "y, z = Split<axis=1, num_outputs=2>(x)",
    "y, z = TopK(x, i2)",
    "z, i = TopK(x, i2); y = Cast<to=1>(i)",
    "y = ReduceMax(x, i1)",
    "y = ReduceSum(x, im1)",
    f"{IMAGE}; y = ReduceMean<keepdims=0>(s, i2)",
    "a = ReduceL2(x, i1); y = ReduceLogSumExp(a, i1)",
    "y = Unsqueeze(x, im1)",
    "y = Slice(x, i0, i4, i1)",
    "y = Slice(x, im1, far, i1, im1)",
    "y = Pad(x, pad, one)",
    f"{ALONE}; u = Unsqueeze(c, i1); y = Expand(u, to_1_6)",
    f"{IMAGE}; g = Reshape(x, to_0_1_3_2); y = GridSample<align_corners=1>(s, g)",
]

#: Graphs in which a row reaches another, or the place in the batch or its size tell, or may.
TOGETHER = [
    "a = ReduceMax(x, i0); y = Add(x, a)",
    "a = ReduceMean(x); y = Sub(x, a)",
    "a = ReduceSum(x, both); y = Sub(x, a)",
    "y = ReduceSum(x, none)",
    "a = ReduceL2(x, im2); y = Div(x, a)",
    "y = Softmax<axis=0>(x)",
    "y = LogSoftmax<axis=-2>(x)",
    "y = LayerNormalization<axis=0>(x, every)",
    "y, z = TopK<axis=0>(x, i2)",
    "y = Slice(x, im1, far, i0, im1)",
    "y = Slice(x, backs, fars)",
    "y = Slice(x, backs, fars, both, backs)",
    "a = Gather<axis=0>(x, i0); y = Add(x, a)",
    "a = Gather(x, i0); y = Add(x, a)",
    "y, z = Split<num_outputs=2>(x)",
    "y = Pad(x, pad_rows)",
    "y = Pad(x, moved, one, i0)",
    "t = Transpose(x); y = MatMul(x, t)",
    "y = Transpose<perm=[1, 0]>(x)",
    "t = Reshape(x, to_6_m1); y = Transpose(t)",
    "h = Reshape(x, to_m1_3); y = ReduceMax(h, i1)",
    f"y = Reshape(x, to_{BATCH}_m1)",  # another number of rows would be cut elsewhere
    "y = Reshape<allowzero=1>(x, to_m1_6)",
    f"y = Expand(x, to_{BATCH}_6)",
    "y = Expand(x, to_2_1_6)",
    "y = Expand(x, to_6)",
    "y = Add(x, column)",
    "y = Where(chosen, x, x)",
    f"{ALONE}; y = Add(by_batch, c)",
    "y = Concat<axis=0>(x, x)",
    "y = Concat<axis=0>(one_row, x)",
    f"{ALONE}; y = Concat<axis=-1>(c, c)",
    "y = Flatten<axis=0>(x)",
    "y = Flatten<axis=-2>(x)",
    "y = Gemm<transB=1>(x, x)",
    "y = Gemm<transA=1>(x, x)",
    "y = Gemm<transA=1>(every, x)",
    "y = Gemm(x, weight, column)",
    "y = MatMul(by_batch, x)",
    "i = Cast<to=7>(x); y = Gather(row, i)",
    "n = Shape(x); m = Cast<to=1>(n); a = ReduceMax(m); y = Add(x, a)",
    f"{IMAGE}; m, i = MaxPool<kernel_shape=[1, 2]>(s); y = Cast<to=1>(i)",
    "y = Unsqueeze(x, i0)",
    f"{IMAGE}; y = Squeeze(s)",
    "y = Einsum<equation='ij,kj->ik'>(x, x)",
    f"{IMAGE}; y = Conv(s, s)",
    "y = Identity(row)",
]


def made(text: str, size: int | str = "size") -> bytes:
    """Return a front end whose ``size`` features are the value of the last node, flat."""
    nodes = [parser.parse_node(each.replace("'", '"')) for each in text.split("; ")]
    nodes.append(helper.make_node("Reshape", [nodes[-1].output[0], "to_0_m1"], ["scores"]))
    named = {name for node in nodes for name in node.input}
    constants = {name: value for name, value in CONSTANTS.items() if name in named}
    model = graphs.model(nodes, constants, rows=("batch", WIDTH), scores=("batch", size))
    return bytes(model.SerializeToString(deterministic=True))


def run(data: bytes, rows: np.ndarray) -> np.ndarray:
    return runtime.run(runtime.session(data), rows)


@pytest.mark.parametrize("text", APART)
def test_what_is_accepted_judges_each_row_by_itself(text: str) -> None:
    rows = np.random.default_rng(0).uniform(-1, 1, (BATCH, WIDTH)).astype(F)
    rows[:, 0] = np.linspace(
        -9, 9, BATCH
    )  # an outlier that any maximum, mean or norm would pass on
    size = run(made(text), rows).shape[1]
    data = made(text, size)
    assert check(data, where="frontend.onnx", form=FORM) == size
    whole = run(data, rows)
    order = np.random.default_rng(1).permutation(BATCH)
    np.testing.assert_allclose(run(data, rows[order]), whole[order], atol=1e-5)
    alone = np.concatenate([run(data, rows[i : i + 1]) for i in range(0, BATCH, 9)])
    np.testing.assert_allclose(alone, whole[::9], atol=1e-5)


@pytest.mark.parametrize("text", TOGETHER)
def test_what_may_mix_rows_is_refused(text: str) -> None:
    with pytest.raises(ReleaseError, match=r"may let rows of a batch reach|come from its rows"):
        check(made(text), where="frontend.onnx", form=FORM)


def test_every_operator_that_may_vote_is_tried_here() -> None:
    tried = {
        node.op_type for text in APART for node in onnx.load_from_string(made(text)).graph.node
    }
    only_constants = {"Constant", "ConstantOfShape", "Range", "Shape"}
    assert OPERATORS - tried - only_constants == {"Einsum", "ScatterND"}


def test_members_are_not_asked_for_it() -> None:
    """Their graphs are the learners' own; a retraining verifier holds them against the recipe."""
    model = graphs.ending(
        parser.parse_node("a = ReduceMax(mine, i1)"),
        parser.parse_node("scores = Sub(mine, a)"),
        i1=np.array([1]),
    )
    assert check(model.SerializeToString(), where="members", form=graphs.FORM) == graphs.CLASSES
