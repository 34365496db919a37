"""The null of refits: the whole analysis again, with the training pairs shuffled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RefitNull:
    """Scores of the same analysis on shuffled training pairs.

    Attributes
    ----------
    mean : float
        Over refits; NaN without any.
    sd : float
        Between refits (n - 1 in the denominator); NaN with fewer than two.
    n_refits : int
    """

    mean: float
    sd: float
    n_refits: int

    @property
    def standard_error(self) -> float:
        """Return the standard error of the mean over refits."""
        return self.sd / np.sqrt(self.n_refits) if self.n_refits else float("nan")


def null_mean(scores: Sequence[float]) -> RefitNull:
    """Summarise the scores of refits.

    One refit says little (its two-way score spreads by about .05 on a hundred pictures), so only
    the mean over refits is ever compared with chance.

    Parameters
    ----------
    scores : sequence of float
        The score of each refit; undefined ones (NaN) are left out and not counted.
    """
    known = np.asarray(scores, dtype=np.float64)
    known = known[~np.isnan(known)]
    if len(known) == 0:
        return RefitNull(float("nan"), float("nan"), 0)
    sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
    return RefitNull(float(known.mean()), sd, len(known))
