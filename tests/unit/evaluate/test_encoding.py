import numpy as np
import pytest

from afterimage.contracts.tables import check_table
from afterimage.evaluate.encoding import encoding_rows, significant_rows
from afterimage.evaluate.metric_encoding import EncodingR, EncodingR2
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.summarise import METRICS, Draws, Identity
from afterimage.evaluate.voxel_correlation import voxel_r
from afterimage.evaluate.voxel_table import VOXELS, Places, voxel_table

IDENTITY = Identity(experiment="x", subject="s1", model="ridge_encoder", target="gabor")
METRIC_LIST = [EncodingR(), EncodingR2()]


def pair_of(n=40, v=12, seed=0):
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=(n, v))
    strength = np.linspace(0, 1, v)
    predicted = strength * actual + 0.3 * rng.normal(size=(n, v))
    return Pair(predicted, actual, np.arange(n))


def test_the_table_of_voxels_keeps_its_schema_and_marks_what_is_unknown():
    pair = pair_of()
    pair.actual[:, 3] = 1.0
    table = voxel_table(pair, Places.of(range(100, 112)), draws=Draws(0, 99, 0))
    check_table(table, VOXELS, "test")
    assert table["channel"].tolist() == list(range(100, 112))
    undefined = ["r", "r2", "p_value", "q_value", "ncsnr", "ceiling_r", "normalised_r"]
    assert table.loc[3, undefined].isna().all()
    assert table.drop(index=3)["q_value"].notna().all()


def test_p_values_of_voxels_follow_their_signal():
    table = voxel_table(pair_of(), Places.of(range(12)), draws=Draws(0, 199, 0))
    assert (table["p_value"][4:] == 1 / 200).all()
    assert table["p_value"][0] > 0.02


def test_p_values_of_voxels_without_signal_are_uniform():
    rng = np.random.default_rng(0)
    pair = Pair(*rng.normal(size=(2, 30, 400)), np.arange(30))
    table = voxel_table(pair, Places.of(range(400)), draws=Draws(0, 99, 0))
    assert abs((table["p_value"] <= 0.1).mean() - 0.1) < 0.05


def test_there_is_a_row_for_all_voxels_and_for_each_region():
    pair, mask = pair_of(), np.arange(12) >= 6
    rows = encoding_rows(
        METRIC_LIST,
        pair,
        {"V2": mask, "V1": ~mask},
        [pair_of(seed=s + 1) for s in range(3)],
        identity=IDENTITY,
        draws=Draws(200, 99, 0),
        ceiling_r=np.linspace(0.1, 0.9, 12),
    )
    check_table(rows, METRICS, "test")
    assert rows["roi"].tolist() == ["all", "all", "V1", "V1", "V2", "V2"]
    r = rows[rows["metric"] == "encoding_r"].set_index("roi")
    assert r.loc["V2", "value"] == pytest.approx(voxel_r(pair.predicted, pair.actual)[6:].mean())
    assert r.loc["all", "ceiling"] == pytest.approx(0.5)
    assert (r["ci_low"] < r["value"]).all()
    assert (r["value"] < r["ci_high"]).all()
    assert r["null_mean"].notna().all()
    assert (r["chance"] == 0).all()
    assert (r["n"] == 40).all()


def test_an_empty_region_has_no_value():
    rows = encoding_rows(
        [EncodingR()],
        pair_of(),
        {"none": np.zeros(12, dtype=bool)},
        identity=IDENTITY,
        draws=Draws(10, 10, 0),
    )
    assert rows.loc[1, "n"] == 0
    assert np.isnan(rows.loc[1, "value"])


def test_the_share_of_significant_voxels_counts_those_that_were_tested():
    q = np.array([0.01, 0.04, 0.2, np.nan, 0.05])
    masks = {"V1": np.array([True, True, False, True, False]), "V2": np.arange(5) == 3}
    rows = significant_rows(q, masks, IDENTITY, 0.05)
    check_table(rows, METRICS, "test")
    assert rows["roi"].tolist() == ["all", "V1", "V2"]
    assert rows["n"].tolist() == [4, 2, 0]
    np.testing.assert_array_equal(rows["value"], [0.75, 1.0, np.nan])
    assert rows["unit"].unique().tolist() == ["share of channels (FDR 0.05)"]
