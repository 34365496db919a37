"""Mixtures of feature spaces that a banded ridge tries."""

from collections.abc import Sequence

import numpy as np

from afterimage.contracts.seeds import rng


def draw_mixtures(
    spaces: int,
    draws: int,
    *,
    concentrations: Sequence[float] = (0.1, 1.0),
    corners: bool = False,
    seed: int = 0,
) -> np.ndarray:
    """Draw points of the simplex; the first gives every space the same share.

    Parameters
    ----------
    spaces : int
    draws : int
        The uniform mixture included. Of one space there is only one mixture.
    concentrations : sequence of float
        Of the Dirichlet distribution, in turn: 1 is uniform over the simplex, smaller ones favour
        few spaces.
    corners : bool
        Whether each space alone follows.
    seed : int

    Returns
    -------
    ndarray, shape (draws [+ spaces], spaces)
        Rows sum to 1.

    References
    ----------
    Dupre la Tour, Eickenberg, Nunez-Elizalde & Gallant (2022), NeuroImage 264, section 2.4.
    """
    if spaces == 1:
        return np.ones((1, 1))
    generator = rng(seed, "linear", "simplex")
    drawn = [np.full(spaces, 1 / spaces)]
    for draw in range(1, draws):
        concentration = concentrations[draw % len(concentrations)]
        drawn.append(_dirichlet(generator, np.full(spaces, concentration)))
    if corners:
        drawn.extend(np.eye(spaces))
    return np.array(drawn)


def _dirichlet(generator: np.random.Generator, concentration: np.ndarray) -> np.ndarray:
    """Draw once; a tiny concentration underflows to zeros or NaN, and is then one space alone."""
    drawn = generator.dirichlet(concentration)
    if np.isfinite(drawn).all() and drawn.sum() > 0:
        return drawn
    alone = np.zeros(len(concentration))
    alone[generator.integers(len(concentration))] = 1.0
    return alone
