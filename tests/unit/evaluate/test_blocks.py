"""Rows that depend on each other stay together when predictions are permuted."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.errors import DataError
from afterimage.evaluate import pairings, voxel_table
from afterimage.evaluate.blocks import block_labels
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.pairings import row_pairings, unit_count
from afterimage.evaluate.summarise import Draws
from afterimage.evaluate.voxel_correlation import voxel_r
from afterimage.evaluate.voxel_table import voxel_p_values


def trials_of(stimuli, runs, sessions=None):
    n = len(stimuli)
    return pd.DataFrame(
        {
            "trial_id": [f"t{i}" for i in range(n)],
            "session": sessions or [1] * n,
            "run": runs,
            "stimulus_id": stimuli,
        }
    )


def keys_of(trials, rows, counts=None):
    some = trials.iloc[rows].reset_index(drop=True)
    return some[["stimulus_id", "trial_id"]].assign(fold=0, n_trials=counts or [1] * len(rows))


def splits_of(trials):
    return pd.DataFrame({"trial_id": trials["trial_id"], "fold": 0, "role": "test"})


def test_rows_of_a_run_or_session_are_a_block():
    trials = trials_of(list("abcdef"), [1, 1, 2, 1, 1, 2], [1, 1, 1, 2, 2, 2])
    keys = keys_of(trials, range(6))
    labels = block_labels(keys, trials, splits_of(trials), "run")
    assert labels.tolist() == [0, 0, 1, 2, 2, 3]
    labels = block_labels(keys, trials, splits_of(trials), "session")
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert block_labels(keys, trials, splits_of(trials), "stimulus") is None


def test_a_mean_over_several_runs_is_a_block_of_its_own():
    trials = trials_of(list("abbcac"), [1, 1, 1, 2, 2, 2])
    keys = keys_of(trials, [0, 1, 3], [2, 2, 2])
    # a was tested in both runs; b twice in the first one, c twice in the second one.
    assert block_labels(keys, trials, splits_of(trials), "run").tolist() == [0, 1, 2]
    keys = keys_of(trials, [0, 1, 2, 3], [2, 1, 1, 2])
    assert block_labels(keys, trials, splits_of(trials), "run").tolist() == [0, 1, 1, 2]


def test_a_number_cuts_each_run_into_consecutive_rows():
    trials = trials_of(list("abcdefgh"), [1, 1, 1, 1, 1, 2, 2, 2])
    keys = keys_of(trials, range(8))
    labels = block_labels(keys, trials, splits_of(trials), 2)
    assert labels.tolist() == [0, 0, 1, 1, 2, 3, 3, 4]


def test_rows_of_other_trials_are_refused():
    trials = trials_of(list("ab"), [1, 1])
    keys = keys_of(trials, [0, 1]).assign(trial_id=["t0", "elsewhere"])
    with pytest.raises(DataError, match=r"no such trial: \['elsewhere'\]"):
        block_labels(keys, trials, splits_of(trials), "run")


def test_blocks_are_put_in_random_order_with_their_rows_in_theirs():
    blocks = np.array([0, 0, 0, 1, 1, 2])
    (orders,) = row_pairings(np.arange(6), blocks, np.random.default_rng(0), 200)
    sequences = {
        tuple(np.concatenate([[[0, 1, 2], [3, 4], [5]][b] for b in order]))
        for order in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    }
    assert {tuple(order) for order in orders.tolist()} == sequences
    assert unit_count(np.arange(6), blocks) == 3


def test_rows_of_blocks_need_not_stand_together():
    blocks = np.array([0, 1, 0, 1])
    (orders,) = row_pairings(np.arange(4), blocks, np.random.default_rng(0), 50)
    assert {tuple(order) for order in orders.tolist()} == {(0, 1, 2, 3), (1, 0, 3, 2)}


@pytest.mark.parametrize("blocks", [None, np.repeat(np.arange(10), 3)])
def test_draws_and_p_values_do_not_depend_on_what_is_in_memory(monkeypatch, blocks):
    pair = Pair(*np.random.default_rng(0).normal(size=(2, 30, 40)), np.arange(30), blocks=blocks)
    r = voxel_r(pair.predicted, pair.actual)
    whole = voxel_p_values(pair, r, Draws(0, 99, 1))
    monkeypatch.setattr(pairings, "CHUNK_ELEMENTS", 7 * 30)
    monkeypatch.setattr(voxel_table, "BLOCK_ELEMENTS", 11 * 30)
    np.testing.assert_array_equal(voxel_p_values(pair, r, Draws(0, 99, 1)), whole)


def test_a_single_block_has_no_p_value():
    pair = Pair(
        *np.random.default_rng(0).normal(size=(2, 9, 4)), np.arange(9), blocks=np.zeros(9, int)
    )
    r = voxel_r(pair.predicted, pair.actual)
    assert np.isnan(voxel_p_values(pair, r, Draws(0, 99, 0))).all()


def test_memory_does_not_grow_with_the_number_of_draws():
    pair = Pair(*np.random.default_rng(0).normal(size=(2, 40, 4000)), np.arange(40))
    r = voxel_r(pair.predicted, pair.actual)
    tracemalloc.start()
    voxel_p_values(pair, r, Draws(0, 1500, 0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Draws x channels alone would be 48 MB.
    assert peak < 16e6


def slow_noise(rng, runs, rows, v, memory=0.8):
    """Noise that remembers, run by run."""
    noise = rng.normal(size=(runs, rows, v))
    for row in range(1, rows):
        noise[:, row] = memory * noise[:, row - 1] + np.sqrt(1 - memory**2) * noise[:, row]
    return noise.reshape(runs * rows, v)


def test_blocks_keep_the_rate_of_false_alarms_where_rows_depend_and_single_rows_do_not():
    by_row, by_run = [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        sides = [slow_noise(rng, 20, 12, 100) for _ in range(2)]
        run = np.repeat(np.arange(20), 12)
        for found, blocks in ((by_row, None), (by_run, run)):
            pair = Pair(*sides, np.arange(240), blocks=blocks)
            r = voxel_r(pair.predicted, pair.actual)
            found.append((voxel_p_values(pair, r, Draws(0, 199, seed)) <= 0.05).mean())
    assert np.mean(by_row) > 0.12
    assert np.mean(by_run) < 0.08
