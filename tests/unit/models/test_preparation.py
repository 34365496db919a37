"""Responses with a time axis are whitened, scaled and limited, by the training side alone."""

import numpy as np
import pandas as pd
import pytest
from model_rows import write_array
from sklearn.covariance import LedoitWolf
from sklearn.preprocessing import RobustScaler, StandardScaler

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.models.fitting import fit_model, predict_model, restored_preparation
from afterimage.models.folds import ResponseSettings, SubjectData
from afterimage.models.preparation import Preparation
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder
from afterimage.models.whitening import shrunk_covariance

STEPS, SENSORS, PICTURES = 20, 5, 12
RIDGE = RidgeConfig(name="ridge")


@pytest.fixture
def raw():
    """Noise that is correlated over sensors, more of it in the second session; and a response."""
    rng = np.random.default_rng(6)
    mixing = rng.normal(size=(SENSORS, SENSORS)) + np.eye(SENSORS)
    noise = rng.normal(size=(4 * PICTURES, STEPS, SENSORS)) @ mixing
    noise[2 * PICTURES :] *= 3
    noise[:, 10:] += rng.normal(size=(PICTURES, 1, SENSORS))[np.arange(4 * PICTURES) % PICTURES]
    return (noise + 100).astype(np.float32)


@pytest.fixture
def subject(tmp_path, raw):
    """A subject whose last three pictures are the test; settings are given when it is asked for."""
    picture = np.arange(len(raw)) % PICTURES
    ids = np.array([f"p{i:02d}" for i in range(PICTURES)])
    trials = pd.DataFrame({"trial_id": [f"t{i:02d}" for i in range(len(raw))], "subject": "s"})
    trials["session"] = np.where(np.arange(len(raw)) < 2 * PICTURES, 1, 2)
    trials["run"], trials["onset"], trials["stimulus_id"] = 1, np.nan, ids[picture]
    trials["repetition"] = np.arange(len(raw)) // PICTURES
    role = np.where(picture < PICTURES - 3, "train", "test")
    splits = pd.DataFrame({"trial_id": trials["trial_id"], "fold": 0, "role": role})
    splits["group"] = trials["stimulus_id"]
    channels = pd.DataFrame({"channel": np.arange(SENSORS), "name": None, "excluded": False})
    channels["rois"] = [[]] * SENSORS
    values = np.random.default_rng(1).normal(size=(PICTURES, 4)).astype(np.float32)
    features = write_array(tmp_path / "f.arrow", "stimulus_id", ids.tolist(), values, ("feature",))

    def make(responses=raw, **settings):
        names = trials["trial_id"].tolist()
        path = tmp_path / f"r{len(list(tmp_path.iterdir()))}.arrow"
        file = write_array(path, "trial_id", names, responses, ("time", "sensor"))
        return SubjectData(
            file, features, trials, splits, channels,
            ResponseSettings(average_test="none", **settings),
        )  # fmt: skip

    return make


def prepared(subject, role):
    """All rows of one role as a model sees them, in the shape of the recording."""
    training = subject.side(0, ["train", "val"])
    preparation = subject.fit_preparation(training)
    trials = subject.side(0, [role])
    values = subject.responses.read(trials.index.to_numpy())
    flat = preparation.apply(values.reshape(len(trials), -1), trials)
    return flat.reshape(values.shape), trials


def by_hand(raw, trials):
    """The whitener of some training trials, from scikit-learn's own estimator."""
    per_picture = []
    for _, own in trials.groupby("stimulus_id"):
        covariances = []
        for epoch in raw[own.index].astype(np.float64):
            scaler = StandardScaler().fit(epoch)
            shrunk = LedoitWolf().fit(scaler.transform(epoch)).covariance_
            covariances.append(shrunk * np.outer(scaler.scale_, scaler.scale_))
        per_picture.append(np.mean(covariances, axis=0))
    values, vectors = np.linalg.eigh(np.mean(per_picture, axis=0))
    return vectors @ np.diag(values**-0.5) @ vectors.T


@pytest.mark.parametrize("mode", ["train", "session_train"])
def test_whitening_is_that_of_the_training_trials(mode, subject, raw):
    chosen = subject(whiten=mode, normalise="none")
    found, trials = prepared(chosen, "test")
    training = chosen.side(0, ["train"])
    for session in (1, 2):
        seen = training[training["session"] == session] if mode != "train" else training
        here = (trials["session"] == session).to_numpy()
        expected = raw[trials.index[here]] @ by_hand(raw, seen)
        np.testing.assert_allclose(found[here], expected, rtol=2e-4, atol=2e-4)


