"""NumPy and PyTorch give the same answer; float32 is float64 where it has to be."""

import numpy as np
import pytest
import torch
from problems import GRID, SHAPES, held_out, problem, r2

from afterimage.contracts.errors import ConfigError
from afterimage.linear import backend
from afterimage.linear.folds import group_folds
from afterimage.linear.problem import prepare
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv


@pytest.fixture
def always_torch(monkeypatch):
    monkeypatch.setattr(backend, "TORCH_FROM", 0)


def close(found, expected, tolerance=1e-4):
    scale = np.nanmax(np.abs(expected))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("standardise", ["no", "fold"])
@pytest.mark.parametrize("scoring", ["r2", "correlation"])
@pytest.mark.parametrize("search", ["grid", "bracket"])
def test_torch_answers_as_numpy_does(always_torch, shape, standardise, scoring, search):
    x, y = problem(*SHAPES[shape], q=40)
    folds = group_folds(np.arange(len(x)), 5)
    more = {"standardise": standardise, "scoring": scoring, "search": search}
    exact = ridge_cv(x, y, RidgeSettings(GRID, dtype="float64", **more), folds=folds)
    made = prepare(x, RidgeSettings(GRID, **more), folds=folds)
    assert made.decomposition.backend.name == "torch, cpu"
    fit = ridge_cv(x, y, RidgeSettings(GRID, **more), folds=folds)
    known = ~np.isnan(exact.scores)
    # At the smallest penalty the square problem is nearly singular.
    close(fit.scores[known], exact.scores[known], 3e-4)
    same = fit.penalties == exact.penalties
    assert same.mean() > 0.9
    close(fit.weights[:, same], exact.weights[:, same])
    close(fit.intercept[same], exact.intercept[same])


@pytest.mark.parametrize("sizes", [(60, 7), (30, 80)])
def test_torch_leaves_out_small_groups(always_torch, sizes):
    x, y = problem(*sizes)
    groups = np.arange(len(x)) // 2
    fit = ridge_cv(x, y, RidgeSettings(GRID, folds="groups"), groups=groups)
    for penalty, row in zip(GRID, fit.scores, strict=True):
        close(row, r2(y, held_out(x, y, groups, penalty), groups))


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("tall", [False, True])
def test_a_penalty_that_float32_would_lose_is_kept(monkeypatch, engine, tall):
    """Inputs with one huge direction: beside it the penalty is below float32's rounding."""
    monkeypatch.setattr(backend, "TORCH_FROM", 0 if engine == "torch" else 10**9)
    rng = np.random.default_rng(0)
    n, p = (90, 40) if tall else (60, 90)
    x = rng.standard_normal((n, p))
    x += 100 * np.outer(rng.standard_normal(n), rng.standard_normal(p))
    x = x.astype(np.float32).astype(np.float64)
    y = x @ rng.standard_normal((p, 4)) / 100 + rng.standard_normal((n, 4))
    folds = np.arange(n) % 5
    made = prepare(x, RidgeSettings([1.0, 10.0]), folds=folds)
    assert made.decomposition.precise
    found = ridge_cv(x, y, RidgeSettings([1.0, 10.0]), folds=folds)
    expected = ridge_cv(x, y, RidgeSettings([1.0, 10.0], dtype="float64"), folds=folds)
    np.testing.assert_allclose(found.scores, expected.scores, atol=2e-3)


def test_well_conditioned_problems_are_decomposed_in_float32():
    x, y = problem(60, 90)
    made = prepare(x, RidgeSettings([10.0, 100.0]), folds=np.arange(60) % 5)
    assert not made.decomposition.precise
    found = ridge_cv(x, y, RidgeSettings([10.0, 100.0]), folds=np.arange(60) % 5)
    assert found.product_error < 1e-6
    exact = ridge_cv(x, y, RidgeSettings([10.0, 100.0], dtype="float64"), folds=np.arange(60) % 5)
    assert exact.product_error < 1e-14
    close(found.weights, exact.weights)
    np.testing.assert_allclose(found.scores, exact.scores, atol=1e-5)


def test_the_power_method_finds_the_largest_eigenvalue_of_centred_inputs():
    from afterimage.linear.gram import largest_eigenvalue

    x = problem(80, 200)[0]
    x -= x.mean(axis=0)
    gram = x @ x.T
    found = largest_eigenvalue(backend.NumpyBackend(), gram)
    assert 0.7 < found / np.linalg.eigvalsh(gram)[-1] <= 1.0001


@pytest.mark.parametrize("device", ["gpu", "cuda:9", "cuda"])
def test_a_device_that_is_not_there_is_told(device):
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    x, y = problem(20, 5)
    with pytest.raises(ConfigError, match="device: expected 'cpu', or 'cuda'"):
        ridge_cv(x, y, RidgeSettings(GRID), device=device)


def test_tf32_is_refused_where_there_is_none():
    x, y = problem(20, 5)
    with pytest.raises(ConfigError, match="tf32: expected false on a processor"):
        ridge_cv(x, y, RidgeSettings(GRID, tf32=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.gpu
@pytest.mark.parametrize("shape", [(600, 200), (300, 900)])
@pytest.mark.parametrize("standardise", ["no", "fold"])
def test_a_gpu_answers_as_the_processor_does(shape, standardise):
    x, y = problem(*shape, q=40)
    settings = RidgeSettings(GRID, standardise=standardise)
    host, device = (ridge_cv(x, y, settings, device=name) for name in ("cpu", "cuda"))
    close(device.scores, host.scores)
    same = device.penalties == host.penalties
    assert same.mean() > 0.9
    close(device.weights[:, same], host.weights[:, same])
    rough = ridge_cv(x, y, RidgeSettings(GRID, tf32=True), device="cuda")
    assert 1e-5 < rough.product_error < 1e-2


@pytest.mark.parametrize(("n", "p", "limit"), [(400, 150, 3e-5), (250, 500, 3e-4)])
def test_coarse_folds_of_a_wide_grid_score_as_exact_ones(n, p, limit):
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.standard_normal((p, p)))[0]
    x = (rng.standard_normal((n, p)) / np.arange(1, p + 1)) @ turned
    y = x @ rng.standard_normal((p, 40)) + rng.standard_normal((n, 40))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    grid = np.linalg.norm(z, 2) ** 2 / 3500 * np.logspace(0, 3, 5)
    exact, coarse = (
        ridge_cv(x, y, RidgeSettings(grid, standardise="fold", dtype=dtype), folds=np.arange(n) % 5)
        for dtype in ("float64", "float32")
    )
    assert np.abs(coarse.scores - exact.scores).max() < limit
    np.testing.assert_array_equal(coarse.penalties, exact.penalties)
