"""Exact products of integer matrices, on the fastest unit that keeps them exact."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch

#: Sums below these are exact in float32 and in int32, in whatever order they are added.
_EXACT_FLOAT32: Final = 1 << 24
_EXACT_INT32: Final = 1 << 31

#: Length of a sum from which int8 units win over float32 despite their set-up.
_LONG: Final = 256


def products(
    left: npt.NDArray[np.integer], right: npt.NDArray[np.integer], device: str
) -> torch.Tensor:
    """Return left.T @ right, (a, b), of integers (n, a) and (n, b), as float64 on ``device``.

    The entries are the exact integers whenever n * max|left| * max|right| < 2^53.
    """
    if not len(left):
        return torch.zeros((left.shape[1], right.shape[1]), dtype=torch.float64, device=device)
    bound = len(left) * _largest(left) * _largest(right)
    bytes_only = left.dtype == right.dtype == np.int8
    if device == "cpu" and bytes_only and len(left) >= _LONG and bound < _EXACT_INT32:
        # One column has any stride in NumPy, and this product believes the stride it is given.
        first = torch.empty(left.shape[::-1], dtype=torch.int8)
        first.copy_(torch.from_numpy(np.ascontiguousarray(left)).T)
        second = torch.from_numpy(np.ascontiguousarray(right))
        return torch._int_mm(first, second).double()  # noqa: SLF001 - torch's only int8 product
    kind = torch.float32 if bound < _EXACT_FLOAT32 else torch.float64
    one = torch.from_numpy(np.ascontiguousarray(left)).to(device, kind)
    other = torch.from_numpy(np.ascontiguousarray(right)).to(device, kind)
    return (one.T @ other).double()


def _largest(array: npt.NDArray[np.integer]) -> int:
    return max(1, int(array.max()), -int(array.min()))
