import numpy as np
from scipy.stats import bootstrap

from afterimage.evaluate import bootstrap as module
from afterimage.evaluate.bootstrap import percentile_interval, resampled_means, stimulus_counts


def bootstrap_interval(values, draws, seed, level=0.95, stimulus_ids=None):
    ids = np.arange(len(values)) if stimulus_ids is None else stimulus_ids
    drawn = resampled_means(values, ids, np.random.default_rng(seed), draws)
    return percentile_interval(drawn, level)


def test_interval_agrees_with_scipys_percentile_bootstrap():
    values = np.random.default_rng(0).normal(size=60)
    ours = bootstrap_interval(values, 20_000, seed=0)
    theirs = bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=1)
    np.testing.assert_allclose(ours, theirs.confidence_interval, atol=0.01)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    values = np.random.default_rng(0).normal(size=60)
    assert bootstrap_interval(values, 500, seed=3) == bootstrap_interval(values, 500, seed=3)
    assert bootstrap_interval(values, 500, seed=3) != bootstrap_interval(values, 500, seed=4)


def test_items_of_a_stimulus_are_resampled_together():
    per_stimulus = np.random.default_rng(0).normal(size=40)
    ids = np.repeat(np.arange(40), 5)
    together = bootstrap_interval(np.repeat(per_stimulus, 5), 4000, 0, stimulus_ids=ids)
    apart = bootstrap_interval(np.repeat(per_stimulus, 5), 4000, 0)
    alone = bootstrap_interval(per_stimulus, 4000, 0)
    np.testing.assert_allclose(together, alone, atol=1e-12)
    assert np.ptp(apart) < 0.6 * np.ptp(alone)


def test_unequal_numbers_of_items_weigh_as_in_the_mean_over_items():
    values, ids = np.array([1.0, 1.0, 1.0, 0.0]), np.array(["a", "a", "a", "b"])
    drawn = resampled_means(values, ids, np.random.default_rng(0), 500)
    assert set(np.round(drawn, 6)) == {0.0, 0.75, 1.0}


def test_intervals_cover_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(400):
        low, high = bootstrap_interval(rng.normal(size=50), 400, seed=trial, level=0.9)
        covered += low <= 0 <= high
    assert 0.84 < covered / 400 < 0.94


def test_chunks_of_draws_give_whole_samples(monkeypatch):
    monkeypatch.setattr(module, "CHUNK_ELEMENTS", 20)
    parts = list(stimulus_counts(7, np.random.default_rng(0), 9))
    assert sum(len(counts) for _, counts in parts) == 9
    assert all((counts.sum(axis=1) == 7).all() for _, counts in parts)


def test_one_stimulus_or_none_has_no_interval():
    assert np.isnan(bootstrap_interval(np.ones(3), 10, 0, stimulus_ids=np.zeros(3))).all()
    assert np.isnan(bootstrap_interval(np.zeros(0), 10, 0)).all()
    assert np.isnan(percentile_interval(np.zeros(0))).all()
