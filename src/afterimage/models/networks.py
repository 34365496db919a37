"""Layers of the small networks."""

import torch
from torch import nn


class SkipMlp(nn.Module):
    """A linear path plus a hidden layer: y = A d(x) + B LayerNorm(d(GELU(C d(x)))).

    ``d`` is dropout. The linear path alone is a linear decoder; the hidden layer adds what is
    not linear.

    Parameters
    ----------
    inputs, hidden, outputs : int
        Widths.
    dropout : float
        Of inputs and hidden units.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.skip = nn.Linear(inputs, outputs)
        self.hidden = nn.Linear(inputs, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map inputs (n, inputs) to outputs (n, outputs)."""
        x = self.dropout(x)
        hidden = self.norm(self.dropout(nn.functional.gelu(self.hidden(x))))
        return self.skip(x) + self.out(hidden)


class Temperature(nn.Module):
    """A learnt factor on similarities, exp(s), at most 100.

    Parameters
    ----------
    temperature : float
        The first value of 1 / exp(s).
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(-torch.log(torch.tensor([temperature])))

    def forward(self, similarities: torch.Tensor) -> torch.Tensor:
        """Scale cosine similarities to logits."""
        return similarities * self.log_scale.exp().clamp(max=100.0)
