from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import check_table, write_table
from afterimage.contracts.trials import TRIALS
from afterimage.evaluate import nearest
from afterimage.evaluate.nearest import nearest_candidates
from afterimage.evaluate.neighbours import (
    EXACT_COPY,
    NEIGHBOURS,
    measure_neighbours,
    neighbour_rows,
)

N, FOLDS = 40, 4
IDS = [f"s{i:02d}" for i in range(N)]


def features(n=N, shape=(3, 7), seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


def array_file(path, values, ids=IDS):
    with ArrayWriter(
        path,
        keys={"stimulus_id": "string"},
        shape=values.shape[1:],
        dims=[f"d{i}" for i in range(values.ndim - 1)],
        unit="",
        provenance={},
    ) as writer:
        writer.write({"stimulus_id": ids}, values)
    return ArrayFile(path)


def trials_of(ids=IDS, subjects=("a", "b")):
    """Every subject saw every stimulus once."""
    rows = [(f"{s}-{name}", s, name) for s in subjects for name in ids]
    table = pd.DataFrame(rows, columns=["trial_id", "subject", "stimulus_id"])
    table = table.assign(session=1, run=1, onset=np.nan, repetition=0, published_role=None)
    return table[TRIALS.names]


def splits_of(trials, tested):
    """``tested`` holds for each fold the stimuli that are held out; one more is validation."""
    frames = []
    for fold, held in enumerate(tested):
        stimulus = trials["stimulus_id"]
        role = np.where(stimulus.isin(held), "test", "train")
        role = np.where((stimulus == IDS[-1]) & (role == "train"), "val", role)
        frames.append(pd.DataFrame({"trial_id": trials["trial_id"], "fold": fold, "role": role}))
    return pd.concat(frames, ignore_index=True).assign(group="")[SPLITS.names]


def kfold():
    trials = trials_of()
    return trials, splits_of(trials, [IDS[fold::FOLDS] for fold in range(FOLDS)])


def holdout(n_test=10):
    trials = trials_of()
    return trials, splits_of(trials, [IDS[:n_test]])


def test_agrees_with_scikit_learn(tmp_path):
    values = features()
    trials, splits = holdout()
    rows = neighbour_rows("gabor", array_file(tmp_path / "f.arrow", values), splits, trials)
    flat = values.reshape(N, -1).astype(np.float64)
    search = NearestNeighbors(n_neighbors=1, metric="correlation").fit(flat[10:])
    distance, index = search.kneighbors(flat[:10])
    np.testing.assert_allclose(rows["distance"], distance[:, 0], atol=1e-8)
    assert rows["nearest_id"].tolist() == [IDS[10 + i] for i in index[:, 0]]
    # Asked without queries, scikit-learn leaves each point itself out.
    np.testing.assert_allclose(rows["reference"], np.median(search.kneighbors()[0]), atol=1e-8)


def test_a_planted_copy_is_found_with_both_ids(tmp_path):
    values = features()
    values[3] = 2 * values[25] + 1  # the correlation distance sees no scale and no offset
    values[4] = values[5]  # both are test stimuli: no neighbours of one another
    trials, splits = holdout()
    file = array_file(tmp_path / "f.arrow", values)
    rows = neighbour_rows("gabor", file, splits, trials).set_index("stimulus_id")
    assert rows.loc["s03", "nearest_id"] == "s25"
    assert rows.loc["s03", "distance"] < EXACT_COPY
    assert (rows["distance"] < EXACT_COPY).sum() == 1


def test_validation_counts_as_training_and_unused_stimuli_as_nothing(tmp_path):
    values = features()
    values[0], values[1] = values[N - 1], values[20]
    trials, splits = holdout()
    unused = splits["trial_id"].str.endswith("-s20")
    splits.loc[unused, "role"] = "unused"
    file = array_file(tmp_path / "f.arrow", values)
    rows = neighbour_rows("gabor", file, splits, trials).set_index("stimulus_id")
    assert rows.loc["s00", ["nearest_id", "distance"]].tolist() == [IDS[-1], 0.0]
    assert rows.loc["s01", "distance"] > EXACT_COPY


def test_every_fold_has_its_own_training_side_and_reference(tmp_path):
    trials, splits = kfold()
    file = array_file(tmp_path / "f.arrow", features())
    rows = neighbour_rows("gabor", file, splits, trials)
    check_table(rows, NEIGHBOURS, "test")
    assert sorted(rows["stimulus_id"]) == IDS
    for fold in range(FOLDS):
        alone = neighbour_rows("gabor", file, splits[splits["fold"] == fold], trials)
        here = rows[rows["fold"] == fold].reset_index(drop=True)
        pd.testing.assert_frame_equal(here, alone)
        assert not set(here["nearest_id"]) & set(here["stimulus_id"])
        assert here["reference"].nunique() == 1
    assert rows["reference"].nunique() == FOLDS


@pytest.mark.parametrize("block_bytes", [1, 8 * 21 * 7, 8 * 100])
def test_the_size_of_blocks_changes_nothing(block_bytes):
    values = features()
    values[30] = values[12]  # equally near to everything: the first one has to win
    candidates = np.random.default_rng(1).random((3, N)) < 0.7
    candidates[:, [12, 30]] = True
    read = []

    def counting(part):
        read.append(values[part].size)
        return values[part]

    whole = nearest_candidates(lambda part: values[part], candidates)
    parts = nearest_candidates(counting, candidates, block_bytes)
    np.testing.assert_array_equal(parts.index, whole.index)
    np.testing.assert_array_equal(parts.distance, whole.distance)
    assert 30 not in np.delete(whole.index, 12, axis=1)
    assert max(read) <= max(21, block_bytes // 8)


def test_no_table_of_all_pairs_is_ever_made(monkeypatch):
    sizes = []
    keep = nearest._keep_nearer

    def watched(index, distance, rows, columns, table, candidates):
        sizes.append(table.nbytes)
        keep(index, distance, rows, columns, table, candidates)

    monkeypatch.setattr(nearest, "_keep_nearer", watched)
    values = features(3000, (2,))
    nearest_candidates(lambda part: values[part], np.ones((1, 3000), dtype=bool))
    assert max(sizes) <= 8 << 20
    assert sum(sizes) == 8 * 3000**2


def test_constant_features_have_no_neighbour_and_are_nobodys(tmp_path):
    values = features()
    values[[2, 15]] = 0.5  # a test and a training stimulus
    values[7, 1, 1] = np.nan
    trials, splits = holdout()
    file = array_file(tmp_path / "f.arrow", values)
    rows = neighbour_rows("gabor", file, splits, trials).set_index("stimulus_id")
    check_table(rows.reset_index()[NEIGHBOURS.names], NEIGHBOURS, "test")
    undefined = rows.loc[["s02", "s07"]]
    assert undefined[["nearest_id", "distance"]].isna().all(axis=None)
    assert rows.drop(["s02", "s07"])["distance"].notna().all()
    assert "s15" not in set(rows["nearest_id"])
    assert rows["reference"].notna().all()


def test_one_training_stimulus_has_no_reference(tmp_path):
    trials, splits = holdout(N - 1)
    file = array_file(tmp_path / "f.arrow", features())
    rows = neighbour_rows("gabor", file, splits, trials)
    assert (rows["nearest_id"] == IDS[-1]).all()
    assert rows["reference"].isna().all()


def test_the_files_of_a_rule_make_one_table_of_all_spaces(tmp_path):
    trials, splits = kfold()
    write_table(tmp_path / "splits.parquet", splits, SPLITS)
    inputs = SimpleNamespace(splits=str(tmp_path / "splits.parquet"), trials=[], features=[])
    for subject, mine in trials.groupby("subject"):
        inputs.trials.append(str(tmp_path / f"{subject}.parquet"))
        write_table(inputs.trials[-1], mine, TRIALS)
    for space, shape in {"gabor": (5,), "pixels": (2, 2, 3)}.items():
        inputs.features.append(str(tmp_path / f"{space}.arrow"))
        array_file(inputs.features[-1], features(shape=shape))
    table = measure_neighbours(inputs, ["gabor", "pixels"])
    write_table(tmp_path / "neighbours.parquet", table, NEIGHBOURS)
    assert table["space"].tolist() == ["gabor"] * N + ["pixels"] * N
    none = SimpleNamespace(splits=inputs.splits, trials=inputs.trials, features=[])
    write_table(tmp_path / "none.parquet", measure_neighbours(none, []), NEIGHBOURS)
