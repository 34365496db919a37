"""Two feature spaces as predictors of the same responses: differences, their sureness, the best."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control, kstest

from afterimage.contracts.tables import check_table
from afterimage.evaluate import compare_targets as module
from afterimage.evaluate.best_target import BEST, best_table, choose_targets
from afterimage.evaluate.compare_targets import COMPARED, DIFFERENCES, compare_targets
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.summarise import Draws
from afterimage.evaluate.swaps import random_swaps, swapped_differences
from afterimage.evaluate.voxel_correlation import voxel_r
from afterimage.evaluate.voxel_table import Places

N, V = 60, 40
FIRST = np.arange(V) < 15


def noisy(rng, signal, noise=1.0):
    return signal + noise * rng.normal(size=signal.shape)


def pairs_of(seed=0, n=N, v=V, better=FIRST):
    """Two targets: in the first voxels the first predicts better, elsewhere neither does."""
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=(n, v))
    one = np.where(better, noisy(rng, actual, 0.4), noisy(rng, actual))
    # Another scale: a strongly regularised encoder is no worse for being small.
    other = 0.01 * noisy(rng, actual)
    return {"late": Pair(one, actual, np.arange(n)), "early": Pair(other, actual, np.arange(n))}


def compared(pairs, draws=None, rois=None):
    v = next(iter(pairs.values())).actual.shape[1]
    draws = draws or Draws(200, 399, 0)
    return compare_targets(
        pairs, Places.of(range(v)), rois or {}, subject="s", model="ridge", draws=draws
    )


def test_swapped_differences_equal_correlations_of_swapped_predictions():
    pairs = pairs_of()
    sides = [pair.predicted for pair in pairs.values()]
    actual = pairs["late"].actual
    (swaps,) = random_swaps(np.arange(N), None, np.random.default_rng(1), 5)
    found = swapped_differences(*sides, actual, swaps)
    a, b = [(side - side.mean(axis=0)) / side.std(axis=0) for side in sides]
    for row, swap in zip(found, swaps.astype(bool), strict=True):
        one, other = np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)
        expected = [
            np.corrcoef(one[:, i], actual[:, i])[0, 1]
            - np.corrcoef(other[:, i], actual[:, i])[0, 1]
            for i in range(V)
        ]
        np.testing.assert_allclose(row, expected, atol=1e-10)


def test_rows_of_a_block_are_swapped_together():
    blocks = np.repeat(np.arange(6), 10)
    (swaps,) = random_swaps(np.arange(60), blocks, np.random.default_rng(0), 50)
    assert (swaps.reshape(50, 6, 10).std(axis=2) == 0).all()
    assert 0.3 < swaps.mean() < 0.7


def test_the_better_target_is_found_where_it_is_better_and_nowhere_else():
    table, rows = compared(pairs_of(), rois={"V1": FIRST, "V2": ~FIRST})
    check_table(table, DIFFERENCES, "test")
    check_table(rows, COMPARED, "test")
    found = (table["q_value"] <= 0.05).to_numpy()
    assert found[FIRST].mean() > 0.9
    assert found[~FIRST].mean() < 0.1
    assert (table["ci_low"] < table["difference"]).all()
    assert (table["difference"] < table["ci_high"]).all()
    of = rows.set_index("roi")
    assert of.loc["V1", "ci_low"] > 0.1
    assert of.loc["V1", "q_value"] < 0.01
    assert of.loc["V2", "ci_low"] < 0 < of.loc["V2", "ci_high"]
    assert of.loc["V2", "p_value"] > 0.05
    assert of["n"].to_dict() == {"all": V, "V1": 15, "V2": 25}


def test_differences_and_regions_equal_what_they_are_defined_as():
    pairs = pairs_of()
    table, rows = compared(pairs, rois={"V1": FIRST})
    expected = np.subtract(*[voxel_r(pair.predicted, pair.actual) for pair in pairs.values()])
    np.testing.assert_allclose(table["difference"], expected)
    assert rows.set_index("roi").loc["V1", "difference"] == pytest.approx(expected[FIRST].mean())
    np.testing.assert_allclose(table["q_value"], false_discovery_control(table["p_value"]))


def test_p_values_are_uniform_where_neither_target_is_better():
    pairs = pairs_of(seed=3, v=300, better=np.zeros(300, dtype=bool))
    table, _ = compared(pairs, Draws(100, 199, 1))
    assert kstest(table["p_value"], "uniform").pvalue > 0.01


def test_results_do_not_depend_on_how_many_voxels_are_held(monkeypatch):
    whole = compared(pairs_of(), rois={"V1": FIRST})
    monkeypatch.setattr(module, "HELD_ELEMENTS", 7 * 399)
    for table, other in zip(whole, compared(pairs_of(), rois={"V1": FIRST}), strict=True):
        numbers = table.select_dtypes("number").columns
        np.testing.assert_allclose(table[numbers], other[numbers], atol=1e-9)


def test_constant_predictions_are_compared_with_nothing():
    pairs = pairs_of()
    pairs["late"].predicted[:, :15] = 1.0
    table, rows = compared(pairs, rois={"V1": FIRST})
    assert table.loc[:14, ["difference", "ci_low", "p_value", "q_value"]].isna().all(axis=None)
    of = rows.set_index("roi")
    assert of["n"].to_dict() == {"all": 25, "V1": 0}
    assert np.isnan(of.loc["V1", "difference"])


def test_three_targets_are_compared_two_by_two_and_judged_together():
    pairs = pairs_of() | {"third": pairs_of(seed=5)["early"]}
    table, rows = compared(pairs)
    assert len(table) == 3 * V
    assert list(zip(rows["first"], rows["second"], strict=True)) == [
        ("late", "early"), ("late", "third"), ("early", "third"),
    ]  # fmt: skip
    np.testing.assert_allclose(table["q_value"], false_discovery_control(table["p_value"]))


def folded(seed=0):
    """Three targets and two folds; each third of the voxels follows one target."""
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=(N, V))
    owner = np.arange(V) % 3
    folds = np.arange(N) % 2
    pairs = {
        f"layer{i}": Pair(
            np.where(owner == i, noisy(rng, actual, 0.5), rng.normal(size=(N, V))),
            actual,
            np.arange(N),
            folds=folds,
        )
        for i in range(3)
    }
    scores = {f: np.where(owner == np.arange(3)[:, None], 0.4, 0.01) for f in (0, 1)}
    return pairs, scores, owner


def test_the_best_target_is_chosen_by_training_scores_and_told_by_the_test():
    pairs, scores, owner = folded()
    table = best_table(pairs, choose_targets(scores), Places.of(range(V)), Draws(0, 199, 0))
    check_table(table, BEST, "test")
    np.testing.assert_array_equal(table["best"], owner + 1)
    assert table["target"].tolist() == [f"layer{i}" for i in owner]
    expected = [
        voxel_r(pairs[f"layer{i}"].predicted, pairs[f"layer{i}"].actual)[v]
        for v, i in enumerate(owner)
    ]
    np.testing.assert_allclose(table["r"], expected)
    assert (table["agreement"] == 1).all()
    assert (table["q_value"] < 0.05).mean() > 0.95


def test_each_fold_is_predicted_by_its_own_choice():
    pairs, scores, _ = folded()
    scores[1] = scores[1][::-1]
    choice = choose_targets(scores)
    table = best_table(pairs, choice, Places.of(range(V)), Draws(0, 99, 0))
    mixed = pairs["layer0"].predicted.copy()
    mixed[1::2] = pairs["layer2"].predicted[1::2]
    assert table.loc[0, "r"] == pytest.approx(voxel_r(mixed, pairs["layer0"].actual)[0])
    assert table.loc[0, "agreement"] == 0.5
    assert table.loc[1, "agreement"] == 1


def test_the_choice_owes_nothing_to_the_test_side():
    """Channels of pure noise: the test-side maximum over targets is biased, the choice is not."""
    rng = np.random.default_rng(0)
    actual = rng.normal(size=(N, 400))
    pairs = {f"layer{i}": Pair(rng.normal(size=(N, 400)), actual, np.arange(N)) for i in range(6)}
    choice = choose_targets({0: rng.normal(size=(6, 400))})
    table = best_table(pairs, choice, Places.of(range(400)), Draws(0, 99, 0))
    highest = np.max([voxel_r(pair.predicted, pair.actual) for pair in pairs.values()], axis=0)
    assert abs(table["r"].mean()) < 0.02
    assert highest.mean() > 0.1


def test_without_training_scores_nothing_is_chosen():
    pairs, scores, _ = folded()
    unknown = {fold: np.full_like(table, np.nan) for fold, table in scores.items()}
    table = best_table(pairs, choose_targets(unknown), Places.of(range(V)), Draws(0, 99, 0))
    assert (table["best"] == 0).all()
    assert (table["target"] == "").all()
    assert table[["agreement", "cv_score", "r", "p_value", "q_value"]].isna().all(axis=None)
