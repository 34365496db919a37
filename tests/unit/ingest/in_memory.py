"""Responses in memory that are read like a file of them."""

import numpy as np

from afterimage.ingest.ncsnr import mean_and_ratio


class InMemory:
    """Rows of an array, a few at a time."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape[1:]

    def stream(self, max_rows):
        step = min(max_rows, 17)
        for start in range(0, len(self.values), step):
            yield slice(start, start + step), self.values[start : start + step]


def ncsnr(responses, session, stimulus):
    return mean_and_ratio(InMemory(np.asarray(responses)), session, stimulus)[1]
