import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import kstest
from sklearn.metrics import roc_auc_score

from afterimage.evaluate import auc_scores, bootstrap
from afterimage.evaluate.auc_scores import AucScores
from afterimage.evaluate.bootstrap import percentile_interval
from afterimage.evaluate.metric_auc import Auc
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.permutation import permutation_p_value


def auc(decoded, labels, folds=None, ids=None, categories=None):
    labels = np.asarray(labels)
    ids = np.arange(len(labels)) if ids is None else ids
    actual = np.eye(categories or decoded.shape[1])[labels]
    return Auc().score(Pair(decoded, actual, ids, folds=folds))


def noisy(labels, signal, rng, categories=None):
    shape = (len(labels), categories or labels.max() + 1)
    return signal * np.eye(shape[1])[labels] + rng.normal(size=shape)


def interval_of(scores, draws=500, seed=0):
    return percentile_interval(scores.resampled(np.random.default_rng(seed), draws))


def p_value(scores, seed, draws=99):
    return permutation_p_value(scores.value, scores.permuted(np.random.default_rng(seed), draws))


def slow_fold(decoded, labels):
    """Return the macro area by comparing every pair; undefined comparisons count one half."""
    areas = []
    for category in np.unique(labels):
        own, other = (decoded[side, category] for side in (labels == category, labels != category))
        gap = own[:, None] - other
        areas.append(np.mean(np.where(np.isnan(gap) | (gap == 0), 0.5, gap > 0)))
    return np.mean(areas)


@pytest.mark.parametrize("share", [0.5, 0.16])
def test_two_categories_equal_scikit_learn(share):
    rng = np.random.default_rng(0)
    labels = (rng.uniform(size=200) < share).astype(int)
    evidence = rng.normal(size=200) + labels
    scores = auc(np.stack([1 - evidence, evidence], axis=1), labels)
    assert scores.value == pytest.approx(roc_auc_score(labels, evidence), abs=1e-12)


def test_several_categories_equal_scikit_learns_macro_one_versus_rest():
    rng = np.random.default_rng(1)
    labels = rng.choice(4, p=[0.55, 0.3, 0.1, 0.05], size=150)
    decoded = softmax(noisy(labels, 0.7, rng), axis=1)
    expected = roc_auc_score(labels, decoded, multi_class="ovr", average="macro")
    assert auc(decoded, labels).value == pytest.approx(expected, abs=1e-12)


def test_ties_count_one_half_as_in_scikit_learn():
    rng = np.random.default_rng(2)
    labels = rng.integers(3, size=90)
    decoded = np.round(noisy(labels, 0.5, rng))
    expected = roc_auc_score(np.eye(3)[labels], decoded, average="macro")
    assert auc(decoded, labels).value == pytest.approx(expected, abs=1e-12)
    assert auc(np.zeros((90, 3)), labels).value == 0.5


def test_folds_are_scored_by_themselves_and_weigh_by_their_items():
    rng = np.random.default_rng(3)
    labels, folds = rng.integers(3, size=120), np.repeat([0, 1, 2], [20, 40, 60])
    decoded = noisy(labels, 0.8, rng) + 5 * folds[:, None] * rng.normal(size=3)
    each = [
        roc_auc_score(np.eye(3)[labels[folds == f]], decoded[folds == f], average="macro")
        for f in range(3)
    ]
    scores = auc(decoded, labels, folds)
    assert scores.value == pytest.approx(np.average(each, weights=[20, 40, 60]), abs=1e-12)
    assert scores.unit == "AUC (3 classes, within 3 folds)"


def test_a_category_that_a_fold_lacks_does_not_count_in_that_fold():
    rng = np.random.default_rng(4)
    labels, folds = np.tile([0, 1, 2, 0, 1, 0], 10), np.repeat([0, 1], 30)
    labels[(folds == 1) & (labels == 2)] = 1
    decoded = noisy(labels, 0.8, rng)
    first = roc_auc_score(np.eye(3)[labels[:30]], decoded[:30], average="macro")
    second = roc_auc_score(np.eye(2)[labels[30:]], decoded[30:, :2], average="macro")
    assert auc(decoded, labels, folds).value == pytest.approx((first + second) / 2, abs=1e-12)


