"""Rows that are too many for memory are read from files, with the same result."""

import numpy as np
import pytest
from model_rows import MemoryRows, in_memory

from afterimage.models import row_matrix
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder
from afterimage.models.ridge_encoder import RidgeEncoder, RidgeEncoderConfig
from afterimage.models.training import TrainingData

MODELS = {
    "decoder": (RidgeDecoder, RidgeConfig, "ridge"),
    "encoder": (RidgeEncoder, RidgeEncoderConfig, "ridge_encoder"),
}


@pytest.mark.parametrize("kind", MODELS)
def test_large_rows_and_weights_lie_in_files(kind, tmp_path, monkeypatch):
    model, config, name = MODELS[kind]
    data = in_memory(kind=kind, validation=False)
    inside = model(config(name=name)).fit(data, tmp_path / "no")
    assert not (tmp_path / "no").exists()
    monkeypatch.setattr(row_matrix, "IN_MEMORY_BYTES", 0)
    outside = model(config(name=name)).fit(data, tmp_path)
    assert isinstance(outside.weights, np.memmap)
    expected = {"inputs", "weights"} | ({"targets"} if kind == "encoder" else set())
    assert {path.name for path in tmp_path.iterdir()} == expected
    for key, value in inside.state().items():
        np.testing.assert_array_equal(outside.state()[key], value)
    (refit,) = outside.refits(data, [3])
    assert not isinstance(refit.weights, np.memmap)


@pytest.mark.parametrize(
    "options",
    [
        {"folds": 5},
        {"folds": 5, "standardise": "fold"},
        {"folds": "gcv"},
        {"search": "bracket"},
        {"scoring": "correlation", "folds": 4},
        {"per_target": False},
        {"precision": "float32"},
    ],
)
def test_other_choices_of_penalties_predict_about_as_well(options):
    data = in_memory(stimuli=60, p=12, validation=False)
    usual = RidgeDecoder(RidgeConfig(name="ridge")).fit(data, None)
    other = RidgeDecoder(RidgeConfig(name="ridge", **options)).fit(data, None)
    left = ((data.y - other.predict(data.x)) ** 2).mean() / data.y.var()
    assert left < ((data.y - usual.predict(data.x)) ** 2).mean() / data.y.var() + 0.05
    if options == {"per_target": False}:
        assert len(set(other.penalties)) == 1
    (refit,) = other.refits(data, [1])
    slow = RidgeDecoder(RidgeConfig(name="ridge", **options)).fit(data.shuffled(1), None)
    np.testing.assert_allclose(refit.predict(data.x), slow.predict(data.x), atol=1e-5)
    assert other.held_out(data).shape == data.y.shape


@pytest.mark.parametrize(
    "options",
    [
        {"folds": "gcv", "standardise": "fold"},
        {"search": "bracket", "per_target": False},
        {"folds": 1},
        {"penalties": [1, 0]},
        {"scoring": "mse"},
    ],
)
def test_choices_that_clash_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        RidgeConfig(name="ridge", **options)


def test_columns_of_joined_rows_are_those_of_each_source():
    from afterimage.models.sources import JoinedRows

    first, second = np.arange(12.0).reshape(4, 3), -np.arange(6.0).reshape(2, 3)
    joined = JoinedRows([MemoryRows(first), MemoryRows(second)])
    rows = np.array([5, 0, 3, 4])
    np.testing.assert_array_equal(joined.read_columns(rows, slice(1, 3)), joined.read(rows)[:, 1:3])


def test_shuffled_pairs_hold_for_columns_too():
    data = in_memory(validation=False).shuffled(2)
    rows = np.array([7, 1])
    assert isinstance(data, TrainingData)
    np.testing.assert_array_equal(data.read_y_columns(rows, slice(1, 3)), data.read_y(rows)[:, 1:3])
