"""What a metric compares: predictions and what was really shown or measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from afterimage.contracts.errors import ShapeError
from afterimage.evaluate.centring import centre
from afterimage.evaluate.similarity import SIMILARITIES

KEPT_ELEMENTS = 1 << 21

Compare = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Pair:
    """Predictions beside the truth, row by row.

    Attributes
    ----------
    predicted : ndarray, shape (n, ...)
        Decoded features, features of reconstructions, reconstructions in [0, 1], decoded one-hot
        labels, or predicted responses: whatever the metric's ``kind`` says.
    actual : ndarray, shape (n, ...)
        The same of the stimulus or recording of each row.
    stimulus_ids : ndarray, shape (n,)
        Rows of one stimulus are resampled and permuted together, and are one candidate.
    categories : ndarray, shape (n,), optional
        For identification within a category; None or NaN where unknown.
    folds : ndarray, shape (n,), optional
        The fold in which each row was held out; by default one fold, called 0.
    means : mapping of fold to ndarray, shape (q,), optional
        Mean of the actual values over the training stimuli of each fold; centred metrics need it.
    predicted_means : mapping of fold to ndarray, shape (q,), optional
        Mean of the predictions over the training rows, for models whose predictions live on a
        scale of their own (contrastive ones); by default ``means``.
    pools : ndarray, shape (n,), optional
        Rows of different pools never compete: give ``folds`` where each fold has a target space
        of its own (a PCA fitted per fold), so that values of two folds cannot be compared.
    resolution : float
        Step in which values are stored (1/255 for eight-bit pixels); see ``centring.centre``.
    blocks : ndarray of int, shape (n,), optional
        Rows that depend on each other, numbered in the order of presentation: predicted responses
        are permuted block by block. By default stimuli are permuted.
    ceiling_r : ndarray, shape (v,), optional
        Of predicted responses: the best correlation of each column, NaN where none counts.

    Raises
    ------
    ShapeError
        If the shapes or the numbers of rows differ.
    """

    predicted: np.ndarray
    actual: np.ndarray
    stimulus_ids: np.ndarray
    categories: np.ndarray | None = None
    folds: np.ndarray | None = None
    means: Mapping[int, np.ndarray] | None = None
    predicted_means: Mapping[int, np.ndarray] | None = None
    pools: np.ndarray | None = None
    resolution: float = 0.0
    blocks: np.ndarray | None = None
    ceiling_r: np.ndarray | None = None
    _tables: dict[tuple[str, bool], np.ndarray] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.predicted.shape != self.actual.shape:
            raise ShapeError(
                f"predictions have the shape {self.predicted.shape}, "
                f"what they are compared with has {self.actual.shape}.",
                "Compare rows of the same test trials in the same space.",
            )
        for name in ("stimulus_ids", "categories", "folds", "pools", "blocks"):
            labels = getattr(self, name)
            if labels is not None and len(labels) != self.n:
                raise ShapeError(
                    f"{len(labels)} {name} for {self.n} predictions.",
                    f"Give one of the {name} per row of the predictions.",
                )

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.predicted)

    def centred(self) -> tuple[np.ndarray, np.ndarray]:
        """Return predictions and actual values less the training mean of each row's fold.

        Returns
        -------
        tuple of ndarray of float64, each of shape (n, q)

        Raises
        ------
        ShapeError
            If the means of a fold are missing.
        """
        truth = self._row_means(self.means)
        own = truth if self.predicted_means is None else self._row_means(self.predicted_means)
        predicted = centre(self.predicted, own, self.resolution)
        predicted[self._says_nothing()] = 0.0
        return predicted, centre(self.actual, truth, self.resolution)

    def _says_nothing(self) -> np.ndarray:
        """Tell the rows whose prediction is the same for every stimulus of their fold.

        Resampled to another size, the mean picture differs from the mean of the resampled ones;
        in cross-validation that rest is correlated with what was left out, and would score.
        """
        folds = np.zeros(self.n, dtype=int) if self.folds is None else np.asarray(self.folds)
        constant = np.zeros(self.n, dtype=bool)
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            same = all(np.array_equal(self.predicted[rows[0]], self.predicted[r]) for r in rows[1:])
            constant[rows] = same and len(set(self.stimulus_ids[rows].tolist())) > 1
        return constant

    def rows_through(self, function: Compare) -> Compare:
        """Return a function of rows and pictures that compares their values by another one.

        Parameters
        ----------
        function : callable
            Of predictions, shape (b, ...), and actual values, shape (m, ...).
        """
        return lambda rows, pictures: function(self.predicted[rows], self.actual[pictures])

    def compared(self, similarity: str, *, centred: bool) -> Compare:
        """Return a function of rows and pictures that gives their table of similarities.

        A table that is small enough is made once and shared by all metrics that read it.
        """
        function = SIMILARITIES[similarity]
        key = (similarity, centred)
        if key not in self._tables:
            sides = self.centred() if centred else (self.predicted, self.actual)
            if self.n * self.n > KEPT_ELEMENTS:
                return lambda rows, pictures: function(sides[0][rows], sides[1][pictures])
            self._tables[key] = function(*sides)
        table = self._tables[key]
        return lambda rows, pictures: table[np.ix_(rows, pictures)]

    def _row_means(self, means: Mapping[int, np.ndarray] | None) -> np.ndarray:
        if self.n == 0:
            return self.actual
        folds = np.zeros(self.n, dtype=int) if self.folds is None else np.asarray(self.folds)
        values, index = np.unique(folds, return_inverse=True)
        absent = [fold for fold in values.tolist() if means is None or fold not in means]
        if means is None or absent:
            raise ShapeError(
                f"a centred metric needs the training mean of each fold; missing: {absent}.",
                "Give the mean of the target over the training stimuli of every fold.",
            )
        table = np.stack([np.asarray(means[fold], dtype=np.float64).ravel() for fold in values])
        return table[index]

    def columns(self, mask: np.ndarray) -> Self:
        """Return the same rows with some of the last dimension only (the voxels of a region)."""
        ceiling_r = None if self.ceiling_r is None else self.ceiling_r[mask]
        return replace(
            self,
            predicted=self.predicted[..., mask],
            actual=self.actual[..., mask],
            ceiling_r=ceiling_r,
        )
