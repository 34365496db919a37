import numpy as np
import pytest

from afterimage.evaluate import item_scores
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.item_scores import ItemScores


def scores_of(table, ids=None, pools=None, **options):
    ids = np.arange(len(table)) if ids is None else ids
    return ItemScores(
        ids, galleries(ids, pools), lambda rows, pictures: table[np.ix_(rows, pictures)], **options
    )


def random_table(n=12):
    return np.random.default_rng(0).normal(size=(n, n))


def test_the_score_is_the_mean_of_the_true_pairs():
    table = random_table()
    scores = scores_of(table)
    assert scores.n == 12
    assert np.isclose(scores.value, np.trace(table) / 12)


def test_permuted_scores_equal_a_slow_loop_over_the_same_pairings():
    table = random_table()
    drawn = scores_of(table).permuted(np.random.default_rng(3), 40)
    orders = np.random.default_rng(3).permuted(np.tile(np.arange(12), (40, 1)), axis=1)
    expected = [np.mean([table[i, order[i]] for i in range(12)]) for order in orders]
    np.testing.assert_allclose(drawn, expected)


def test_chunks_of_rows_give_the_same_as_one_table(monkeypatch):
    table, pools = random_table(), np.arange(12) % 2
    whole = scores_of(table, pools=pools)
    monkeypatch.setattr(item_scores, "TABLE_ELEMENTS", 13)
    parts = scores_of(table, pools=pools)
    np.testing.assert_array_equal(parts.values, whole.values)
    assert np.isclose(parts.chance, whole.chance)
    rng = np.random.default_rng
    np.testing.assert_allclose(parts.permuted(rng(1), 30), whole.permuted(rng(1), 30))


def test_pools_are_permuted_within_themselves():
    # Between pools the scores are huge; no draw may ever pick one.
    table, pools = random_table(), np.arange(12) % 3
    table[pools[:, None] != pools] = 1e9
    assert scores_of(table, pools=pools).permuted(np.random.default_rng(0), 100).max() < 10


def test_repetitions_stay_together_under_permutation():
    # Each item scores the number of the stimulus it is paired with: their mean never changes.
    ids = np.repeat(np.arange(5), 3)
    table = np.tile(ids, (15, 1)).astype(float)
    np.testing.assert_allclose(scores_of(table, ids).permuted(np.random.default_rng(0), 20), 2)


def test_chance_is_the_expectation_over_pairings_unless_stated():
    table = random_table()
    assert np.isclose(scores_of(table).chance, table.mean())
    assert scores_of(table, chance=0.25).chance == 0.25


def test_undefined_entries_count_as_stated():
    table = np.full((4, 4), np.nan)
    assert scores_of(table, undefined=0.5).value == 0.5
    assert (scores_of(table, undefined=0.5).permuted(np.random.default_rng(0), 5) == 0.5).all()


def test_scores_of_single_pairs_spare_the_table():
    def no_table(rows, pictures):
        raise AssertionError("the table was made")

    own = np.arange(4.0)
    scores = ItemScores(
        own, galleries(own), no_table, own_of=lambda rows, pictures: own[rows] * own[pictures]
    )
    assert np.isclose(scores.value, np.mean(own**2))


def test_the_frame_is_in_the_order_of_the_rows():
    table, pools = random_table(6), np.array([1, 0, 1, 0, 1, 0])
    frame = scores_of(table, pools=pools).frame()
    assert frame["row"].tolist() == list(range(6))
    np.testing.assert_allclose(frame["score"], np.diagonal(table))


def test_nothing_to_score_is_undefined_and_not_an_error():
    scores = scores_of(np.zeros((1, 1)))
    assert scores.n == 0
    assert np.isnan(scores.value)
    assert scores.chance is None
    assert np.isnan(scores.resampled(np.random.default_rng(0), 3)).all()
    assert scores.permuted(np.random.default_rng(0), 3).shape == (3,)


@pytest.mark.parametrize("name", ["resampled", "permuted"])
def test_draws_follow_the_generator(name):
    scores = scores_of(random_table())
    first = getattr(scores, name)(np.random.default_rng(5), 10)
    again = getattr(scores, name)(np.random.default_rng(5), 10)
    np.testing.assert_array_equal(first, again)
