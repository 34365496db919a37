"""What a banded ridge needs beside its result: Gram matrices and one batch of targets."""

import tracemalloc

import numpy as np

from afterimage.linear import matrix
from afterimage.linear.banded import BandedSettings, banded_ridge_cv
from afterimage.linear.ridge_cv import RidgeSettings


def test_memory_is_bounded_by_gram_matrices_the_result_and_a_batch(monkeypatch):
    n, p, q, batch = 300, 200, 8000, 100
    monkeypatch.setattr(matrix, "BLOCK_BYTES", 1 << 18)
    rng = np.random.default_rng(0)
    spaces = {name: rng.normal(size=(n, p)).astype(np.float32) for name in "abc"}
    y = rng.normal(size=(n, q)).astype(np.float32)
    settings = BandedSettings(RidgeSettings(np.logspace(0, 4, 5)), draws=3)
    folds = np.arange(n) % 5

    def fit(targets):
        return banded_ridge_cv(spaces, targets, settings, folds=folds, batch=batch)

    # The first use imports and allocates what is not counted here.
    fit(y[:, :batch])
    tracemalloc.start()
    found = fit(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    result = sum(weights.nbytes for weights in found.weights.values()) + found.scores.nbytes
    coefficients, smaller = n * q * 4, 8 * 8 * q * len(spaces)
    grams, one_batch = (len(spaces) + 5) * n * n * 8, 10 * n * batch * 4
    assert peak < result + coefficients + smaller + grams + one_batch
