"""Transforms of targets, and targets that depend on the split."""

import numpy as np
import pytest
from model_rows import VALUES

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.splits import training_stimuli
from afterimage.models.sources import StimulusRows
from afterimage.models.target_values import (
    fit_targets,
    restore_transforms,
    transform_tensors,
    write_target_values,
)
from afterimage.models.targets import make_transform, principal_components

CONFIGS = [
    {"name": "none"},
    {"name": "standardise"},
    {"name": "pca", "n_components": 4},
    {"name": "pca", "n_components": 4, "whiten": True},
]


def values_of(n=20, shape=(3, 4), seed=0):
    return np.random.default_rng(seed).normal(3, 2, size=(n, *shape)).astype(np.float32)


@pytest.mark.parametrize("config", CONFIGS)
def test_a_restored_transform_gives_the_same_bytes(config):
    values = values_of()
    fitted = make_transform(config).fit(values)
    restored = make_transform(config).restore(fitted.state())
    targets = fitted.forward(values)
    assert targets.dtype == np.float32
    assert targets.shape == (20, fitted.width) == (20, restored.width)
    np.testing.assert_array_equal(restored.forward(values), targets)
    np.testing.assert_array_equal(restored.inverse(targets), fitted.inverse(targets))
    assert restored.inverse(targets).shape == values.shape
    assert fitted.forward(values[:0]).shape == (0, fitted.width)


@pytest.mark.parametrize("config", [*CONFIGS[:2], {"name": "pca", "n_components": 12}])
def test_inverse_undoes_forward(config):
    values = values_of()
    fitted = make_transform(config).fit(values)
    np.testing.assert_allclose(fitted.inverse(fitted.forward(values)), values, atol=1e-4)


@pytest.mark.parametrize("n", [8, 50])
def test_components_equal_those_of_scikit_learn(n):
    from sklearn.decomposition import PCA

    values = values_of(n)
    fitted = make_transform({"name": "pca", "n_components": 5}).fit(values)
    oracle = PCA(5, svd_solver="full").fit(values.reshape(n, -1).astype(np.float64))
    signs = np.sign((fitted.components * oracle.components_).sum(axis=1))
    np.testing.assert_allclose(fitted.components * signs[:, None], oracle.components_, atol=1e-6)
    np.testing.assert_allclose(fitted.explained, oracle.explained_variance_ratio_.sum())


@pytest.mark.parametrize("n", [8, 50])
def test_the_largest_entry_of_a_component_is_positive(n):
    centred = values_of(n, (12,)).astype(np.float64)
    centred -= centred.mean(axis=0)
    variances, components = principal_components(centred)
    assert (np.diff(variances) <= 0).all()
    assert (components[np.arange(len(components)), np.abs(components).argmax(axis=1)] > 0).all()
    np.testing.assert_allclose(components @ components.T, np.eye(len(components)), atol=1e-10)


def test_whitened_components_have_unit_variance_over_training_stimuli():
    values = values_of()
    z = make_transform(CONFIGS[3]).fit(values).forward(values)
    np.testing.assert_allclose(np.cov(z.T, bias=True), np.eye(4), atol=1e-5)


def test_constant_values_become_zero_and_return():
    values = values_of()
    values[:, 0, 0] = 0.3
    fitted = make_transform({"name": "standardise"}).fit(values)
    z = fitted.forward(values + 0)
    assert (z[:, 0] == 0).all()
    np.testing.assert_allclose(fitted.inverse(z)[:, 0, 0], 0.3, atol=1e-6)


def test_more_components_than_dimensions_is_a_configuration_error():
    with pytest.raises(ConfigError, match=r"vary in only 3 dimensions"):
        make_transform({"name": "pca", "n_components": 4}).fit(values_of(4))


def test_nan_values_are_refused():
    values = values_of()
    values[2, 1, 1] = np.nan
    for config in CONFIGS[1:]:
        with pytest.raises(DataError, match="NaN"):
            make_transform(config).fit(values)


def test_a_transform_sees_training_stimuli_only_and_changes_all(recording, tmp_path):
    features, splits, trials = (recording[key] for key in ("values", "splits", "trials"))
    fitted = fit_targets(features, splits, trials, {"name": "standardise"})
    path = tmp_path / "targets" / "values.arrow"
    write_target_values(path, features, fitted, {})
    file = ArrayFile(path)
    assert len(file) == 2 * len(features)
    for fold in (0, 1):
        train = training_stimuli(splits, trials, fold, with_validation=False)
        rows = StimulusRows(file, train, fold).read(np.arange(len(train)))
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-6)
        assert rows.shape == (24, VALUES)
    restored = restore_transforms({"name": "standardise"}, transform_tensors(fitted))
    some = features.read(np.arange(3))
    np.testing.assert_array_equal(restored[1].forward(some), fitted[1].transform.forward(some))
