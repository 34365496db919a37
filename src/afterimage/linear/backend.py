"""Where arrays live and who multiplies them: NumPy, or PyTorch on a processor or a CUDA device.

The two share their operators, so the engine is written once. What they call by different names, or
do better in their own way, is here.
"""

import importlib.util
import resource
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from afterimage.contracts.errors import ConfigError

# An ndarray or a tensor, whichever the backend makes.
Array = Any

# Smaller problems do not pay for importing PyTorch.
TORCH_FROM = 1024
AT_ONCE = 1024


class Backend(Protocol):
    """What the engine needs beyond operators and indexing."""

    name: str

    def put(self, values: np.ndarray, dtype: str) -> Array:
        """Return values on the device; they may share memory."""
        ...

    def get(self, values: Array) -> np.ndarray:
        """Return an array of the device as NumPy's; they may share memory."""
        ...

    def zeros(self, shape: tuple[int, ...], dtype: str) -> Array:
        """Return zeros on the device."""
        ...

    def cast(self, values: Array, dtype: str) -> Array:
        """Return values in another precision; themselves if they have it."""
        ...

    def spend(self, values: Array, dtype: str) -> Array:
        """Return values in another precision, and free what they took: they are gone."""
        ...

    def eigh(self, lower: Array) -> tuple[np.ndarray, Array]:
        """Return eigenvalues (float64, ascending) and eigenvectors; the matrix is destroyed.

        Parameters
        ----------
        lower : array, shape (m, m)
            Symmetric; only the lower triangle is read.
        """
        ...

    def inverse(self, squares: Array) -> Array:
        """Invert a stack of matrices, (k, s, s)."""
        ...

    def dots(self, left: Array, right: Array) -> np.ndarray:
        """Return the sum of products of each pair of columns, in float64."""
        ...

    def free(self) -> int:
        """Return the bytes that may still be taken."""
        ...


class NumpyBackend:
    """NumPy and SciPy."""

    name = "numpy"

    def put(self, values: np.ndarray, dtype: str) -> Array:
        """Return values on the device."""
        return np.ascontiguousarray(values, dtype=dtype)

    def get(self, values: Array) -> np.ndarray:
        """Return an array as NumPy's."""
        return np.asarray(values)

    def zeros(self, shape: tuple[int, ...], dtype: str) -> Array:
        """Return zeros."""
        return np.zeros(shape, dtype=dtype)

    def cast(self, values: Array, dtype: str) -> Array:
        """Return values in another precision."""
        return values.astype(dtype, copy=False)

    def spend(self, values: Array, dtype: str) -> Array:
        """Return values in another precision, and free what they took."""
        if values.dtype == dtype:
            return values
        made = values.astype(dtype)
        if values.base is None:
            values.resize((0, 0), refcheck=False)
        return made

    def eigh(self, lower: Array) -> tuple[np.ndarray, Array]:
        """Return eigenvalues and eigenvectors."""
        return scipy_eigh(lower)

    def inverse(self, squares: Array) -> Array:
        """Invert a stack of matrices."""
        return np.linalg.inv(squares)

    def dots(self, left: Array, right: Array) -> np.ndarray:
        """Return the sum of products of each pair of columns."""
        sums: np.ndarray = np.einsum("ij,ij->j", left, right, dtype=np.float64)
        return sums

    def free(self) -> int:
        """Return the bytes that may still be taken."""
        return free_bytes()


