"""What folds with decompositions of their own share: shrinking, penalty by penalty."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from afterimage.linear.backend import Array
from afterimage.linear.decomposition import Decomposition
from afterimage.linear.held_out import Batch, Piece

# Where a grid spans no more, decompositions in float32 change scores by 1e-5 in the primal and 1e-4
# in the dual. No weights are solved with them: they may be coarser than the one of all rows.
FLOAT32_RANGE = 4000.0


class OwnFolds:
    """A decomposition per fold.

    Parameters
    ----------
    made : Decomposition
        Of all rows: what is common to the folds.
    grid : ndarray, shape (a,)
        Penalties.
    """

    needs_values = True
    # Targets are projected for all penalties at once.
    one_by_one = False

    def __init__(self, made: Decomposition, grid: np.ndarray) -> None:
        self._backend, self._dtype, self._intercept = made.backend, made.dtype, made.intercept
        self._grid = grid
        wide = made.eigenvalues.max(initial=0) > FLOAT32_RANGE * grid[0]
        self._exact = "float64" if wide else made.dtype
        self._last: tuple[Batch, list[Any]] | None = None

    def _kept(self, batch: Batch, make: Callable[[], list[Any]]) -> list[Any]:
        """Return what a batch needs, made once and kept until the next one."""
        if self._last is None or self._last[0] is not batch:
            self._last = batch, make()
        return self._last[1]

    def _pieces(
        self,
        rows: np.ndarray,
        eigenvalues: np.ndarray,
        coordinates: Array,
        projected: Array,
        out: Array,
        wanted: np.ndarray,
        columns: slice | np.ndarray,
    ) -> Iterator[Piece]:
        """Yield the residuals of one fold.

        Parameters
        ----------
        rows : ndarray of int, shape (k,)
            Those that are left out.
        eigenvalues : ndarray, shape (r,)
            Of the training rows.
        coordinates : array, shape (k, r)
            Of the left-out rows.
        projected : array, shape (r, columns)
            Coordinates of the training targets.
        out : array, shape (k, columns)
            Left-out targets, without the mean of the training targets.
        wanted : ndarray of bool, shape (a, q)
        columns : slice or ndarray of int
        """
        for place, own, named in self._asked(wanted, columns):
            shrink = self._shrink(eigenvalues, place)
            residuals = out[:, own] - (coordinates * shrink) @ projected[:, own]
            yield Piece(rows[None], place, named, residuals)

    def _asked(
        self, wanted: np.ndarray, columns: slice | np.ndarray
    ) -> Iterator[tuple[int, slice | np.ndarray, slice | np.ndarray]]:
        """Yield each penalty that some of these targets want, who among them, and of the batch."""
        places = np.arange(wanted.shape[1])[columns]
        for place in np.flatnonzero(wanted[:, columns].any(axis=1)):
            some = wanted[place, columns]
            if some.all():
                yield int(place), slice(None), columns
            else:
                yield int(place), np.flatnonzero(some), places[some]

    def _shrink(self, eigenvalues: np.ndarray, place: int) -> Array:
        return self._backend.put(1 / (eigenvalues + self._grid[place]), self._dtype)