def test_a_fold_of_one_category_is_left_out_and_told():
    rng = np.random.default_rng(5)
    labels, folds = np.array([0, 1] * 20 + [1] * 10), np.repeat([0, 1, 2], [20, 20, 10])
    decoded = noisy(labels, 1.0, rng)
    scores = auc(decoded, labels, folds)
    kept = folds < 2
    assert scores.value == auc(decoded[kept], labels[kept], folds[kept]).value
    assert scores.n == 40
    assert scores.unit == "AUC (2 classes, within 2 of 3 folds)"


def test_one_category_alone_is_no_score():
    scores = auc(np.ones((6, 2)), np.zeros(6, dtype=int), np.arange(6) % 2)
    assert scores.n == 0
    assert np.isnan(scores.value)
    assert np.isnan(scores.permuted(np.random.default_rng(0), 4)).all()
    assert np.isnan(interval_of(scores)).all()
    assert "within 0 of 2 folds" in scores.unit


def test_undefined_evidence_ties_with_everything():
    rng = np.random.default_rng(6)
    labels = rng.integers(3, size=40)
    decoded = np.round(2 * noisy(labels, 1.0, rng))
    decoded[rng.uniform(size=decoded.shape) < 0.2] = np.nan
    assert auc(decoded, labels).value == pytest.approx(slow_fold(decoded, labels), abs=1e-12)


def test_random_evidence_scores_one_half_on_average_however_rare_a_category_is():
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        labels = np.r_[np.zeros(34, dtype=int), np.ones(6, dtype=int)]
        found.append(auc(rng.normal(size=(40, 2)), labels, rng.integers(2, size=40)).value)
    found = np.array(found)
    assert abs(found.mean() - 0.5) < 4 * found.std() / np.sqrt(len(found))


def leaning(seed, size=60):
    """Decode nothing in runs of unequal shares: lean to what is frequent in the other runs."""
    rng = np.random.default_rng(seed)
    folds = np.repeat(np.arange(4), size)
    share = np.array([0.3, 0.45, 0.55, 0.7])[folds]
    labels = (rng.uniform(size=len(folds)) < share).astype(int)
    elsewhere = np.array([labels[folds != fold].mean() for fold in folds])
    evidence = elsewhere + 0.1 * rng.normal(size=len(folds))
    return np.stack([1 - evidence, evidence], axis=1), labels, folds


def test_a_lean_to_the_other_folds_pulls_the_pooled_area_below_one_half_and_not_this_one():
    pooled, within, nulls = [], [], []
    for seed in range(40):
        decoded, labels, folds = leaning(seed)
        pooled.append(roc_auc_score(labels, decoded[:, 1]))
        scores = auc(decoded, labels, folds)
        within.append(scores.value)
        nulls.append(scores.permuted(np.random.default_rng(seed), 50).mean())
    assert np.mean(pooled) < 0.45
    assert abs(np.mean(within) - 0.5) < 0.015
    assert abs(np.mean(nulls) - 0.5) < 0.005


def test_p_values_are_uniform_where_runs_differ_in_their_shares():
    found = [p_value(auc(*leaning(seed)), seed) for seed in range(200)]
    assert kstest(found, "uniform").pvalue > 0.01


def test_permuted_scores_equal_a_slow_loop_that_shuffles_within_folds(monkeypatch):
    rng = np.random.default_rng(7)
    labels, folds = rng.integers(3, size=30), np.repeat([0, 1], 15)
    decoded = noisy(labels, 0.5, rng)
    draws, expected = np.random.default_rng(8), np.zeros(20)
    for fold in range(2):
        own = folds == fold
        orders = draws.permuted(np.tile(np.arange(15), (20, 1)), axis=1)
        expected += [slow_fold(decoded[own], labels[own][order]) / 2 for order in orders]
    scores = auc(decoded, labels, folds)
    np.testing.assert_allclose(scores.permuted(np.random.default_rng(8), 20), expected)
    monkeypatch.setattr(auc_scores, "CHUNK_ELEMENTS", 70)
    np.testing.assert_allclose(scores.permuted(np.random.default_rng(8), 20), expected)


