"""Scores that every item has for itself: an identification, a correlation, a hit."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from afterimage.evaluate.bootstrap import resampled_means
from afterimage.evaluate.galleries import Gallery
from afterimage.evaluate.pair import Compare
from afterimage.evaluate.permutation import picked_sums, random_pairings

TABLE_ELEMENTS = 1 << 21


class ItemScores:
    """Items' scores, read from score tables (see ``identification``).

    The tables are made in chunks of rows, so that memory does not grow with the square of the
    number of stimuli; a table that fits one chunk is kept for the permutations.

    Parameters
    ----------
    stimulus_ids : array of labels, shape (n,)
    galleries : sequence of Gallery
        Who competes with whom. Items in no gallery are not scored.
    table_of : callable
        ``table_of(rows, pictures)`` returns, for predictions in ``rows`` and actual values in
        ``pictures`` (both row numbers of the pair), the table of shape
        (len(rows), len(pictures)): what each prediction scores if each picture were the right one.
    own_of : callable, optional
        ``own_of(rows, pictures)`` with as many pictures as rows returns the scores of just these
        pairs, shape (len(rows),). For scores that do not depend on other candidates: the table
        is then only made when a null is asked for.
    chance : float, optional
        By default the expectation over random pairings, which is the mean of all table entries.
    undefined : float
        What an undefined entry (NaN) counts: what an uninformed prediction would score.
    unit : str
    """

    def __init__(
        self,
        stimulus_ids: np.ndarray,
        galleries: Sequence[Gallery],
        table_of: Compare,
        *,
        own_of: Compare | None = None,
        chance: float | None = None,
        undefined: float = 0.0,
        unit: str = "",
    ) -> None:
        self.unit = unit
        self.rows = np.concatenate([np.zeros(0, dtype=np.int64), *(g.rows for g in galleries)])
        self.stimulus_ids = np.asarray(stimulus_ids)[self.rows]
        self._galleries = list(galleries)
        self._table_of = table_of
        self._own_of = own_of
        self._chance = chance
        self._undefined = undefined
        self._kept: dict[int, np.ndarray] = {}

    @property
    def n(self) -> int:
        """Number of scored items."""
        return len(self.rows)

    @cached_property
    def values(self) -> np.ndarray:
        """Score of each item, in the order of ``rows``, shape (n,)."""
        parts = [np.zeros(0)]
        if self._own_of is None:
            parts += [t[np.arange(len(t)), g.truth[rows]] for g, rows, t in self._tables()]
        else:
            parts += [self._own_of(g.rows, g.pictures[g.truth]) for g in self._galleries]
        return self._defined(np.concatenate(parts))

    @property
    def value(self) -> float:
        """Mean over items."""
        return float(self.values.mean()) if self.n else float("nan")

    @cached_property
    def chance(self) -> float | None:
        """Expected score without any information."""
        if self._chance is not None or not self.n:
            return self._chance
        return float(np.concatenate([t.mean(axis=1) for _, _, t in self._tables()]).mean())

    def frame(self) -> pd.DataFrame:
        """Return one row per scored item: row of the pair, stimulus_id, score."""
        frame = pd.DataFrame(
            {"row": self.rows, "stimulus_id": self.stimulus_ids, "score": self.values}
        )
        return frame.sort_values("row", ignore_index=True)

    def resampled(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the mean score of bootstrap samples of stimuli, shape (draws,)."""
        return resampled_means(self.values, self.stimulus_ids, rng, draws)

    def permuted(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the mean score under random pairings within each gallery, shape (draws,).

        A stimulus keeps its rows together. Memory: one int32 per draw and stimulus.
        """
        sums = np.zeros(draws)
        pairings: tuple[Gallery, np.ndarray] | None = None
        for gallery, rows, table in self._tables():
            if pairings is None or pairings[0] is not gallery:
                pairings = gallery, random_pairings(len(gallery.pictures), draws, rng)
            sums += picked_sums(table, pairings[1][:, gallery.truth[rows]])
        return sums / max(1, self.n)

    def _tables(self) -> Iterator[tuple[Gallery, slice, np.ndarray]]:
        """Yield gallery, slice of its rows, and their table without undefined entries."""
        whole = sum(len(g.rows) * len(g.pictures) for g in self._galleries)
        for number, gallery in enumerate(self._galleries):
            step = max(1, TABLE_ELEMENTS // len(gallery.pictures))
            for low in range(0, len(gallery.rows), step):
                rows = slice(low, low + step)
                table = self._kept.get(number)
                if table is None:
                    table = self._defined(self._table_of(gallery.rows[rows], gallery.pictures))
                    if whole <= TABLE_ELEMENTS:
                        self._kept[number] = table
                yield gallery, rows, table

    def _defined(self, scores: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(scores), self._undefined, scores)