class TorchBackend:
    """PyTorch.

    Parameters
    ----------
    device : str
        "cpu", "cuda" or "cuda:N".
    tf32 : bool
        Whether products may round their factors to TF32.
    """

    def __init__(self, device: str, *, tf32: bool = False) -> None:
        import torch

        torch.backends.cuda.matmul.allow_tf32 = tf32

        self._torch = torch
        self._device = torch.device(device)
        self.name = f"torch, {device}"

    def put(self, values: np.ndarray, dtype: str) -> Array:
        """Return values on the device."""
        tensor = self._torch.from_numpy(np.ascontiguousarray(values))
        return tensor.to(self._device, getattr(self._torch, dtype))

    def get(self, values: Array) -> np.ndarray:
        """Return an array as NumPy's."""
        array: np.ndarray = values.cpu().numpy()
        return array

    def zeros(self, shape: tuple[int, ...], dtype: str) -> Array:
        """Return zeros."""
        return self._torch.zeros(shape, dtype=getattr(self._torch, dtype), device=self._device)

    def cast(self, values: Array, dtype: str) -> Array:
        """Return values in another precision."""
        return values.to(getattr(self._torch, dtype))

    def spend(self, values: Array, dtype: str) -> Array:
        """Return values in another precision, and free what they took."""
        made = self.cast(values, dtype)
        if made is not values and values.untyped_storage().resizable():
            values.untyped_storage().resize_(0)
        return made

    def eigh(self, lower: Array) -> tuple[np.ndarray, Array]:
        """Return eigenvalues and eigenvectors."""
        torch = self._torch
        if lower.dtype == torch.float64 and self._device.type == "cpu":
            values, vectors = scipy_eigh(lower.numpy())
            return values, torch.from_numpy(vectors)
        found, vectors = torch.linalg.eigh(lower)
        return np.maximum(self.get(found.double()), 0.0), vectors

    def inverse(self, squares: Array) -> Array:
        """Invert a stack of matrices."""
        return self._torch.linalg.inv(squares)

    def dots(self, left: Array, right: Array) -> np.ndarray:
        """Return the sum of products of each pair of columns."""
        parts = zip(left.split(AT_ONCE, dim=1), right.split(AT_ONCE, dim=1), strict=True)
        sums = [(a * b).sum(0, dtype=self._torch.float64) for a, b in parts]
        return self.get(self._torch.cat(sums))

    def free(self) -> int:
        """Return the bytes that may still be taken."""
        if self._device.type == "cpu":
            return free_bytes()
        return int(self._torch.cuda.mem_get_info(self._device)[0])


def free_bytes() -> int:
    """Return the memory that this process may still take on this machine.

    The least of what the kernel calls available and what the process's own limit leaves
    (``ulimit -v``); practically unlimited where neither is told.
    """
    free = [1 << 62]
    told = Path("/proc/meminfo")
    if told.exists():
        lines = dict(line.split(":", 1) for line in told.read_text().splitlines())
        free.append(int(lines["MemAvailable"].split()[0]) << 10)
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        free.append(max(0, limit - pages * resource.getpagesize()))
    return min(free)


def scipy_eigh(lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Decompose a symmetric matrix in its own memory; eigenvalues are not below zero."""
    from scipy.linalg import eigh

    # LAPACK works in place on columns: the transpose of what lies in rows.
    values, vectors = eigh(lower.T, lower=False, driver="evd", overwrite_a=True, check_finite=False)
    return np.maximum(values.astype(np.float64), 0.0), vectors


def backend_for(device: str, size: int, dtype: str, *, tf32: bool = False) -> Backend:
    """Choose who multiplies: NumPy for small problems and float64, otherwise PyTorch.

    Parameters
    ----------
    device : str
        "cpu", "cuda" or "cuda:N".
    size : int
        Of the matrix that is decomposed.
    dtype : str
    tf32 : bool
        Only where there is a CUDA device.

    Raises
    ------
    ConfigError
        If the device is not there, or has no TF32.
    """
    if tf32 and device == "cpu":
        raise ConfigError(
            "tf32: expected false on a processor, which has no TF32. Found: true.",
            "Leave it out, or ask for device: cuda.",
        )
    if device == "cpu":
        # In float32 PyTorch's decomposition is faster; in float64 SciPy's is.
        return NumpyBackend() if size < TORCH_FROM or dtype == "float64" else TorchBackend(device)
    if importlib.util.find_spec("torch") is not None:
        import torch

        if device.split(":")[0] == "cuda" and torch.cuda.is_available():
            return TorchBackend(device, tf32=tf32)
    raise ConfigError(
        f"device: expected 'cpu', or 'cuda' where there is a CUDA device. Found: '{device}'.",
        "Ask for device: cpu, or run where a GPU is visible (nvidia-smi lists it).",
    )
