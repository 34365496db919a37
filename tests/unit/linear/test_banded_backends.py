"""Banded ridge on PyTorch, and in float32 where float64 is asked for by the penalties."""

import numpy as np
import pytest
from problems import GRID, problem

from afterimage.linear import backend
from afterimage.linear.banded import BandedSettings, banded_ridge_cv
from afterimage.linear.banded_problem import prepare_banded
from afterimage.linear.folds import group_folds
from afterimage.linear.ridge_cv import RidgeSettings
from afterimage.linear.spaces import make_spaces

SHAPES = {"tall": (60, (4, 6)), "wide": (30, (50, 30)), "square": (40, (25, 15))}


def drawn(n, widths, q=40):
    x, y = problem(n, sum(widths), q)
    return dict(zip("ab", np.split(x, [widths[0]], axis=1), strict=True)), y


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("search", ["grid", "bracket"])
@pytest.mark.parametrize("scoring", ["r2", "correlation"])
@pytest.mark.parametrize("relative", [True, False])
def test_torch_answers_as_numpy_does(monkeypatch, shape, search, scoring, relative):
    spaces, y = drawn(*SHAPES[shape])
    folds = group_folds(np.arange(len(y)), 5)
    grid = GRID / 100 if relative else GRID
    options = {"search": search, "scoring": scoring, "relative": relative}
    exact = BandedSettings(RidgeSettings(grid, dtype="float64", **options), draws=6, steps=3)
    expected = banded_ridge_cv(spaces, y, exact, folds=folds)
    monkeypatch.setattr(backend, "TORCH_FROM", 0)
    single = BandedSettings(RidgeSettings(grid, **options), draws=6, steps=3)
    made = prepare_banded(make_spaces(spaces), single.ridge, folds=folds)
    assert made.backend.name == "torch, cpu"
    found = banded_ridge_cv(spaces, y, single, folds=folds)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-3)
    np.testing.assert_allclose(found.best_scores, expected.best_scores, atol=1e-3)


def test_small_penalties_are_decomposed_in_float64():
    spaces, y = drawn(30, (50, 30))
    for smallest, precise in ((1e-6, True), (1e4, False)):
        settings = RidgeSettings([smallest, 1e5])
        assert prepare_banded(make_spaces(spaces), settings).precise is precise
    single, double = (
        banded_ridge_cv(spaces, y, BandedSettings(RidgeSettings([1e-4], dtype=dtype), draws=3))
        for dtype in ("float32", "float64")
    )
    np.testing.assert_allclose(single.scores, double.scores, atol=1e-3)
