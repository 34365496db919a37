"""The same sums in the same order: torch's settings for the duration of a block."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def deterministic() -> Iterator[None]:
    """Allow deterministic kernels in full single precision only, and put the settings back."""
    # Read by cuBLAS when its first handle is made; without it torch refuses matrix products.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = (
        torch.are_deterministic_algorithms_enabled(),
        _filling().fill_uninitialized_memory,
        torch.backends.cudnn.benchmark,
        torch.backends.cudnn.allow_tf32,
    )
    try:
        _set(True, False, False, False)
        yield
    finally:
        _set(*before)


def _filling() -> Any:
    return torch.utils.deterministic  # the attribute is made at run time, unseen by type checkers


def _set(algorithms: bool, fill: bool, benchmark: bool, tf32: bool) -> None:
    torch.use_deterministic_algorithms(algorithms)
    # Filling fresh memory costs time and changes nothing: no kernel here reads it unwritten.
    _filling().fill_uninitialized_memory = fill
    torch.backends.cudnn.benchmark = benchmark
    torch.backends.cudnn.allow_tf32 = tf32
