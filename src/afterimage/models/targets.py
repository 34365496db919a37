"""Transforms of targets, fitted after the split on training stimuli only."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from pydantic import TypeAdapter

from afterimage.contracts.config import transforms
from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ConfigError
from afterimage.models.checks import require_finite, require_rows
from afterimage.models.flat import flattened


class TargetTransform(Protocol):
    """Maps values of shape (n, *shape) to targets (n, k) and back."""

    width: int

    def fit(self, values: np.ndarray) -> Self:
        """Learn from the values of training stimuli, shape (n, *shape)."""
        ...

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Return targets, float32, shape (n, k)."""
        ...

    def inverse(self, targets: np.ndarray) -> np.ndarray:
        """Return values, float32, shape (n, *shape), of targets (n, k)."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that was fitted."""
        ...

    def restore(self, tensors: Mapping[str, np.ndarray]) -> Self:
        """Take over a state."""
        ...


class NoTransform:
    """Flattens, nothing else."""

    Config: ClassVar[type[Entry]] = transforms.NoTransform

    def __init__(self, config: transforms.NoTransform) -> None:
        self.shape: tuple[int, ...] = ()
        self.width = 0

    def fit(self, values: np.ndarray) -> Self:
        """Remember the shape."""
        return self._shaped(values.shape[1:])

    def _shaped(self, shape: tuple[int, ...]) -> Self:
        self.shape = shape
        self.width = int(np.prod(shape, dtype=np.int64))
        return self

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Return flattened values."""
        return flattened(values).astype(np.float32)

    def inverse(self, targets: np.ndarray) -> np.ndarray:
        """Return the values in their shape."""
        return targets.reshape(len(targets), *self.shape).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return the shape."""
        return {"shape": np.array(self.shape, dtype=np.int64)}

    def restore(self, tensors: Mapping[str, np.ndarray]) -> Self:
        """Take over a state."""
        return self._shaped(tuple(int(size) for size in tensors["shape"]))


class Standardise:
    """Mean 0 and deviation 1 over training stimuli; constant values become 0."""

    Config: ClassVar[type[Entry]] = transforms.Standardise

    def __init__(self, config: transforms.Standardise) -> None:
        self.shape: tuple[int, ...] = ()
        self.width = 0
        self.mean = self.sd = np.zeros(0)

    def fit(self, values: np.ndarray) -> Self:
        """Learn mean and deviation of each value."""
        require_rows(len(values), "target transform 'standardise'")
        flat = _flat(values)
        sd = flat.std(axis=0)
        sd = np.where(sd > 1e-6 * np.abs(flat.mean(axis=0)), sd, 0.0)
        return self._take(flat.mean(axis=0), sd, values.shape[1:])

    def _take(self, mean: np.ndarray, sd: np.ndarray, shape: tuple[int, ...]) -> Self:
        self.mean, self.sd, self.shape, self.width = mean, sd, shape, len(mean)
        return self

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Return (values - mean) / sd."""
        varies = self.sd > 0
        gain = np.where(varies, 1.0 / np.where(varies, self.sd, 1.0), 0.0)
        return ((_flat(values) - self.mean) * gain).astype(np.float32)

    def inverse(self, targets: np.ndarray) -> np.ndarray:
        """Return targets * sd + mean, in the shape of the values."""
        flat = targets.astype(np.float64) * self.sd + self.mean
        return flat.reshape(len(targets), *self.shape).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return mean, deviation and shape."""
        return {"mean": self.mean, "sd": self.sd, "shape": np.array(self.shape, dtype=np.int64)}

    def restore(self, tensors: Mapping[str, np.ndarray]) -> Self:
        """Take over a state."""
        shape = tuple(int(size) for size in tensors["shape"])
        return self._take(tensors["mean"], tensors["sd"], shape)


