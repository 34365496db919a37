"""Networks and optimisers as plain arrays, for files that hold no code."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn


def parameters_of(network: nn.Module) -> dict[str, np.ndarray]:
    """Copy a network's parameters and buffers to arrays."""
    return {k: v.detach().cpu().numpy().copy() for k, v in network.state_dict().items()}


def load_parameters(network: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Copy arrays into a network, wherever it lies."""
    network.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in arrays.items()})


def moments_of(optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """Copy what an optimiser remembers of each parameter to arrays.

    Returns
    -------
    dict of str to ndarray
        ``<number of the parameter>/<name>``, of Adam ``step``, ``exp_avg`` and ``exp_avg_sq``.
        Settings (rates, decay) are not among them: they belong to the configuration.
    """
    return {
        f"{number}/{name}": value.detach().cpu().numpy().copy()
        for number, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }


def load_moments(optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    """Take over :func:`moments_of` an optimiser of the same parameters; settings stay."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, array in arrays.items():
        number, name = key.split("/")
        # Files hold no scalars: a step comes back with one dimension.
        shape = () if name == "step" else array.shape
        state.setdefault(int(number), {})[name] = torch.from_numpy(np.array(array)).reshape(shape)
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