def covariance(values):
    residual = values - values.mean(axis=1, keepdims=True)
    return np.cov(residual.reshape(-1, SENSORS), rowvar=False)


def test_whitening_makes_sensors_and_sessions_alike(subject, raw):
    """Not exactly: a response is in the epochs too, and covariances of short epochs are shrunk."""
    values, trials = prepared(subject(whiten="session_train", normalise="none"), "train")
    first = (trials["session"] == 1).to_numpy()
    before, after = (
        [covariance(v[w]) for w in (first, ~first)] for v in (raw[trials.index], values)
    )
    assert np.trace(before[1]) > 5 * np.trace(before[0])
    assert np.trace(after[1]) == pytest.approx(np.trace(after[0]), rel=0.2)
    for raw_one, white in zip(before, after, strict=True):
        spread = [np.linalg.cond(one) for one in (raw_one, white)]
        assert spread[1] < 0.2 * spread[0]


def test_quartiles_over_time_are_scikit_learns_robust_scaler(subject, raw):
    chosen = subject(statistics="quartiles", pool_time=True)
    found, trials = prepared(chosen, "test")
    training = chosen.side(0, ["train"]).index
    scaler = RobustScaler().fit(raw[training].reshape(-1, SENSORS))
    expected = scaler.transform(raw[trials.index].reshape(-1, SENSORS)).reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_moments_over_time_are_scikit_learns_standard_scaler(subject, raw):
    chosen = subject(pool_time=True)
    found, trials = prepared(chosen, "test")
    scaler = StandardScaler().fit(
        raw[chosen.side(0, ["train"]).index].reshape(-1, SENSORS).astype(np.float64)
    )
    expected = scaler.transform(raw[trials.index].reshape(-1, SENSORS)).reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_values_beyond_the_limit_are_set_to_it(subject):
    free, _ = prepared(subject(), "test")
    held, _ = prepared(subject(clamp=1.5), "test")
    assert np.abs(free).max() > 1.5
    np.testing.assert_array_equal(held, np.clip(free, -1.5, 1.5))


def test_a_saved_preparation_is_the_one_that_was_fitted(subject, tmp_path):
    chosen = subject(whiten="session_train", statistics="quartiles", clamp=5.0)
    tensors, card = fit_model(
        RidgeDecoder, RIDGE, chosen, seed=0, device="cpu", work=tmp_path / "work"
    )
    assert card["responses"]["whiten"] == "session_train"
    assert not card["uses_test_responses"]
    restored = restored_preparation(chosen, tensors, 0)
    fitted = chosen.fit_preparation(chosen.side(0, ["train"]))
    assert isinstance(restored, Preparation)
    for key, value in fitted.state().items():
        np.testing.assert_array_equal(restored.state()[key], value)
    (rows,) = predict_model(RidgeDecoder, RIDGE, chosen, tensors, device="cpu")
    assert np.isfinite(rows.values).all()


def test_test_responses_change_nothing(subject, raw):
    test = subject().side(0, ["test"]).index
    changed = raw.copy()
    changed[test] *= 50
    settings = {"whiten": "session_train", "statistics": "quartiles", "pool_time": True}
    states = [
        chosen.fit_preparation(chosen.side(0, ["train"])).state()
        for chosen in (subject(**settings), subject(changed, **settings))
    ]
    for key in states[0]:
        np.testing.assert_array_equal(states[0][key], states[1][key])


def test_a_session_without_training_trials_is_told(subject):
    chosen = subject(whiten="session_train", normalise="none")
    training = chosen.side(0, ["train"])
    preparation = chosen.fit_preparation(training[training["session"] == 1])
    with pytest.raises(DataError, match="no training trial in session 2"):
        preparation.apply(np.zeros((1, STEPS * SENSORS)), training[training["session"] == 2][:1])


def test_responses_without_time_cannot_be_whitened(subject, raw):
    chosen = subject(raw[:, :1], whiten="train")
    training = chosen.side(0, ["train"])
    with pytest.raises(ShapeError, match="no time axis"):
        chosen.fit_preparation(training)


def test_a_flat_sensor_stays_flat():
    epoch = np.random.default_rng(0).normal(size=(30, 3))
    epoch[:, 1] = 4
    covariance = shrunk_covariance(epoch)
    assert covariance[1, 1] == pytest.approx(0, abs=0.2)
    assert np.isfinite(covariance).all()
