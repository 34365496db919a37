import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.clusters import CLUSTERS
from afterimage.contracts.errors import DataError
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import read_table, write_table
from afterimage.split.clusters import STARTS, cluster_stimuli, standardise


def write_features(folder, values):
    path = folder / "features.arrow"
    with ArrayWriter(
        path,
        keys={"stimulus_id": "string"},
        shape=values.shape[1:],
        dims=[f"d{i}" for i in range(values.ndim - 1)],
        unit="",
        provenance={},
    ) as writer:
        writer.write({"stimulus_id": [f"s{i:03d}" for i in range(len(values))]}, values)
    return ArrayFile(path)


def blobs(count=4, each=15, features=6, spread=0.3, seed=0):
    """Stimuli around centres, in random order, and which centre each belongs to."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(count), each))
    centres = rng.normal(scale=3, size=(count, features))
    values = centres[truth] + rng.normal(scale=spread, size=(len(truth), features))
    return values.astype("float32"), truth


def settings(count):
    return {"extractor": "pixels", "count": count}


def test_clusters_are_those_of_scikit_learn(tmp_path):
    values = np.random.default_rng(0).normal(size=(80, 5)).astype("float32")
    found = cluster_stimuli(write_features(tmp_path, values), settings(7), seed=3)
    scaled = StandardScaler().fit_transform(values)
    state = derive_seed(3, "split", "clusters") % 2**32
    model = KMeans(7, n_init=STARTS, random_state=state).fit(scaled)
    assert found["cluster"].tolist() == model.labels_.tolist()
    nearest = model.transform(scaled).min(axis=1)
    np.testing.assert_allclose(found["distance"], nearest, rtol=1e-4)


def test_separate_groups_are_found_whatever_the_scale_of_a_feature(tmp_path):
    values, truth = blobs()
    values *= np.array([1, 1e4, 1e-4, 1, 1, 1], dtype="float32")
    values[:, 5] = 0.1
    found = cluster_stimuli(write_features(tmp_path, values), settings(4), seed=0)
    pairs = set(zip(found["cluster"], truth, strict=True))
    assert len(pairs) == 4


def test_the_same_seed_gives_the_same_clusters_and_another_one_others(tmp_path):
    features = write_features(tmp_path, np.random.default_rng(0).normal(size=(60, 8)))
    first = cluster_stimuli(features, settings(6), seed=0)
    pd.testing.assert_frame_equal(first, cluster_stimuli(features, settings(6), seed=0))
    assert not first.equals(cluster_stimuli(features, settings(6), seed=1))


def test_features_with_several_dimensions_are_flattened_and_the_table_is_complete(tmp_path):
    values, _ = blobs()
    flat = cluster_stimuli(write_features(tmp_path, values), settings(4), seed=0)
    shaped = write_features(tmp_path, values.reshape(-1, 2, 3))
    pd.testing.assert_frame_equal(flat, cluster_stimuli(shaped, settings(4), seed=0))
    write_table(tmp_path / "clusters.parquet", flat, CLUSTERS)
    assert len(read_table(tmp_path / "clusters.parquet", CLUSTERS)) == len(values)


def test_standardised_features_are_those_of_scikit_learn_and_constant_ones_are_zero():
    rng = np.random.default_rng(0)
    values = rng.normal(5, rng.uniform(0.1, 100, 300), size=(40, 300)).astype("float32")
    values[:, 7] = 0.1
    found = standardise(values)
    assert not found[:, 7].any()
    kept = np.arange(300) != 7
    expected = StandardScaler().fit_transform(values.astype("float64"))
    np.testing.assert_allclose(found[:, kept], expected[:, kept], atol=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("count", [4, 99])
def test_more_clusters_than_stimuli_that_differ_are_refused(tmp_path, count):
    values = np.repeat(np.eye(3, dtype="float32"), 4, axis=0)
    with pytest.raises(DataError, match=rf"at most 3.* 'pixels'\. Found: {count}"):
        cluster_stimuli(write_features(tmp_path, values), settings(count), seed=0)


def test_features_that_are_not_finite_are_named(tmp_path):
    values, _ = blobs()
    values[4, 2] = np.nan
    with pytest.raises(DataError, match=r"1 stimuli .*features.*not finite.*s004"):
        cluster_stimuli(write_features(tmp_path, values), settings(3), seed=0)
