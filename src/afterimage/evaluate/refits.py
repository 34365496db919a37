"""The null of refits: the whole analysis again, with the training pairs shuffled."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from afterimage.evaluate.pair import Pair
from afterimage.evaluate.scores import ScoringMetric

NullMeans = dict[str, dict[str, float]]


def null_means(refits: Iterable[tuple[str, Sequence[ScoringMetric], Pair]]) -> NullMeans:
    """Score each refit and average over refits.

    One refit says little (its two-way score spreads by about .05 on a hundred pictures), so only
    the mean over refits is ever compared with chance.

    Parameters
    ----------
    refits : iterable of (str, sequence of metric, Pair)
        Each refit once for each part that is scored by itself (a region, a feature space): the
        part's name, its metrics, and the refit's predictions. Read once, one at a time.

    Returns
    -------
    dict of str to dict of str to float
        Part to metric to mean; NaN where no refit has a defined score, empty without refits.
    """
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for part, metrics, pair in refits:
        for metric in metrics:
            scores[part][metric.name].append(metric.score(pair).value)
    return {
        part: {name: _known_mean(values) for name, values in of_part.items()}
        for part, of_part in scores.items()
    }


def _known_mean(values: Sequence[float]) -> float:
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")
