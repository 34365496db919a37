"""Exact leave-one-group-out residuals of ridge regression from one decomposition.

For a group g of rows (the repetitions of a stimulus), with the hat matrix H of all rows,
intercept included, the residuals of a fit without g are (I - H_gg)^-1 (Y - H Y)_g.

References
----------
Cook & Weisberg (1982), Residuals and Influence in Regression, section 3.6;
Golub, Heath & Wahba (1979), Technometrics 21, for groups of one row.
"""

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.models.decomposition import Decomposition

Layout = tuple[np.ndarray, ...]


def layout_of(groups: np.ndarray) -> Layout:
    """Sort rows by group, and groups by size.

    Parameters
    ----------
    groups : ndarray, shape (n,)
        The group of each row.

    Returns
    -------
    tuple of ndarray of int, each of shape (number of groups of that size, size)
        Row numbers, groups in the order of their names.

    Raises
    ------
    DataError
        If there are fewer than two groups.
    """
    _, index, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        raise DataError(
            f"cross-validation over stimuli: {len(counts)} stimulus on the training side.",
            "Choose a split that leaves at least two training stimuli in each fold.",
        )
    order = np.argsort(index, kind="stable")
    starts = np.cumsum(counts) - counts
    return tuple(
        order[starts[counts == size][:, None] + np.arange(size)] for size in np.unique(counts)
    )


def inverse_blocks(
    decomposition: Decomposition, layout: Layout, penalty: float
) -> list[np.ndarray]:
    """Return (I - H_gg)^-1 of each group, one array of shape (groups, size, size) per size."""
    values = decomposition.eigenvalues
    inverses = []
    for members in layout:
        rows = decomposition.rows[members]
        transposed = rows.transpose(0, 2, 1)
        if decomposition.dual:
            blocks = (rows * (penalty / (values + penalty))) @ transposed
        else:
            hat = (rows / (values + penalty)) @ transposed + 1.0 / decomposition.n
            blocks = np.eye(members.shape[1]) - hat
        inverses.append(np.linalg.inv(blocks))
    return inverses


def apply_blocks(inverses: list[np.ndarray], layout: Layout, residuals: np.ndarray) -> np.ndarray:
    """Turn residuals (n, q) of the full fit into residuals of each group held out."""
    held_out = np.empty_like(residuals)
    for members, inverse in zip(layout, inverses, strict=True):
        if members.shape[1] == 1:
            held_out[members[:, 0]] = residuals[members[:, 0]] * inverse[:, 0]
        else:
            held_out[members] = inverse @ residuals[members]
    return held_out


def held_out_residuals(
    decomposition: Decomposition, layout: Layout, targets: np.ndarray, penalty: float
) -> np.ndarray:
    """Return Y minus the prediction of a fit that did not see the row's group.

    Parameters
    ----------
    decomposition : Decomposition
    layout : tuple of ndarray
        From :func:`layout_of`.
    targets : ndarray, shape (n, q)
    penalty : float

    Returns
    -------
    ndarray, shape (n, q)
    """
    centred = targets - targets.mean(axis=0)
    residuals = decomposition.residuals(centred, decomposition.project(centred), penalty)
    inverses = inverse_blocks(decomposition, layout, penalty)
    return apply_blocks(inverses, layout, residuals)


def held_out_mean_error(layout: Layout, targets: np.ndarray) -> np.ndarray:
    """Return the summed squared error of predicting the mean of all other groups.

    The limit of :func:`held_out_residuals` for an infinite penalty, and so the reference of the
    cross-validated R2.

    Returns
    -------
    ndarray, shape (q,)
    """
    centred = targets - targets.mean(axis=0)
    n = len(centred)
    error = np.zeros(centred.shape[1])
    for members in layout:
        block = centred[members]
        held_out = block + block.sum(axis=1, keepdims=True) / (n - members.shape[1])
        error += np.square(held_out).sum(axis=(0, 1))
    return error
