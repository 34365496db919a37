"""One row per item, whatever its shape."""

import math

import numpy as np


def flattened(values: np.ndarray) -> np.ndarray:
    """Return values (n, *shape) as (n, product of shape); n may be 0."""
    return values.reshape(len(values), math.prod(values.shape[1:]))
