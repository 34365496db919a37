"""One suite that every registered metric of this stage passes, and claims about each."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import kstest

from afterimage.contracts.config.base import Entry
from afterimage.contracts.registry import BUILT_IN, build, find_class
from afterimage.contracts.seams import Metric
from afterimage.evaluate.metric_accuracy import Accuracy
from afterimage.evaluate.metric_encoding import EncodingMedianR, EncodingR, EncodingR2
from afterimage.evaluate.metric_normalised import EncodingNormalisedR
from afterimage.evaluate.metric_pixel_correlation import PixelCorrelation
from afterimage.evaluate.metric_ssim import Ssim
from afterimage.evaluate.metric_top_k import Top1, Top5
from afterimage.evaluate.metric_two_way import TwoWay, TwoWayRaw, TwoWayWithinCategory
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.permutation import permutation_p_value

NAMES = sorted(BUILT_IN["metric"])
N = 24
SCALED = ("encoding_r2", "encoding_normalised_r2")


def pair_for(kind, signal=1.0, n=N, seed=0):
    rng = np.random.default_rng(seed)
    shape = {"features": (30,), "images": (12, 12, 3), "labels": (4,), "encoding": (15,)}[kind]
    actual = rng.uniform(size=(n, *shape))
    categories = np.arange(n) % 4
    if kind == "labels":
        actual = np.eye(4)[categories]
    predicted = signal * actual + rng.uniform(size=(n, *shape))
    mean = {0: actual.reshape(n, -1).mean(axis=0)}
    ids = np.array([f"s{i:03d}" for i in range(n)])
    ceiling_r = np.linspace(0.5, 1, 15) if kind == "encoding" else None
    return Pair(predicted, actual, ids, categories=categories, means=mean, ceiling_r=ceiling_r)


def p_value(scores, draws=199, seed=1):
    return permutation_p_value(scores.value, scores.permuted(np.random.default_rng(seed), draws))


@pytest.fixture(params=NAMES)
def metric(request):
    return build("metric", {"name": request.param})


def test_is_found_by_its_name_and_keeps_the_seam(metric):
    assert isinstance(metric, Metric)
    assert issubclass(metric.Config, Entry)
    assert metric.name == metric.config.name in NAMES
    assert all(field.description for field in metric.Config.model_fields.values())


def test_unknown_keys_are_refused(metric):
    with pytest.raises(ValidationError):
        find_class("metric", metric.name).Config(name=metric.name, misspelt=1)


def test_informed_predictions_score_above_chance_with_a_small_p_value(metric):
    scores = metric.score(pair_for(metric.kind))
    assert scores.n == N
    assert scores.unit
    assert p_value(scores) == 1 / 200
    if metric.name not in SCALED:  # the planted predictions have another scale
        assert scores.value > scores.chance


def test_uninformed_predictions_score_about_chance(metric):
    found = [metric.score(pair_for(metric.kind, 0.0, seed=s)) for s in range(40)]
    if metric.name not in SCALED:
        differences = np.array([scores.value - scores.chance for scores in found])
        assert abs(differences.mean()) < 4 * differences.std() / np.sqrt(40)


def test_p_values_are_uniform_without_an_effect(metric):
    found = [p_value(metric.score(pair_for(metric.kind, 0.0, seed=s)), 99, s) for s in range(60)]
    # Ties of scores that take few values push p-values up, never down.
    assert kstest(found, "uniform", alternative="greater").pvalue > 0.01


def test_intervals_and_nulls_are_deterministic(metric):
    pair = pair_for(metric.kind)
    for name in ("resampled", "permuted"):
        first = getattr(metric.score(pair), name)(np.random.default_rng(3), 20)
        again = getattr(metric.score(pair), name)(np.random.default_rng(3), 20)
        assert first.shape == (20,)
        np.testing.assert_array_equal(first, again)


def test_the_bootstrap_is_centred_on_the_score(metric):
    scores = metric.score(pair_for(metric.kind))
    drawn = scores.resampled(np.random.default_rng(0), 500)
    assert abs(drawn.mean() - scores.value) < drawn.std() + 1e-12


def test_undefined_predictions_are_no_better_than_chance(metric):
    pair = pair_for(metric.kind)
    broken = Pair(
        np.full_like(pair.predicted, np.nan),
        pair.actual,
        pair.stimulus_ids,
        pair.categories,
        means=pair.means,
        ceiling_r=pair.ceiling_r,
    )
    scores = metric.score(broken)
    assert np.isnan(scores.value) or scores.value <= scores.chance + 1e-12
    assert not p_value(scores) < 1


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_compare_is_no_score_and_no_error(metric, n):
    pair = pair_for(metric.kind)
    few = Pair(
        pair.predicted[:n],
        pair.actual[:n],
        pair.stimulus_ids[:n],
        pair.categories[:n],
        means=pair.means,
        ceiling_r=pair.ceiling_r,
    )
    scores = metric.score(few)
    if n == 0 or metric.kind in ("features", "encoding"):
        assert scores.n == 0
        assert np.isnan(scores.value)
    assert np.isnan(scores.resampled(np.random.default_rng(0), 5)).all()


def digits_like(n, folds, seed):
    """Pictures that share much of their mean, decoded without any information."""
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=(n, 20)) + 3 * rng.normal(size=20)
    fold = np.arange(n) % folds
    means = {f: actual[fold != f].mean(axis=0) for f in range(folds)}
    own = np.stack([means[f] for f in fold])
    return actual, fold, means, own, rng


def test_uncentred_two_way_has_a_null_below_one_half_and_centring_mends_it():
    raw, centred = [], []
    for seed in range(40):
        actual, fold, means, own, rng = digits_like(20, 20, seed)
        # What a regularised decoder does on shuffled pairs: the training mean and a little noise.
        predicted = own + 0.1 * rng.normal(size=actual.shape)
        pair = Pair(predicted, actual, np.arange(20), folds=fold, means=means)
        raw.append(TwoWayRaw().score(pair).value)
        centred.append(TwoWay().score(pair).value)
    assert np.mean(raw) < 0.47
    assert abs(np.mean(centred) - 0.5) < 0.03


def test_the_mean_prediction_scores_exactly_one_half_over_all_folds():
    actual, fold, means, own, _ = digits_like(20, 5, 0)
    ids, categories = np.arange(20), np.arange(20) % 3
    pair = Pair(own.astype(np.float32), actual, ids, categories, folds=fold, means=means)
    assert TwoWay().score(pair).value == 0.5
    assert TwoWayWithinCategory().score(pair).value == 0.5
    assert Top1().score(pair).value == pytest.approx(1 / 20)
    assert p_value(TwoWay().score(pair)) == 1


def test_the_mean_picture_scores_one_half_in_any_space_without_folds():
    rng = np.random.default_rng(0)
    actual = rng.uniform(size=(30, 40))
    anything = np.tile(rng.uniform(size=40), (30, 1))
    pair = Pair(anything, actual, np.arange(30), means={0: actual.mean(axis=0)})
    assert TwoWay().score(pair).value == pytest.approx(0.5, abs=1e-12)
    assert p_value(TwoWay().score(pair)) == 1


def test_knowing_only_the_category_is_one_half_within_it_and_more_than_that_between():
    rng = np.random.default_rng(0)
    categories = np.arange(40) % 4
    prototypes = 3 * rng.normal(size=(4, 30))
    actual = prototypes[categories] + rng.normal(size=(40, 30))
    predicted = prototypes[categories] + rng.normal(size=(40, 30))
    pair = Pair(predicted, actual, np.arange(40), categories, means={0: actual.mean(axis=0)})
    assert TwoWay().score(pair).value > 0.8
    within = TwoWayWithinCategory().score(pair)
    assert abs(within.value - 0.5) < 0.1
    assert p_value(within) > 0.05


def test_within_a_category_only_its_members_compete():
    pair = pair_for("features", signal=0.3)
    predicted, actual = (side - pair.means[0] for side in (pair.predicted, pair.actual))
    similarity = np.corrcoef(predicted, actual)[:N, N:]
    same = pair.categories[:, None] == pair.categories
    np.fill_diagonal(same, False)
    expected = [np.mean(row[same[i]] < row[i]) for i, row in enumerate(similarity)]
    scores = TwoWayWithinCategory().score(pair).frame()["score"]
    np.testing.assert_allclose(scores, expected)


def test_within_a_category_lonely_and_unnamed_pictures_are_left_out_and_counted_out():
    pair = pair_for("features", n=6)
    categories = np.array(["a", "a", "b", None, "c", "c"], dtype=object)
    some = Pair(pair.predicted, pair.actual, pair.stimulus_ids, categories, means=pair.means)
    assert TwoWayWithinCategory().score(some).n == 4
    none = Pair(pair.predicted, pair.actual, pair.stimulus_ids, means=pair.means)
    assert TwoWayWithinCategory().score(none).n == 0


def test_pools_keep_feature_spaces_of_two_folds_apart():
    pair = pair_for("features")
    fold = np.arange(N) % 2
    # The second fold's space is turned round: comparing across folds would make no sense.
    turn = np.where(fold == 1, -1, 1)[:, None]
    mean = pair.means[0]
    turned = Pair(
        pair.predicted * turn,
        pair.actual * turn,
        pair.stimulus_ids,
        folds=fold,
        pools=fold,
        means={0: mean, 1: -mean},
    )
    apart = Pair(pair.predicted, pair.actual, pair.stimulus_ids, pools=fold, means=pair.means)
    np.testing.assert_allclose(TwoWay().score(turned).values, TwoWay().score(apart).values)
    assert Top1().score(turned).chance == pytest.approx(1 / 12)


def test_top_k_states_its_gallery_and_chance():
    scores = Top5().score(pair_for("features"))
    assert scores.chance == pytest.approx(5 / N)
    assert "gallery 24" in scores.unit


def test_several_samples_of_one_stimulus_are_one_candidate():
    pair = pair_for("features", n=8)
    twice = np.repeat(np.arange(8), 2)
    doubled = Pair(
        pair.predicted[twice], pair.actual[twice], pair.stimulus_ids[twice], means=pair.means
    )
    assert TwoWay().score(doubled).value == pytest.approx(TwoWay().score(pair).value)
    assert Top1().score(doubled).chance == pytest.approx(1 / 8)


def test_a_uniform_reconstruction_has_pixel_correlation_zero():
    pair = pair_for("images")
    grey = Pair(np.full_like(pair.predicted, 0.5), pair.actual, pair.stimulus_ids)
    assert PixelCorrelation().score(grey).value == 0


def test_the_mean_picture_is_at_the_chance_of_pixel_metrics():
    pair = pair_for("images")
    mean = np.tile(pair.actual.mean(axis=0), (N, 1, 1, 1))
    for metric in (PixelCorrelation(), Ssim()):
        scores = metric.score(Pair(mean, pair.actual, pair.stimulus_ids))
        assert scores.value == pytest.approx(scores.chance, abs=1e-12)
        assert p_value(scores) == 1


def test_ssim_compares_a_bounded_number_of_pairs(monkeypatch):
    from afterimage.evaluate import metric_ssim

    counted = []

    def counting(predicted, actual):
        counted.append(len(predicted) * len(actual))
        return np.ones((len(predicted), len(actual)))

    monkeypatch.setattr(metric_ssim, "ssim_matrix", counting)
    Ssim(Ssim.Config(max_pairs=100)).score(pair_for("images")).permuted(
        np.random.default_rng(0), 10
    )
    assert sum(counted) <= 100


def test_permuting_within_groups_changes_the_null_little():
    pair = pair_for("images", signal=0.05)
    full = Ssim().score(pair)
    grouped = Ssim(Ssim.Config(max_pairs=N * 8)).score(pair)
    assert full.value == grouped.value
    draws = [s.permuted(np.random.default_rng(0), 500) for s in (full, grouped)]
    assert abs(draws[0].mean() - draws[1].mean()) < 0.5 * draws[0].std()


def test_accuracy_states_its_classes():
    scores = Accuracy().score(pair_for("labels"))
    assert scores.chance == 0.25
    assert "4 classes" in scores.unit


def by_run(seed, informed):
    """Return categories of runs with unequal shares, and a decoder that only knows the run.

    It decodes the rarer or the more frequent category of each run, and errs in one case of five.
    """
    rng = np.random.default_rng(seed)
    folds = np.repeat(np.arange(4), 60)
    labels = (rng.uniform(size=240) < np.array([0.3, 0.4, 0.6, 0.7])[folds]).astype(int)
    guess = (folds > 1) == informed
    guess = np.where(rng.uniform(size=240) < 0.2, ~guess, guess).astype(int)
    return Pair(np.eye(2)[guess], np.eye(2)[labels], np.arange(240), folds=folds)


@pytest.mark.parametrize("informed", [False, True])
def test_the_null_of_accuracy_undergoes_the_shares_of_runs_as_the_score_does(informed):
    scores = [Accuracy().score(by_run(seed, informed)) for seed in range(100)]
    values = np.array([one.value for one in scores])
    nulls = [one.permuted(np.random.default_rng(seed), 99) for seed, one in enumerate(scores)]
    assert abs(values.mean() - 0.5) > 0.05
    assert abs(np.mean(nulls) - values.mean()) < 4 * values.std() / 10
    found = [permutation_p_value(*pair) for pair in zip(values, nulls, strict=True)]
    # Accuracies take few values; their ties push p-values up a little.
    assert kstest(found, "uniform", alternative="greater").pvalue > 0.01
    assert 0.4 < np.mean(found) < 0.6


def test_folds_of_one_stimulus_are_permuted_among_themselves():
    pair = pair_for("labels")
    alone = Pair(pair.predicted, pair.actual, pair.stimulus_ids, folds=np.arange(N))
    assert p_value(Accuracy().score(alone)) == 1 / 200


def test_encoding_leaves_constant_voxels_out():
    pair = pair_for("encoding")
    constant = pair.actual.copy()
    constant[:, 0] = 1.5
    scores = EncodingR().score(Pair(pair.predicted, constant, pair.stimulus_ids))
    assert np.isnan(scores.voxels[0])
    assert scores.value == pytest.approx(scores.voxels[1:].mean())


def test_predicting_the_mean_explains_no_variance():
    pair = pair_for("encoding")
    mean = np.tile(pair.actual.mean(axis=0), (N, 1))
    assert EncodingR2().score(Pair(mean, pair.actual, pair.stimulus_ids)).value == pytest.approx(0)


def test_the_median_over_voxels_is_not_lifted_by_a_few():
    pair = pair_for("encoding", signal=0.0)
    some = pair.predicted.copy()
    some[:, :3] = pair.actual[:, :3]
    scores = EncodingMedianR().score(Pair(some, pair.actual, pair.stimulus_ids))
    assert scores.value == pytest.approx(np.median(scores.voxels))
    assert scores.value < EncodingR().score(Pair(some, pair.actual, pair.stimulus_ids)).value


def test_normalised_scores_say_how_many_voxels_count():
    pair = pair_for("encoding")
    ceiling = np.where(np.arange(15) < 4, np.nan, 0.9)
    known = Pair(pair.predicted, pair.actual, pair.stimulus_ids, ceiling_r=ceiling)
    scores = EncodingNormalisedR().score(known)
    r = EncodingR().score(known).voxels[4:]
    assert scores.value == pytest.approx((r / 0.9).mean())
    above = int((r > 0.9).sum())
    assert scores.unit == f"r / ceiling (11 of 15 channels, {above} above 1)"
    unknown = Pair(pair.predicted, pair.actual, pair.stimulus_ids)
    assert EncodingNormalisedR().score(unknown).n == 0


def test_regions_are_permuted_in_the_same_blocks_as_voxels():
    pair = pair_for("encoding", signal=0.0)
    halves = Pair(pair.predicted, pair.actual, pair.stimulus_ids, blocks=np.arange(N) // 12)
    drawn = EncodingR().score(halves).permuted(np.random.default_rng(0), 50)
    assert len(np.unique(drawn.round(12))) == 2
    one = Pair(pair.predicted, pair.actual, pair.stimulus_ids, blocks=np.zeros(N, dtype=int))
    assert np.isnan(EncodingR().score(one).permuted(np.random.default_rng(0), 5)).all()
