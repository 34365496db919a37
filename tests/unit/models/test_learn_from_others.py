"""Leave one subject out: fitted on the training trials of others, tested on one's own."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from model_rows import write_array
from sklearn.linear_model import Ridge

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import write_table
from afterimage.contracts.trials import TRIALS
from afterimage.models.fitting import (
    fit_model,
    held_out_training,
    null_predictions,
    predict_model,
)
from afterimage.models.read_subject import read_subject
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder

SUBJECTS = ("P1", "P2", "P3")
PICTURES, TRAINED, SENSORS, VALUES = 60, 45, 9, 3
ALPHA = 5.0
RIDGE = RidgeConfig(name="ridge", penalties=[ALPHA], penalty_scale="absolute")


@pytest.fixture
def recorded(tmp_path):
    """Three heads alike; everybody's unit is another one, and everybody sees all pictures."""
    rng = np.random.default_rng(3)
    ids = [f"p{i:02d}" for i in range(PICTURES)]
    values = rng.normal(size=(PICTURES, VALUES)).astype(np.float32)
    patterns = rng.normal(size=(VALUES, SENSORS))
    write_array(tmp_path / "target.arrow", "stimulus_id", ids, values, ("value",))
    splits, raw = [], {}
    for number, name in enumerate(SUBJECTS):
        noise = rng.normal(size=(PICTURES, SENSORS))
        raw[name] = ((values @ patterns + 0.3 * noise) * 10.0**number + number).astype(np.float32)
        trial_ids = [f"{name}-{i:02d}" for i in range(PICTURES)]
        trials = pd.DataFrame({"trial_id": trial_ids, "subject": name, "session": 1, "run": 1})
        trials["onset"], trials["stimulus_id"], trials["repetition"] = np.nan, ids, 0
        role = np.where(np.arange(PICTURES) < TRAINED, "train", "test")
        splits.append(pd.DataFrame({"trial_id": trial_ids, "fold": 0, "role": role, "group": ids}))
        channels = pd.DataFrame({"channel": np.arange(SENSORS, dtype="int32"), "reason": ""})
        channels["index"] = pd.array([None] * SENSORS, dtype="Int64")
        channels["name"] = [f"MEG{i}" for i in range(SENSORS)]
        channels["excluded"] = channels["channel"] == number  # one bad sensor each
        channels[["x", "y", "z"]], channels["rois"] = np.nan, [[]] * SENSORS
        folder = tmp_path / name
        folder.mkdir()
        write_array(folder / "responses.arrow", "trial_id", trial_ids, raw[name], ("sensor",))
        write_table(folder / "trials.parquet", trials, TRIALS)
        write_table(folder / "channels.parquet", channels[CHANNELS.names], CHANNELS)
    write_table(tmp_path / "splits.parquet", pd.concat(splits, ignore_index=True), SPLITS)
    return tmp_path, raw, values


def inputs_of(folder, subject, others=None):
    others = [name for name in SUBJECTS if name != subject] if others is None else others
    return SimpleNamespace(
        target=str(folder / "target.arrow"),
        splits=str(folder / "splits.parquet"),
        responses=str(folder / subject / "responses.arrow"),
        trials=str(folder / subject / "trials.parquet"),
        channels=str(folder / subject / "channels.parquet"),
        other_responses=[str(folder / name / "responses.arrow") for name in others],
        other_trials=[str(folder / name / "trials.parquet") for name in others],
        other_channels=[str(folder / name / "channels.parquet") for name in others],
    )


def fitted(folder, subject, responses=None, others=None):
    data = read_subject(inputs_of(folder, subject, others), responses or {})
    work = folder / "work"
    tensors, card = fit_model(RidgeDecoder, RIDGE, data, seed=0, device="cpu", work=work)
    (rows,) = predict_model(RidgeDecoder, RIDGE, data, tensors, device="cpu")
    return data, tensors, card, rows


def expected(raw, values, subject):
    """The same by scikit-learn: everybody z-scored by their training trials, then stacked."""
    usable = np.arange(len(SUBJECTS), SENSORS)
    z = {
        name: (x - x[:TRAINED].mean(axis=0)) / x[:TRAINED].std(axis=0)
        for name, x in ((name, x[:, usable].astype(np.float64)) for name, x in raw.items())
    }
    others = [name for name in SUBJECTS if name != subject]
    x = np.concatenate([z[name][:TRAINED] for name in others])
    y = np.concatenate([values[:TRAINED]] * len(others))
    return Ridge(alpha=ALPHA).fit(x, y).predict(z[subject][TRAINED:])


