"""Torch made reproducible: one thread, deterministic kernels, one instruction set, no TF32."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils import deterministic as memory

#: cuBLAS chooses the same kernels only with a fixed workspace; read when CUDA starts.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

#: MKL's products, left alone, depend on where in memory a matrix starts (seen on AMD processors),
#: so on a member's place among others. One code path for all with AVX2; read at the first product.
os.environ.setdefault("MKL_CBWR", "AVX2")


@contextmanager
def deterministic() -> Iterator[None]:
    """Run the body with every setting that could change a bit fixed, and restore them after.

    One thread, because the order of a sum depends on how it was split between threads.
    """
    threads = torch.get_num_threads()
    algorithms = torch.are_deterministic_algorithms_enabled()
    cudnn = torch.backends.cudnn
    filled = memory.fill_uninitialized_memory  # type: ignore[attr-defined]
    saved = (cudnn.benchmark, cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    # Our kernels write all they read; filling memory first would only cost time.
    memory.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    cudnn.benchmark, cudnn.allow_tf32 = False, False
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(mode=algorithms)
        memory.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
        cudnn.benchmark, cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = saved


def lacks_kernel(error: Exception) -> bool:
    """Whether PyTorch said that an operation has no deterministic kernel, whatever the data."""
    return isinstance(error, RuntimeError) and "use_deterministic_algorithms" in str(error)
