"""What every model refuses: no rows, wrong widths, values that are not numbers."""

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError


def require_finite(values: np.ndarray, what: str) -> None:
    """Refuse NaN and infinite values.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
    what : str
        What the rows are and where they come from; the error begins with it.

    Raises
    ------
    DataError
        Naming how many rows and columns are affected, and the first of each.
    """
    finite = np.isfinite(values)
    if finite.all():
        return
    rows = np.flatnonzero(~finite.all(axis=1))
    columns = np.flatnonzero(~finite.all(axis=0))
    raise DataError(
        f"{what}: NaN or infinite values in {len(rows)} of {len(values)} rows and {len(columns)} "
        f"of {values.shape[1]} columns (first: row {rows[0]}, column {columns[0]}).",
        "Exclude those trials or channels before the fit; models never fill in values.",
    )


def require_rows(n: int, what: str) -> None:
    """Refuse to fit on nothing.

    Raises
    ------
    DataError
        If there are no rows.
    """
    if n == 0:
        raise DataError(f"{what}: there is no training row.", "Check the split's training side.")


def require_width(x: np.ndarray, width: int, what: str) -> None:
    """Refuse inputs that a fitted model does not know.

    Raises
    ------
    ShapeError
        If ``x`` is not of shape (n, width).
    """
    if x.ndim != 2 or x.shape[1] != width:
        raise ShapeError(
            f"{what}: fitted on {width} input columns, asked to predict from an array of shape "
            f"{x.shape}.",
            "Predict with the channels and features that the model was fitted on.",
        )
