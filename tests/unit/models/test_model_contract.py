"""What every registered decoder and encoder keeps to."""

import numpy as np
import pytest
from model_rows import MemoryRows, in_memory

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.modelfiles import load_tensors, save_tensors
from afterimage.contracts.registry import find_class, known
from afterimage.contracts.seams import Model
from afterimage.models.training import TrainingData

MODELS = [(seam, name) for seam in ("decoder", "encoder") for name in known(seam)]
P, Q = 12, 4

every_model = pytest.mark.parametrize(("seam", "name"), MODELS)


def build(seam, name, seed=3):
    model_class = find_class(seam, name)
    return model_class(model_class.Config(name=name), seed=seed)


@every_model
def test_it_follows_the_seam(seam, name):
    model = build(seam, name)
    assert isinstance(model, Model)
    assert model.kind == seam


@every_model
def test_predictions_are_finite_float32_of_the_right_shape(seam, name, work):
    data = in_memory(kind=seam)
    model = build(seam, name).fit(data, work)
    predicted = model.predict(data.x[:7])
    assert predicted.shape == (7, Q)
    assert predicted.dtype == np.float32
    assert np.isfinite(predicted).all()
    assert model.predict(np.zeros((0, P), np.float32)).shape == (0, Q)


@every_model
def test_the_same_seed_gives_the_same_bytes(seam, name, tmp_path):
    data = in_memory(kind=seam)
    states = [build(seam, name).fit(data, tmp_path / str(i)).state() for i in range(2)]
    assert sorted(states[0]) == sorted(states[1])
    assert all(states[0][key].tobytes() == states[1][key].tobytes() for key in states[0])


@every_model
def test_a_saved_model_predicts_the_same(seam, name, work, tmp_path):
    data = in_memory(kind=seam)
    model = build(seam, name).fit(data, work)
    save_tensors(tmp_path / "model.safetensors", model.state())
    restored = type(model).restore(model.config, load_tensors(tmp_path / "model.safetensors"))
    np.testing.assert_array_equal(restored.predict(data.x), model.predict(data.x))
    state = restored.state()
    assert all((state[key] == value).all() for key, value in model.state().items())


@every_model
def test_a_restored_model_predicts_on_the_device_asked_for(seam, name, work):
    model = build(seam, name).fit(in_memory(kind=seam), work)
    restored = type(model).restore(model.config, model.state(), device="cuda")
    assert getattr(restored, "device", "cuda") == "cuda"


@every_model
def test_nan_is_refused_when_fitting_and_predicting(seam, name, work):
    data = in_memory(kind=seam)
    fitted = build(seam, name).fit(data, work)
    bad = data.x[:3].copy()
    bad[1, 2] = np.nan
    with pytest.raises(DataError, match="NaN"):
        fitted.predict(bad)
    x, y = data.x, data.y
    y[:, 1] = np.inf
    side = "y" if seam == "decoder" else "x"
    rows = TrainingData(MemoryRows(x), MemoryRows(y), data.groups, side, data.validation)
    with pytest.raises(DataError, match="NaN"):
        build(seam, name).fit(rows, work / "bad")


@every_model
def test_no_training_rows_is_a_data_error(seam, name, work):
    empty = MemoryRows(np.zeros((0, P))), MemoryRows(np.zeros((0, Q)))
    data = TrainingData(*empty, np.array([], dtype=str), "y")
    with pytest.raises(DataError, match="no training row"):
        build(seam, name).fit(data, work)


@every_model
def test_inputs_of_another_width_are_refused(seam, name, work):
    fitted = build(seam, name).fit(in_memory(kind=seam), work)
    with pytest.raises(ShapeError, match="12 input columns"):
        fitted.predict(np.zeros((2, P + 1), np.float32))


@every_model
def test_refits_are_reproducible_and_one_per_seed(seam, name):
    data = in_memory(kind=seam)
    runs = [
        [refit.predict(data.x[:3]) for refit in build(seam, name).refits(data, [1, 2])]
        for _ in range(2)
    ]
    assert len(runs[0]) == 2
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)


@every_model
def test_the_card_is_plain_json(seam, name, work):
    import json

    json.dumps(build(seam, name).fit(in_memory(kind=seam), work).card(), allow_nan=False)
