"""Graphs with one number for each example of each member, in float32 or float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from auditor.learners.graphs import GraphBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A graph in the making, with one number for each example of each member.

    Their shape is (batch, members * slots), then (batch, members, slots), where all members read
    the same rows (``shared``), and (members, batch, slots) where each reads its own.
    """

    builder: GraphBuilder
    double: bool
    members: int
    slots: int
    shared: bool

    def cast(self, value: str) -> str:
        """Return a float32 value in the graph's own precision."""
        return self.builder.op("Cast", value, to=TensorProto.DOUBLE) if self.double else value

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """Add whole numbers in the graph's own precision."""
        return self.builder.constant(name, value, np.float64 if self.double else np.float32)

    def columns(self, name: str, rows: int) -> str:
        """Add the members' arrays (rows, slots), to be multiplied from the left."""
        if not self.shared:
            return self.cast(self.builder.parameter(name, (self.members, rows, self.slots)))
        shape = (rows, self.members * self.slots)
        return self.cast(self.builder.parameter(name, shape, axis=1))

    def numbers(self, name: str) -> str:
        """Add the members' arrays (1, slots), to be added to what is split by member."""
        own = (self.slots,) if self.shared else (1, self.slots)
        return self.cast(self.builder.parameter(name, (self.members, *own)))

    def sum(self, value: str, axis: int) -> str:
        """Return the sums along an axis, counted from the end, which stays."""
        name = self.builder.constant(f"axis{-axis}", [axis], np.int64)
        return self.builder.op("ReduceSum", value, name, keepdims=1)

    def a_row(self, value: str) -> str:
        """Return each row's sum, to be added to the numbers of all examples."""
        total = self.sum(value, -1)
        if not self.shared:
            return total
        axis = self.builder.constant("member_axis", [1], np.int64)
        return self.builder.op("Unsqueeze", total, axis)

    def by_member(self, value: str) -> str:
        """Give the members an axis of their own."""
        if not self.shared:
            return value
        return self.builder.reshape(value, (0, self.members, self.slots))
