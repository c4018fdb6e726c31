"""Whether a graph judges each row by itself: nothing of one row of a batch reaches another.

All views of an input are in one batch. A front end that looked across it would show every member
what a mask hides, so hiding would prove nothing. No run can tell (what it looks for may be in no
listed input), so it is proved of the graph, operator by operator, and what is not known is refused.

Guarantee: each value is either made of constants alone, or has the batch as its first axis and, at
place i of that axis, is a function of row i alone, the same for every place and size of batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import onnx
from onnx import helper

Shape = tuple[int, ...]


class Mixed(Exception):  # noqa: N818 - what it says of a graph, caught where graphs are judged
    """Rows of a batch may reach each other, as far as is known; the text says where."""


class Rows:
    """The values of a graph so far that have a batch, of ``size`` rows."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._batched = {"x"}

    def __contains__(self, name: str) -> bool:
        return name in self._batched

    def add(
        self, node: onnx.NodeProto, shapes: Mapping[str, Shape], known: Mapping[str, Sequence[int]]
    ) -> None:
        """Judge a node; raise Mixed unless it keeps rows apart.

        ``shapes`` are those of all its values for a batch of this size, ``known`` the numbers of
        those inputs that are known integers.
        """
        if not any(name in self for name in node.input):
            return
        made = [name for name in node.output if name]
        step = _Step(
            options={each.name: helper.get_attribute_value(each) for each in node.attribute},
            inputs=[name for name in node.input if name],
            shapes=shapes,
            batched=[name for name in node.input if name in self],
            made=shapes[made[0]],
            outputs=len(made),
            numbers=[known.get(name, ()) for name in node.input],
        )
        apart = _JUDGES.get(node.op_type)
        whole = all(shapes[name][:1] == (self._size,) for name in made)
        if apart is None or not whole or not apart(step):
            message = f"{node.op_type} {node.name[:80]!r} may let rows of a batch reach each other"
            raise Mixed(message)
        self._batched.update(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A node that reads a batch: ``made`` is the shape of the first of its ``outputs``."""

    options: Mapping[str, Any]
    inputs: Sequence[str]
    shapes: Mapping[str, Shape]
    batched: Sequence[str]
    made: Shape
    outputs: int
    numbers: Sequence[Sequence[int]]  # of each input; () where they are not known

    @property
    def shape(self) -> Shape:
        """The shape of the first input."""
        return self.shapes[self.inputs[0]]

    def numbers_of(self, place: int) -> Sequence[int]:
        """Return the numbers of an input, () for one that is not there."""
        return self.numbers[place] if place < len(self.numbers) else ()

    def first_alone(self) -> bool:
        """Whether the batch comes in first, and all that says how is constant."""
        return list(self.batched) == list(self.inputs[:1])

    def axis(self, default: int | None) -> int:
        """Return the option ``axis``, counted from 0; -1 where there is none."""
        axis = self.options.get("axis", default)
        return axis % len(self.shape) if isinstance(axis, int) else -1


_Judge = Callable[[_Step], bool]


def _number_by_number(step: _Step) -> bool:
    """Inputs are spread to one shape: the batch stays in front, a constant has one row for all."""
    return all(
        len(shape) == len(step.made)
        if name in step.batched
        else len(shape) < len(step.made) or shape[0] == 1
        for name in step.inputs
        for shape in [step.shapes[name]]
    )


def _by_example(step: _Step) -> bool:
    """Convolutions, pools and norms; the second output of MaxPool counts through the batch."""
    return step.first_alone() and step.outputs == 1 and not step.options.get("training_mode", 0)


def _along(default: int) -> _Judge:
    """Judge what works along the one axis of an option."""
    return lambda step: step.first_alone() and step.axis(default) > 0


def _along_numbers(place: int) -> _Judge:
    """Judge what works along the axes that an input names."""

    def judge(step: _Step) -> bool:
        axes, rank = step.numbers_of(place), max(len(step.shape), len(step.made))
        return step.first_alone() and bool(axes) and all(axis % rank > 0 for axis in axes)

    return judge


def _concat(step: _Step) -> bool:
    return list(step.batched) == list(step.inputs) and step.axis(None) > 0


def _expand(step: _Step) -> bool:
    wanted = step.numbers_of(1)
    same = len(wanted) == len(step.made) == len(step.shape)
    return step.first_alone() and same and wanted[0] == 1


def _gemm(step: _Step) -> bool:
    biases = [step.shapes[name] for name in step.inputs[2:]]
    for_all = all(len(shape) < 2 or shape[0] == 1 for shape in biases)
    return step.first_alone() and not step.options.get("transA", 0) and for_all


def _grid_sample(step: _Step) -> bool:
    return list(step.batched) == list(step.inputs)


def _matmul(step: _Step) -> bool:
    """Matrices by the batch (3 axes or more), or each row by one constant matrix."""
    left, right = (len(step.shapes[name]) for name in step.inputs)
    if list(step.batched) == list(step.inputs):
        return left == right >= 3
    return left >= 2 >= right if step.first_alone() else left <= 2 < right


def _pad(step: _Step) -> bool:
    """Amounts before and after each axis, of all axes."""
    amounts, rank = step.numbers_of(1), len(step.shape)
    known = len(amounts) == 2 * rank and len(step.numbers) < 4
    return step.first_alone() and known and amounts[0] == amounts[rank] == 0


def _reshape(step: _Step) -> bool:
    """To as many rows as there are, however many; 0 copies a size and one -1 takes what is left."""
    wanted = list(step.numbers_of(1))
    as_many = wanted[:1] == [0] or (wanted[:1] == [-1] and -1 not in wanted[1:])
    same = math.prod(step.made[1:]) == math.prod(step.shape[1:])
    return step.first_alone() and as_many and same and not step.options.get("allowzero", 0)


def _transpose(step: _Step) -> bool:
    return list(step.options.get("perm", ()))[:1] == [0]


def _judges(names: str, judge: _Judge) -> dict[str, _Judge]:
    return dict.fromkeys(names.split(), judge)


_ONE_FOR_ONE: Final = """
    Abs Cast Celu Elu Erf Exp HardSigmoid HardSwish Identity LeakyRelu Log Neg Not Relu Round Selu
    Sigmoid Softplus Sqrt Tanh
    Add Clip Div Equal Greater Less Max Min Mod Mul Or PRelu Pow Sub Where
"""
_BY_EXAMPLE: Final = """
    AveragePool BatchNormalization Conv GlobalAveragePool InstanceNormalization MaxPool
"""
_REDUCING: Final = "ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceSum Squeeze Unsqueeze"

#: What is known of operators; any other is refused.
_JUDGES: Final[Mapping[str, _Judge]] = {
    **_judges(_ONE_FOR_ONE, _number_by_number),
    **_judges(_BY_EXAMPLE, _by_example),
    **_judges("LayerNormalization LogSoftmax Softmax TopK", _along(-1)),
    **_judges("Gather Split", _along(0)),
    "Flatten": lambda step: step.axis(1) == 1,
    **_judges(_REDUCING, _along_numbers(1)),
    "Slice": _along_numbers(3),
    "Concat": _concat,
    "Expand": _expand,
    "Gemm": _gemm,
    "GridSample": _grid_sample,
    "MatMul": _matmul,
    "Pad": _pad,
    "Reshape": _reshape,
    "Transpose": _transpose,
}
