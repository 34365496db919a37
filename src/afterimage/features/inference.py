"""How pretrained networks are run: without gradients, in float32, a few inputs at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

# Rows per forward pass, whatever the caller's batch: a model's activations are large.
FORWARD_ROWS = 32


@contextmanager
def exact_inference() -> Iterator[None]:
    """Run without gradients, deterministically and in full float32.

    TF32 would cost three decimals on a GPU, and its convolutions are on by default.
    """
    import torch

    exact = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    with torch.inference_mode(), exact:
        yield


def in_parts(
    items: Sequence[Any], shape: tuple[int, ...], forward: Callable[[Any], "Tensor"]
) -> np.ndarray:
    """Pass items through a network, a few at a time.

    Parameters
    ----------
    items : sequence
    shape : tuple of int
        Of the result for one item.
    forward : callable
        From a slice of the items to a tensor, shape (k, *shape).

    Returns
    -------
    ndarray of float32, shape (n, *shape)
    """
    values = np.empty((len(items), *shape), dtype=np.float32)
    for start in range(0, len(items), FORWARD_ROWS):
        rows = slice(start, start + FORWARD_ROWS)
        values[rows] = forward(items[rows]).cpu().numpy()
    return values
