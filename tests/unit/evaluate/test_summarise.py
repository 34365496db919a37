from dataclasses import replace

import numpy as np
import pandas as pd

from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import check_table, read_table, write_table
from afterimage.evaluate.metric_top_k import Top1
from afterimage.evaluate.metric_two_way import TwoWay, TwoWayWithinCategory
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.refits import null_means
from afterimage.evaluate.summarise import Draws, Identity, score_rows

IDENTITY = Identity(experiment="x", subject="s1", model="ridge", target="pixels")
METRIC_LIST = [TwoWay(), Top1(), TwoWayWithinCategory()]
DRAWS = Draws(bootstrap=200, permutations=199, seed=0)


def pair_of(signal=1.0, seed=0):
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=(20, 30))
    predicted = signal * actual + rng.normal(size=(20, 30))
    return Pair(predicted, actual, np.arange(20), means={0: np.zeros(30)})


def rows_of(**options):
    refits = (("here", METRIC_LIST, pair_of(0.0, seed=s)) for s in range(20))
    nulls = null_means(refits)["here"]
    return score_rows(METRIC_LIST, pair_of(), nulls, identity=IDENTITY, draws=DRAWS, **options)


def test_rows_keep_the_schema_of_metrics_and_survive_a_file(tmp_path):
    rows = rows_of()
    write_table(tmp_path / "metrics.parquet", rows, METRICS)
    again = read_table(tmp_path / "metrics.parquet", METRICS)
    pd.testing.assert_frame_equal(again, rows, check_dtype=False)


def test_a_row_holds_everything_needed_to_judge_the_score():
    row = rows_of(ceiling={"two_way": 0.99}).iloc[0]
    assert row["metric"] == "two_way"
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert row["chance"] == 0.5
    assert abs(row["null_mean"] - 0.5) < 0.05
    assert row["p_value"] == 1 / 200
    assert row["ceiling"] == 0.99
    assert row["n"] == 20


def test_a_metric_that_could_not_score_has_no_value_and_no_items():
    row = rows_of().iloc[2]
    assert row["n"] == 0
    assert row[["value", "ci_low", "ci_high", "null_mean", "p_value"]].isna().all()


def test_rows_depend_on_the_seed_alone():
    pd.testing.assert_frame_equal(rows_of(), rows_of())


def test_a_metrics_draws_do_not_depend_on_the_others():
    alone = score_rows([Top1()], pair_of(), {}, identity=IDENTITY, draws=DRAWS)
    both = rows_of().iloc[[1]].reset_index(drop=True)
    columns = ["value", "ci_low", "ci_high", "p_value"]
    pd.testing.assert_frame_equal(alone[columns], both[columns])


def test_no_metrics_give_an_empty_table():
    rows = score_rows([], pair_of(), {}, identity=IDENTITY, draws=DRAWS)
    check_table(rows, METRICS, "test")


def test_draws_follow_the_experiments_seed_and_what_is_scored():
    evaluation = {"bootstrap": 10, "permutations": 20}
    draws = Draws.for_scores(evaluation, 1, IDENTITY)
    assert (draws.bootstrap, draws.permutations) == (10, 20)
    assert draws == Draws.for_scores(evaluation, 1, IDENTITY)
    others = [(2, IDENTITY), (1, replace(IDENTITY, subject="s2"))]
    assert len({draws.seed, *(Draws.for_scores(evaluation, *o).seed for o in others)}) == 3