def test_it_is_scikit_learns_ridge_on_the_others_stacked(recorded):
    folder, raw, values = recorded
    _, tensors, card, rows = fitted(folder, "P2")
    np.testing.assert_allclose(rows.values, expected(raw, values, "P2"), atol=1e-4)
    assert rows.keys["trial_id"].str.startswith("P2-").all()
    assert card["learnt_from"] == ["P1", "P3"]
    assert card["folds"][0]["training_rows"] == 2 * TRAINED
    assert card["folds"][0]["training_stimuli"] == TRAINED
    assert card["folds"][0]["repetitions"] == {
        "train": {"1": 2 * TRAINED},
        "test": {"1": PICTURES - TRAINED},
    }
    # A sensor that is bad in anybody's head is used in nobody's.
    assert tensors["channels"].tolist() == list(range(3, SENSORS))


def test_own_pairs_never_count(recorded):
    """The tested subject's pairing of responses and pictures has no part in the fit."""
    folder, _, _ = recorded
    _, before, _, _ = fitted(folder, "P1")
    trials = pd.read_parquet(folder / "P1" / "trials.parquet")
    shuffled = np.random.default_rng(0).permutation(TRAINED)
    trials.loc[: TRAINED - 1, "stimulus_id"] = trials["stimulus_id"].to_numpy()[shuffled]
    write_table(folder / "P1" / "trials.parquet", trials, TRIALS)
    _, after, _, _ = fitted(folder, "P1")
    _, own_before, _, _ = fitted(folder, "P1", others=[])
    for key in before:
        np.testing.assert_array_equal(before[key], after[key])
    assert not np.array_equal(own_before["fold0/model/weights"], before["fold0/model/weights"])


def test_test_trials_of_others_are_not_learnt_from(recorded):
    folder, raw, values = recorded
    for name in ("P1", "P3"):
        spoilt = raw[name].copy()
        spoilt[TRAINED:] = 1e6
        trial_ids = [f"{name}-{i:02d}" for i in range(PICTURES)]
        write_array(folder / name / "responses.arrow", "trial_id", trial_ids, spoilt, ("sensor",))
    _, _, _, rows = fitted(folder, "P2")
    np.testing.assert_allclose(rows.values, expected(raw, values, "P2"), atol=1e-4)


def test_nulls_and_left_out_rows_are_of_the_others_too(recorded):
    folder, _, _ = recorded
    data, tensors, _, rows = fitted(folder, "P2")
    (left_out,) = held_out_training(RidgeDecoder, RIDGE, data, tensors, device="cpu")
    assert left_out.keys["trial_id"].str[:2].unique().tolist() == ["P1", "P3"]
    assert len(left_out.values) == 2 * TRAINED
    nulls = list(null_predictions(RidgeDecoder, RIDGE, data, n_refits=2, seed=0, device="cpu"))
    assert len(nulls) == 2
    assert not np.allclose(nulls[0].values, rows.values, atol=1e-2)


def test_repetitions_are_averaged_within_a_subject(recorded):
    folder, _, _ = recorded
    _, _, card, _ = fitted(folder, "P2", {"average_train": "stimulus"})
    assert card["folds"][0]["training_rows"] == 2 * TRAINED


def test_other_channels_are_refused_by_name(recorded):
    folder, _, _ = recorded
    path = folder / "P3" / "channels.parquet"
    channels = pd.read_parquet(path)
    write_table(path, channels.assign(name=channels["name"].replace("MEG4", "EEG4")), CHANNELS)
    with pytest.raises(DataError, match=r"P3.*1 differ. Found: name EEG4 instead of MEG4"):
        fitted(folder, "P1")


def test_other_shapes_are_refused(recorded):
    folder, raw, _ = recorded
    trial_ids = [f"P3-{i:02d}" for i in range(PICTURES)]
    values = raw["P3"][:, :-1]
    write_array(folder / "P3" / "responses.arrow", "trial_id", trial_ids, values, ("sensor",))
    with pytest.raises(DataError, match=r"expected responses of 9 sensors.*Found: 8 sensors"):
        fitted(folder, "P1")


def test_subjects_without_a_common_channel_are_refused(recorded):
    folder, _, _ = recorded
    for name, usable in (("P1", range(4)), ("P3", range(4, SENSORS))):
        path = folder / name / "channels.parquet"
        channels = pd.read_parquet(path)
        channels["excluded"] = ~channels["channel"].isin(list(usable))
        write_table(path, channels, CHANNELS)
    with pytest.raises(DataError, match="no channel is usable in all of P2, P1, P3"):
        fitted(folder, "P2")


def test_the_prediction_needs_the_same_others(recorded):
    folder, _, _ = recorded
    _, tensors, _, _ = fitted(folder, "P2")
    alone = replace(read_subject(inputs_of(folder, "P2", []), {}))
    with pytest.raises(DataError, match="fitted on 6 channels"):
        next(predict_model(RidgeDecoder, RIDGE, alone, tensors, device="cpu"))
