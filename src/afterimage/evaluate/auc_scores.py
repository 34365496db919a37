"""The score of decoded categories by areas under the ROC curve, with what judges it."""

from collections.abc import Iterator

import numpy as np

from afterimage.evaluate.bootstrap import stimulus_counts
from afterimage.evaluate.exchange import exchangeable
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.permutation import random_pairings
from afterimage.evaluate.roc_folds import HeldOut, labelled, mean_over_folds

CHUNK_ELEMENTS = 1 << 22


class AucScores:
    """Area under the curve of each category against the others, within folds.

    Parameters
    ----------
    decoded : ndarray, shape (n, categories)
        Evidence for each category.
    labels : ndarray of int, shape (n,)
        Column of the right category.
    stimulus_ids : array of labels, shape (n,)
        Rows of one stimulus are resampled together, and keep one label under permutation.
    folds : ndarray, shape (n,), optional
        By default one fold.
    """

    chance = 0.5

    def __init__(
        self,
        decoded: np.ndarray,
        labels: np.ndarray,
        stimulus_ids: np.ndarray,
        folds: np.ndarray | None = None,
    ) -> None:
        folds = np.zeros(len(labels), dtype=int) if folds is None else np.asarray(folds)
        every = np.unique(folds).tolist()
        kept = [fold for fold in every if len(np.unique(labels[folds == fold])) > 1]
        rows = np.flatnonzero(np.isin(folds, kept))
        present, self._labels = np.unique(labels[rows], return_inverse=True)
        self._ids, self._fold_of = np.asarray(stimulus_ids)[rows], folds[rows]
        evidence = decoded[rows][:, present]
        members = [np.flatnonzero(self._fold_of == fold) for fold in kept]
        self._folds = [HeldOut(own, evidence[own], self._labels[own]) for own in members]
        self._wins = [fold.own_wins() for fold in self._folds]
        self.unit = _unit(len(present), len(kept), len(every))

    @property
    def n(self) -> int:
        """Number of items in the folds that have two categories or more."""
        return len(self._labels)

    @property
    def value(self) -> float:
        """Mean over folds."""
        return float(self._under(self._labels[None])[0])

    def resampled(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the areas of bootstrap samples of stimuli, computed anew, shape (draws,).

        An item counts on both sides of the curve, so a mean over resampled items' own shares of
        wins would give too narrow an interval.
        """
        result = np.full(draws, np.nan)
        stimuli, code = np.unique(self._ids, return_inverse=True)
        if len(stimuli) < 2:
            return result
        for part, counts in stimulus_counts(len(stimuli), rng, draws):
            tallies = (fold.counted(counts[:, code[fold.items]]) for fold in self._folds)
            result[part] = mean_over_folds(tallies, len(counts))
        return result

    def permuted(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the areas under labels shuffled over the stimuli of a fold, shape (draws,).

        Memory: one int64 per draw and item.
        """
        labels = np.empty((draws, self.n), dtype=np.int64)
        pools = exchangeable(self._ids, self._fold_of, self._labels)
        for pool in galleries(self._ids, pools, smallest=1):
            pairings = random_pairings(len(pool.pictures), draws, rng)
            labels[:, pool.rows] = self._labels[pool.pictures][pairings[:, pool.truth]]
        return np.concatenate([self._under(part) for part in _parts(labels)] or [np.zeros(0)])

    def _under(self, labels: np.ndarray) -> np.ndarray:
        folds = zip(self._folds, self._wins, strict=True)
        tallies = (labelled(won, labels[:, fold.items]) for fold, won in folds)
        return mean_over_folds(tallies, len(labels))


def _parts(labels: np.ndarray) -> Iterator[np.ndarray]:
    """Yield some draws at a time."""
    step = max(1, CHUNK_ELEMENTS // max(1, labels.shape[1]))
    for low in range(0, len(labels), step):
        yield labels[low : low + step]


def _unit(categories: int, scored: int, folds: int) -> str:
    """Return the unit, which tells of folds that were left out."""
    classes = f"AUC ({categories} classes"
    if scored < folds:
        return f"{classes}, within {scored} of {folds} folds)"
    return f"{classes}, within {folds} folds)" if folds > 1 else f"{classes})"
