"""Areas under the ROC curve within folds: tallies of wins under draws of counts or labels."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from afterimage.evaluate.roc import macro_area, wins

# Of each draw and category: sum of the items' wins, and number of items.
Tally = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class HeldOut:
    """Items of one fold, which compete with each other only.

    Attributes
    ----------
    items : ndarray of int, shape (m,)
        Their numbers among the scored items.
    evidence : ndarray, shape (m, categories)
    labels : ndarray of int, shape (m,)
        Column of each item's category.
    """

    items: np.ndarray
    evidence: np.ndarray
    labels: np.ndarray

    def own_wins(self) -> np.ndarray:
        """Return the wins of each item for the evidence of each category, (m, categories)."""
        once = np.ones((1, len(self.items)))
        return np.stack([wins(column, once)[0] for column in self.evidence.T], axis=1)

    def counted(self, counts: np.ndarray) -> Tally:
        """Tally bootstrap samples that contain each item so often, counts of shape (draws, m)."""
        sums = np.zeros((len(counts), self.evidence.shape[1]))
        sizes = np.zeros_like(sums)
        for category in np.unique(self.labels):
            own = self.labels == category
            won = wins(self.evidence[:, category], counts)[:, own]
            sums[:, category] = (counts[:, own] * won).sum(axis=1)
            sizes[:, category] = counts[:, own].sum(axis=1)
        return sums, sizes


def labelled(won: np.ndarray, labels: np.ndarray) -> Tally:
    """Tally items under other labels.

    Parameters
    ----------
    won : ndarray, shape (m, categories)
        From :meth:`HeldOut.own_wins`: they do not depend on labels.
    labels : ndarray of int, shape (draws, m)
    """
    draws, categories = len(labels), won.shape[1]
    place = (np.arange(draws)[:, None] * categories + labels).ravel()
    picked = won[np.arange(len(won)), labels].ravel()
    shape, length = (draws, categories), draws * categories
    sums = np.bincount(place, weights=picked, minlength=length).reshape(shape)
    return sums, np.bincount(place, minlength=length).reshape(shape).astype(np.float64)


def mean_over_folds(tallies: Iterable[Tally], draws: int) -> np.ndarray:
    """Return the areas of folds, averaged with their numbers of items as weights, (draws,).

    A fold whose items are all of one category in a draw is left out of that draw.
    """
    total, weight = np.zeros(draws), np.zeros(draws)
    for sums, sizes in tallies:
        area, items = macro_area(sums, sizes), sizes.sum(axis=1)
        known = ~np.isnan(area)
        total += np.where(known, items * area, 0.0)
        weight += np.where(known, items, 0.0)
    return np.where(weight > 0, total / np.maximum(weight, 1), np.nan)
