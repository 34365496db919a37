"""Left-out rows from one decomposition of all rows.

Where all folds share the scaling of the inputs, one eigendecomposition serves them: with the hat
matrix H of the fit to all rows, intercept included, the residuals of a fit without the fold f are
(I - H_ff)^-1 (Y - H Y)_f.

References
----------
Cook & Weisberg (1982), Residuals and Influence in Regression, section 3.6;
Golub, Heath & Wahba (1979), Technometrics 21, for folds of one row.
"""

from collections.abc import Iterator

import numpy as np

from afterimage.linear.backend import Array
from afterimage.linear.decomposition import Decomposition
from afterimage.linear.folds import layout_of
from afterimage.linear.held_out import Batch, Errors, Piece, chunks, squared
from afterimage.linear.quadratic import add_squares, quadratic

# Rows of small folds that are solved together.
PANEL = 1024
# Targets per row from which a form, which costs a product of n x n matrices, saves more than that.
FORM_FROM = 1.5


class SharedScaling:
    """Folds of inputs that are scaled alike in all of them.

    Parameters
    ----------
    decomposition : Decomposition
        Of all rows.
    folds : ndarray of int, shape (n,)
    grid : ndarray, shape (a,)
        Penalties.
    """

    one_by_one = True

    def __init__(self, decomposition: Decomposition, folds: np.ndarray, grid: np.ndarray) -> None:
        self.needs_values = not decomposition.dual
        self._decomposition = decomposition
        self._grid = grid
        self._panels: list[np.ndarray] = []
        for rows in layout_of(folds):
            size = max(1, PANEL // rows.shape[1])
            self._panels += [rows[start : start + size] for start in range(0, len(rows), size)]
        self._rows = decomposition.rows()

    def residuals(self, batch: Batch, wanted: np.ndarray) -> Iterator[Piece]:
        """Yield residuals of left-out rows: in the dual, one product per penalty."""
        for place in np.flatnonzero(wanted.any(axis=1)):
            yield from self._pieces(batch, int(place), wanted[place])

    def squared_errors(self, batch: Batch, wanted: np.ndarray) -> Iterator[Errors]:
        """Yield squared errors: of many targets by half of a product per penalty.

        With residuals T C of coordinates C, the error of a target is c' (T' T) c: the form is made
        once for all of them.
        """
        made = self._decomposition
        for place in map(int, np.flatnonzero(wanted.any(axis=1))):
            if not made.dual or wanted[place].sum() <= FORM_FROM * made.n:
                yield from squared(made.backend, self._pieces(batch, place, wanted[place]))
                continue
            assert batch.coordinates is not None, "the batch was not projected"
            form = self._form(place)
            for columns in chunks(wanted[place]):
                errors = quadratic(made.backend, form, batch.coordinates[:, columns])
                yield Errors(place, columns, errors)

    def _pieces(self, batch: Batch, place: int, wanted: np.ndarray) -> Iterator[Piece]:
        """Yield residuals at one penalty, of the targets that are wanted, (q,)."""
        for panel, own in self._slices():
            operator = self._operator(own, float(self._grid[place]))
            for columns in chunks(wanted):
                found = self._left_out(batch, panel, operator, columns)
                yield Piece(panel, place, columns, found)

    def _form(self, place: int) -> Array:
        """Return T' T at one penalty, the panels up to the diagonal."""
        made = self._decomposition
        form = made.backend.zeros((len(made.eigenvalues),) * 2, made.dtype)
        for _, own in self._slices():
            add_squares(form, self._operator(own, float(self._grid[place]))[0])
        return form

    def _slices(self) -> Iterator[tuple[np.ndarray, Array]]:
        """Yield each panel, and the coordinates of its rows (folds, size, r)."""
        for panel in self._panels:
            yield panel, self._rows[panel.ravel()].reshape(*panel.shape, -1)

    def _operator(self, own: Array, penalty: float) -> tuple[Array, Array | None]:
        """Return what coordinates are multiplied with, and for the primal also values."""
        made = self._decomposition
        backend, precision = made.backend, made.exact
        own = backend.cast(own, precision)
        shrink = made.eigenvalues + penalty
        weighted = own * backend.put((penalty if made.dual else 1.0) / shrink, precision)
        hat = weighted @ own.swapaxes(1, 2)
        if made.dual:
            solved = backend.inverse(hat) @ weighted
            return backend.cast(solved.reshape(-1, own.shape[2]), made.dtype), None
        unit = backend.put(np.eye(own.shape[1]), precision)
        inverse = backend.inverse(unit - hat - made.intercept / made.n)
        flat = weighted.reshape(-1, own.shape[2])
        return backend.cast(flat, made.dtype), backend.cast(inverse, made.dtype)

    def _left_out(
        self,
        batch: Batch,
        panel: np.ndarray,
        operator: tuple[Array, Array | None],
        columns: slice | np.ndarray,
    ) -> Array:
        weighted, inverse = operator
        assert batch.coordinates is not None, "the batch was not projected"
        made = self._decomposition
        product = weighted @ made.backend.cast(batch.coordinates[:, columns], made.dtype)
        if inverse is None:
            return product
        assert batch.values is not None, "the primal needs the targets"
        left = batch.values[:, columns][panel.ravel()] - product
        return (inverse @ left.reshape(*panel.shape, -1)).reshape(left.shape)