class Pca:
    """Principal components of training stimuli, with signs that do not depend on the solver.

    Maximises the variance over training stimuli of z = (values - mean) @ components.T with
    orthonormal components; the largest entry of each component is positive.

    References
    ----------
    Sirovich & Kirby (1987), J. Opt. Soc. Am. A 4, for the Gram matrix of n pictures (n < p).
    """

    Config: ClassVar[type[Entry]] = transforms.Pca

    def __init__(self, config: transforms.Pca) -> None:
        self.config = config
        self.shape: tuple[int, ...] = ()
        self.width = config.n_components
        self.mean = self.sd = np.zeros(0)
        self.components = np.zeros((0, 0))
        self.explained = 0.0

    def fit(self, values: np.ndarray) -> Self:
        """Learn mean and components from values (n, *shape).

        Raises
        ------
        ConfigError
            If there are fewer dimensions of variation than components.
        """
        require_rows(len(values), "target transform 'pca'")
        flat = _flat(values)
        self.mean, self.shape = flat.mean(axis=0), values.shape[1:]
        centred = flat - self.mean
        variances, components = principal_components(centred)
        k = self.width
        possible = int((variances > 1e-12 * max(variances[0], 1e-300)).sum())
        if k > possible:
            raise ConfigError(
                f"pca: n_components = {k}, but {len(flat)} training stimuli vary in only "
                f"{possible} dimensions.",
                f"Choose n_components <= {possible}.",
            )
        # Rounded as in the file, so that a restored transform gives the same bytes.
        self.components = components[:k].astype(np.float32).astype(np.float64)
        self.sd = np.sqrt(variances[:k]) if self.config.whiten else np.ones(k)
        self.explained = float(variances[:k].sum() / variances.sum())
        return self

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Return component scores, shape (n, k)."""
        return ((_flat(values) - self.mean) @ self.components.T / self.sd).astype(np.float32)

    def inverse(self, targets: np.ndarray) -> np.ndarray:
        """Return the values that the scores stand for, in the shape of the values."""
        flat = (targets.astype(np.float64) * self.sd) @ self.components + self.mean
        return flat.reshape(len(targets), *self.shape).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return mean, components (float32), scale, shape and the explained share of variance."""
        return {
            "mean": self.mean,
            "components": self.components.astype(np.float32),
            "sd": self.sd,
            "shape": np.array(self.shape, dtype=np.int64),
            "explained": np.array([self.explained]),
        }

    def restore(self, tensors: Mapping[str, np.ndarray]) -> Self:
        """Take over a state."""
        self.mean, self.sd = tensors["mean"], tensors["sd"]
        self.components = tensors["components"].astype(np.float64)
        self.shape = tuple(int(size) for size in tensors["shape"])
        self.explained = float(tensors["explained"][0])
        return self


def principal_components(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all variances, descending, and orthonormal components in rows.

    Parameters
    ----------
    centred : ndarray of float64, shape (n, p)
        Columns have mean 0.

    Returns
    -------
    tuple of ndarray, shapes (k,) and (k, p), k = min(n - 1, p)
        Components of zero variance are zero.
    """
    n, p = centred.shape
    k = min(n - 1, p)
    if n <= p:
        values, vectors = np.linalg.eigh(centred @ centred.T)
        values, vectors = values[::-1][:k], vectors[:, ::-1][:, :k]
        length = np.sqrt(np.maximum(values, 0.0))
        kept = length > 1e-7 * max(length[0], 1e-150) if k else length > 0
        components = (vectors.T @ centred) / np.where(kept, length, 1.0)[:, None]
        components[~kept] = 0.0
    else:
        values, vectors = np.linalg.eigh(centred.T @ centred)
        values, components = values[::-1][:k], vectors[:, ::-1][:, :k].T
    peak = np.abs(components).argmax(axis=1)
    signs = np.where(components[np.arange(len(components)), peak] < 0, -1.0, 1.0)
    return np.maximum(values, 0.0) / n, components * signs[:, None]


def _flat(values: np.ndarray) -> np.ndarray:
    flat = flattened(values).astype(np.float64)
    require_finite(flat, "target transform, values of stimuli")
    return flat


TRANSFORMS: dict[str, Any] = {"none": NoTransform, "standardise": Standardise, "pca": Pca}


def make_transform(config: Mapping[str, Any]) -> TargetTransform:
    """Make the unfitted transform that a plain dictionary of the configuration describes.

    Parameters
    ----------
    config : mapping
        ``{"name": "none" | "standardise" | "pca", ...}``.
    """
    entry: Any = TypeAdapter(transforms.Transform).validate_python(dict(config))
    transform: TargetTransform = TRANSFORMS[entry.name](entry)
    return transform
