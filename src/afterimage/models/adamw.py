"""AdamW without ``torch.optim``, whose first optimiser imports the compiler: seven seconds."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class AdamW:
    """Adam with decoupled weight decay; only matrices decay, not offsets, scales, temperatures.

    Parameters
    ----------
    parameters : sequence of torch.nn.Parameter
    learning_rate, weight_decay : float

    References
    ----------
    Loshchilov & Hutter (2019), arXiv:1711.05101, algorithm 2.
    """

    def __init__(
        self, parameters: Sequence[nn.Parameter], learning_rate: float, weight_decay: float
    ) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.steps = 0
        self._first = [torch.zeros_like(weight) for weight in self.parameters]
        self._second = [torch.zeros_like(weight) for weight in self.parameters]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for weight in self.parameters:
            weight.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        self.steps += 1
        corrections = [1 - beta**self.steps for beta in BETAS]
        for weight, first, second in zip(self.parameters, self._first, self._second, strict=True):
            if weight.grad is None:
                continue
            if weight.ndim > 1:
                weight.mul_(1 - self.learning_rate * self.weight_decay)
            first.lerp_(weight.grad, 1 - BETAS[0])
            second.mul_(BETAS[1]).addcmul_(weight.grad, weight.grad, value=1 - BETAS[1])
            size = (second.sqrt() / corrections[1] ** 0.5).add_(EPSILON)
            weight.addcdiv_(first, size, value=-self.learning_rate / corrections[0])

    def state(self) -> dict[str, np.ndarray]:
        """Return the number of steps and both moments of every parameter."""
        arrays = {"steps": np.array([self.steps])}
        for index, (first, second) in enumerate(zip(self._first, self._second, strict=True)):
            arrays[f"first/{index}"] = first.cpu().numpy().copy()
            arrays[f"second/{index}"] = second.cpu().numpy().copy()
        return arrays

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over a state."""
        self.steps = int(arrays["steps"][0])
        for index, (first, second) in enumerate(zip(self._first, self._second, strict=True)):
            first.copy_(torch.from_numpy(np.array(arrays[f"first/{index}"])))
            second.copy_(torch.from_numpy(np.array(arrays[f"second/{index}"])))