def test_resampled_scores_equal_a_slow_loop_over_whole_samples(monkeypatch):
    rng = np.random.default_rng(9)
    labels, folds = rng.integers(3, size=30), np.repeat([0, 1], 15)
    decoded = np.round(2 * noisy(labels, 0.5, rng))
    decoded[rng.uniform(size=decoded.shape) < 0.1] = np.nan
    expected = []
    for drawn in np.random.default_rng(10).integers(30, size=(25, 30)):
        parts = [drawn[folds[drawn] == fold] for fold in range(2)]
        each = [slow_fold(decoded[part], labels[part]) for part in parts]
        expected.append(np.average(each, weights=[len(part) for part in parts]))
    scores = auc(decoded, labels, folds)
    np.testing.assert_allclose(scores.resampled(np.random.default_rng(10), 25), expected)
    monkeypatch.setattr(bootstrap, "CHUNK_ELEMENTS", 100)
    np.testing.assert_allclose(scores.resampled(np.random.default_rng(10), 25), expected)


def test_intervals_cover_the_true_area_about_as_often_as_they_say():
    # Two normal distributions one standard deviation apart: the area is Phi(1 / sqrt 2).
    truth, covered = 0.76025, 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        labels = np.repeat([0, 0, 1], 40)
        evidence = rng.normal(size=120) + labels
        decoded = np.stack([-evidence, evidence], axis=1)
        low, high = interval_of(auc(decoded, labels), 300, seed)
        covered += low <= truth <= high
    assert 0.90 < covered / 300 < 0.98


def test_rows_of_one_stimulus_are_resampled_together():
    rng = np.random.default_rng(11)
    labels = rng.integers(2, size=40)
    decoded, ids = noisy(labels, 1.0, rng), np.arange(40)
    twice = np.repeat(ids, 3)
    once = interval_of(auc(decoded, labels))
    together = interval_of(auc(decoded[twice], labels[twice], ids=twice))
    apart = interval_of(auc(decoded[twice], labels[twice]))
    np.testing.assert_allclose(together, once, atol=1e-12)
    assert np.ptp(apart) < 0.75 * np.ptp(once)


def test_rows_of_one_stimulus_keep_one_label_under_permutation_in_all_their_folds():
    # The evidence is the stimulus itself, the same in each row: shuffled rows would average out.
    ids = np.tile(np.arange(12), 4)
    folds, labels = np.repeat(np.arange(4), 12), (np.arange(48) % 12) % 2
    evidence = np.random.default_rng(12).normal(size=12)[ids]
    decoded = np.stack([-evidence, evidence], axis=1)
    many = auc(decoded, labels, folds, ids).permuted(np.random.default_rng(0), 400)
    one = auc(decoded[:12], labels[:12], None, ids[:12]).permuted(np.random.default_rng(0), 400)
    np.testing.assert_allclose(np.sort(many), np.sort(one))


def test_unequal_numbers_of_rows_leave_the_null_at_one_half():
    rng = np.random.default_rng(13)
    ids = np.repeat(np.arange(30), np.where(np.arange(30) < 10, 5, 1))
    decoded = rng.normal(size=(len(ids), 2))
    null = auc(decoded, (ids < 10).astype(int), ids=ids).permuted(np.random.default_rng(0), 4000)
    assert abs(null.mean() - 0.5) < 0.01


def test_columns_of_absent_categories_do_not_matter():
    rng = np.random.default_rng(14)
    labels = rng.integers(2, size=30)
    decoded = rng.normal(size=(30, 5))
    few, many = auc(decoded[:, :2], labels), auc(decoded, labels)
    assert many.value == few.value
    assert "2 classes" in many.unit


def test_a_pair_is_read_as_it_is():
    rng = np.random.default_rng(15)
    labels, folds = rng.integers(3, size=30), np.arange(30) % 2
    decoded = noisy(labels, 1.0, rng)
    assert (
        auc(decoded, labels, folds).value == AucScores(decoded, labels, np.arange(30), folds).value
    )
