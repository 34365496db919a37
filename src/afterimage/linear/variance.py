"""How much of the variance of held-out targets each feature space explains."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import ShapeError
from afterimage.linear.banded import banded_ridge_cv
from afterimage.linear.banded_settings import BandedSettings
from afterimage.linear.matrix import Matrix


@dataclass(frozen=True)
class Partition:
    """Shares of the variance of held-out targets.

    Attributes
    ----------
    names : tuple of str
        Of the m spaces.
    joint : ndarray of float64, shape (q,)
        R2 of the model of all spaces.
    product : ndarray of float64, shape (m, q)
        Product measure of each space: they sum to ``joint``.
    unique : ndarray of float64, shape (m, q)
        What is lost without the space: ``joint`` less the R2 of a model of the others.
    """

    names: tuple[str, ...]
    joint: np.ndarray
    product: np.ndarray
    unique: np.ndarray


def explained(predicted: np.ndarray, targets: np.ndarray, target_mean: np.ndarray) -> np.ndarray:
    """Return R2 beside the mean of the training rows.

    Parameters
    ----------
    predicted, targets : ndarray, shape (n, q)
        Of held-out rows.
    target_mean : ndarray, shape (q,)
        Over training rows.

    Returns
    -------
    ndarray of float64, shape (q,)
        1 - sum (y - predicted)^2 / sum (y - mean)^2; NaN where the denominator is zero.
    """
    centred = np.asarray(targets, dtype=np.float64) - target_mean
    error = targets - np.asarray(predicted, dtype=np.float64)
    return 1 - _ratio(np.square(error).sum(axis=0), np.square(centred).sum(axis=0))


def product_measure(parts: np.ndarray, targets: np.ndarray, target_mean: np.ndarray) -> np.ndarray:
    """Split R2 among the spaces whose predictions are summed.

    Parameters
    ----------
    parts : ndarray, shape (m, n, q)
        Predictions from each space, without the mean; see :meth:`BandedFit.parts`.
    targets : ndarray, shape (n, q)
        Of held-out rows.
    target_mean : ndarray, shape (q,)
        Over training rows.

    Returns
    -------
    ndarray of float64, shape (m, q)
        sum (2 y yhat_s - yhat_s yhat) / sum y^2 with y less its training mean and yhat the sum of
        the parts. The rows sum to :func:`explained`. One is negative where a space does harm.

    References
    ----------
    Dupre la Tour, Eickenberg, Nunez-Elizalde & Gallant (2022), NeuroImage 264, section 2.7;
    Pratt (1987), Proc. Second Int. Tampere Conf. in Statistics.
    """
    if parts.ndim != 3 or parts.shape[1:] != targets.shape:
        raise ShapeError(
            f"parts: expected one prediction of shape {targets.shape} per space. Found: shape "
            f"{parts.shape}.",
            "Give the predictions of each space for the rows and targets that are scored.",
        )
    centred = np.asarray(targets, dtype=np.float64) - target_mean
    total = parts.sum(axis=0, dtype=np.float64)
    shared = [np.einsum("ij,ij->j", part, 2 * centred - total) for part in parts]
    return _ratio(np.array(shared), np.square(centred).sum(axis=0))


def partition_variance(
    spaces: Mapping[str, Matrix],
    targets: Matrix,
    test_spaces: Mapping[str, np.ndarray],
    test_targets: np.ndarray,
    settings: BandedSettings,
    *,
    groups: np.ndarray | None = None,
    folds: np.ndarray | None = None,
    batch: int | None = None,
) -> Partition:
    """Fit all spaces, and all but each of them; say what each explains of held-out targets.

    Every model has a search of its own, over mixtures of its own spaces.

    Parameters
    ----------
    spaces, targets, settings, groups, folds, batch
        Of training rows, as in :func:`afterimage.linear.banded.banded_ridge_cv`, which says what
        it raises.
    test_spaces : mapping of str to ndarray, shapes (k, p_s)
    test_targets : ndarray, shape (k, q)
        Of rows that no fit and no search has seen.

    Raises
    ------
    ShapeError
        If the rows to be scored differ from each other or from the fit.
    """
    _check_test_side(spaces, test_spaces, test_targets)

    def fit(chosen: Mapping[str, Matrix]) -> tuple[np.ndarray, np.ndarray]:
        found = banded_ridge_cv(chosen, targets, settings, groups=groups, folds=folds, batch=batch)
        return found.parts(test_spaces), found.target_mean

    parts, mean = fit(spaces)
    joint = explained(parts.sum(axis=0) + mean, test_targets, mean)
    without = []
    for left_out in spaces:
        others = {name: space for name, space in spaces.items() if name != left_out}
        # Without any space the training mean is predicted, of which R2 is 0.
        rest = fit(others)[0].sum(axis=0) if others else np.zeros_like(parts[0])
        without.append(explained(rest + mean, test_targets, mean))
    product = product_measure(parts, test_targets, mean)
    return Partition(tuple(spaces), joint, product, joint - np.array(without))


def _check_test_side(
    spaces: Mapping[str, Matrix], test_spaces: Mapping[str, np.ndarray], targets: np.ndarray
) -> None:
    """Refuse what could not be scored before anything is fitted."""
    for name, space in spaces.items():
        expected = (len(targets), space.shape[1])
        found = test_spaces[name].shape if name in test_spaces else "no such space"
        if found != expected:
            raise ShapeError(
                f"space '{name}': expected held-out values of shape {expected}. Found: {found}.",
                "Every space needs the columns of the fit and the rows of the held-out targets.",
            )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: np.ndarray = np.where(whole > 0, part / whole, np.nan)
    return found
