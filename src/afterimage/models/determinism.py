"""Torch without chance: the same seed, device and threads give the same bytes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from afterimage.contracts.errors import ConfigError


@contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """Use deterministic algorithms, and leave torch's global state as it was found.

    Parameters
    ----------
    device : torch.device
        Where the block computes.

    Raises
    ------
    ConfigError
        If a CUDA device is asked for and there is none.
    """
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            f"device '{device}' was asked for, and torch finds no CUDA device.",
            "Set the gpu resource to 0, or install a CUDA build of torch and its driver.",
        )
    # Read by cuBLAS when its first handle is made.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.get_deterministic_debug_mode()
    tuned = (torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32)
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        # Not use_deterministic_algorithms(): that imports the compiler, seconds of work.
        torch.set_deterministic_debug_mode("error")
        torch.backends.cudnn.benchmark = torch.backends.cudnn.allow_tf32 = False
        try:
            yield
        finally:
            torch.set_deterministic_debug_mode(before)
            torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = tuned
