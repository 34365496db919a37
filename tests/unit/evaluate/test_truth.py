from dataclasses import dataclass

import numpy as np
import pytest

from afterimage.evaluate.truth import (
    Moments,
    PairedGap,
    best_decoder,
    best_predictions,
    best_score,
    ceiling_agreement,
    closed_form_gap,
    decoder_score,
    paired_gap,
)

V, Q, REPETITIONS = 120, 10, 3


@dataclass
class Toy:
    """A Gaussian brain: signal and target are linear in a hidden picture."""

    moments: Moments
    to_signal: np.ndarray
    to_target: np.ndarray
    noise_sd: np.ndarray

    def sample(self, n, repetitions, rng):
        hidden = rng.normal(size=(n, self.to_signal.shape[0]))
        signal = hidden @ self.to_signal + 2.0
        noise = rng.normal(size=(repetitions, n, V)) * self.noise_sd
        return signal + noise, hidden @ self.to_target + 0.5


def toy(seed=0):
    rng = np.random.default_rng(seed)
    to_signal = rng.normal(size=(30, V)) / np.sqrt(30)
    to_target = rng.normal(size=(30, Q)) / np.sqrt(30)
    noise_sd = rng.uniform(1, 3, size=V)
    moments = Moments(
        sigma_ss=to_signal.T @ to_signal,
        sigma_sy=to_signal.T @ to_target,
        var_y=(to_target**2).sum(axis=0),
        sigma_e=noise_sd**2,
        mean_s=np.full(V, 2.0),
        mean_y=np.full(Q, 0.5),
    )
    return Toy(moments, to_signal, to_target, noise_sd)


def ridge(x, y, penalty):
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return np.linalg.solve(x.T @ x + penalty * np.eye(V), x.T @ y)


def gap_of_ridge(brain, leaked_repetitions, seed):
    """Measured against closed-form gap of a ridge that saw some of the test repetitions."""
    rng = np.random.default_rng(seed)
    (x,), y = brain.sample(400, 1, rng)
    tests, y_test = brain.sample(100, REPETITIONS, rng)
    for repetition in range(leaked_repetitions):
        x, y = np.vstack([x, tests[repetition]]), np.vstack([y, y_test])
    weights = ridge(x, y, penalty=100)
    mean = tests.mean(axis=0)
    return paired_gap(
        mean @ weights,
        best_predictions(brain.moments, mean, REPETITIONS),
        y_test,
        np.arange(100),
        closed_form=closed_form_gap(brain.moments, weights, REPETITIONS),
        n_bootstrap=500,
        seed=seed,
    )


def test_closed_form_scores_equal_measured_correlations_on_many_pictures():
    brain = toy()
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(V, Q))
    tests, y = brain.sample(40_000, REPETITIONS, rng)
    mean = tests.mean(axis=0)
    for decoder, expected in [
        (weights, decoder_score(brain.moments, weights, REPETITIONS)),
        (best_decoder(brain.moments, REPETITIONS), best_score(brain.moments, REPETITIONS)),
    ]:
        measured = [np.corrcoef((mean @ decoder)[:, j], y[:, j])[0, 1] for j in range(Q)]
        np.testing.assert_allclose(measured, expected, atol=0.02)


def test_the_bound_equals_its_second_formula():
    moments = toy().moments
    solved = np.linalg.solve(moments.response_covariance(3), moments.sigma_sy)
    explained = np.einsum("vq,vq->q", moments.sigma_sy, solved)
    np.testing.assert_allclose(best_score(moments, 3), np.sqrt(explained / moments.var_y))


@pytest.mark.parametrize("seed", range(3))
def test_no_decoder_scores_above_the_bound(seed):
    brain = toy(seed)
    rng = np.random.default_rng(seed)
    best = best_decoder(brain.moments, REPETITIONS)
    candidates = [best, best + 1e-3 * rng.normal(size=best.shape), rng.normal(size=best.shape)]
    for n in (150, 400, 1200):
        (x,), y = brain.sample(n, 1, rng)
        candidates.append(ridge(x, y, 100))
    for weights in candidates:
        score = decoder_score(brain.moments, weights, REPETITIONS)
        assert (score <= best_score(brain.moments, REPETITIONS) + 1e-9).all()


def test_more_repetitions_raise_the_bound():
    moments = toy().moments
    assert (best_score(moments, 1) < best_score(moments, 3)).all()


def test_a_diagonal_of_the_noise_means_the_diagonal_matrix():
    moments = toy().moments
    full = Moments(**{**vars(moments), "sigma_e": np.diag(moments.sigma_e)})
    np.testing.assert_allclose(best_score(full, 3), best_score(moments, 3))
    some = np.arange(0, V, 2)
    np.testing.assert_allclose(
        best_score(full.of_channels(some), 3), best_score(moments.of_channels(some), 3)
    )


def test_fewer_voxels_lower_the_bound():
    moments = toy().moments
    mask = np.arange(V) < V // 2
    assert (best_score(moments.of_channels(mask), 3) < best_score(moments, 3)).all()


def test_a_decoder_that_always_answers_the_same_scores_zero():
    assert not decoder_score(toy().moments, np.zeros((V, Q)), 3).any()


def test_an_honest_ridge_agrees_with_its_closed_form_gap():
    for seed in range(6):
        gap = gap_of_ridge(toy(seed), leaked_repetitions=0, seed=seed)
        assert gap.consistent
        assert gap.measured < 0


def test_a_leak_of_one_of_three_test_repetitions_breaks_the_agreement():
    for seed in range(6):
        gap = gap_of_ridge(toy(seed), leaked_repetitions=1, seed=seed)
        assert not gap.consistent


def test_a_decoder_above_the_best_is_never_consistent():
    assert not PairedGap(0.02, 0.01, 0.03, closed_form=0.01).consistent


def test_a_constant_prediction_counts_as_zero_correlation():
    y = np.random.default_rng(0).normal(size=(30, Q))
    gap = paired_gap(np.ones_like(y), y, y, np.arange(30), closed_form=-1.0, n_bootstrap=50, seed=0)
    assert np.isclose(gap.measured, -1)
    assert np.isclose(gap.ci_high, -1)


def test_agreement_of_ceilings_leaves_unknown_voxels_out():
    estimated, true = np.array([1.0, 2.0, np.nan, 4.0]), np.array([2.0, 4.0, 1.0, 8.0])
    assert np.isclose(ceiling_agreement(estimated, true), 1)


def test_moments_are_read_by_name():
    moments = toy().moments
    assert Moments.from_truth({**vars(moments), "n_ref": np.ones(1)}).mean_y[0] == 0.5
