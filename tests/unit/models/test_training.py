"""Rows are joined by key, normalised on training rows, averaged within a side."""

import numpy as np
import pytest
from model_rows import VOXELS, in_memory

from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.models.sources import kept_channels
from afterimage.models.training import derangement

KEPT = np.delete(np.arange(VOXELS), 3)


def role_of(recording, fold=0):
    splits = recording["splits"]
    return splits.loc[splits["fold"] == fold, "role"].to_numpy()


def test_rows_are_joined_by_key_and_excluded_channels_dropped(recording, subject):
    data, _ = subject(normalise="none").training("decoder", 0, needs_validation=False)
    training = np.isin(role_of(recording), ["train", "val"])
    np.testing.assert_array_equal(data.x, recording["raw"][training][:, KEPT])
    np.testing.assert_array_equal(data.y, recording["raw_values"][training])
    np.testing.assert_array_equal(data.groups, recording["trials"]["stimulus_id"][training])
    assert data.x.dtype == data.y.dtype == np.float32
    assert data.widths == (len(KEPT), 5)
    assert data.validation is None


def test_an_encoder_gets_the_same_rows_the_other_way_round(subject):
    decoder, _ = subject().training("decoder", 1, needs_validation=False)
    encoder, _ = subject().training("encoder", 1, needs_validation=False)
    np.testing.assert_array_equal(encoder.x, decoder.y)
    np.testing.assert_array_equal(encoder.y, decoder.x)


def test_validation_holds_the_rows_with_that_role_only(recording, subject):
    data, _ = subject().training("decoder", 0, needs_validation=True)
    role = role_of(recording)
    assert data.n == (role == "train").sum()
    assert data.validation.n == (role == "val").sum()
    assert not set(data.groups) & set(data.validation.groups)


def test_normalisation_sees_training_rows_only(recording, subject):
    data, normalisation = subject(normalise="train").training("decoder", 0, needs_validation=True)
    train = recording["raw"][role_of(recording) == "train"][:, KEPT].astype(np.float64)
    np.testing.assert_allclose(normalisation.normalisation.mean[0], train.mean(axis=0))
    np.testing.assert_allclose(normalisation.normalisation.sd[0], train.std(axis=0))
    np.testing.assert_allclose(data.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.x.std(axis=0), 1, atol=1e-6)


def test_repetitions_are_averaged_after_normalisation(recording, subject):
    single, _ = subject(normalise="session_train").training("decoder", 0, needs_validation=False)
    mean, _ = subject(normalise="session_train", average_train="stimulus").training(
        "decoder", 0, needs_validation=False
    )
    order = list(dict.fromkeys(single.groups))
    assert list(mean.groups) == order
    for row, stimulus in enumerate(order):
        expected = single.x[single.groups == stimulus].mean(axis=0)
        np.testing.assert_allclose(mean.x[row], expected, atol=1e-6)


def test_test_samples_carry_their_first_trial_and_their_number(recording, subject):
    samples = subject(average_test="stimulus").test_samples(0)
    trials = recording["trials"][role_of(recording) == "test"]
    assert samples.keys["n_trials"].tolist() == [3] * 8
    first = trials.drop_duplicates("stimulus_id")
    assert samples.keys["trial_id"].tolist() == first["trial_id"].tolist()
    assert samples.keys["stimulus_id"].tolist() == first["stimulus_id"].tolist()
    assert len(subject(average_test="none").test_samples(0)) == 24


def test_rows_can_be_read_in_any_order_and_number(subject):
    for average in ("none", "stimulus"):
        data, _ = subject(average_train=average).training("decoder", 0, needs_validation=False)
        rows = np.array([5, 0, 5, 2])
        np.testing.assert_array_equal(data.read_x(rows), data.x[rows])
        np.testing.assert_array_equal(data.read_y(rows), data.y[rows])


def test_batches_hold_every_row_once(subject):
    data, _ = subject().training("decoder", 0, needs_validation=False)
    batches = list(data.batches(16, np.random.default_rng(0)))
    x, y, groups = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert [len(batch[2]) for batch in batches[:-1]] == [16] * (len(batches) - 1)
    order = np.random.default_rng(0).permutation(data.n)
    np.testing.assert_array_equal(x, data.x[order])
    np.testing.assert_array_equal(y, data.y[order])
    np.testing.assert_array_equal(groups, data.groups[order])
    again = next(iter(data.batches(16, np.random.default_rng(0))))
    np.testing.assert_array_equal(again[0], batches[0][0])


@pytest.mark.parametrize("kind", ["decoder", "encoder"])
def test_shuffling_pairs_all_repetitions_with_one_wrong_stimulus(kind):
    data = in_memory(kind=kind, sizes=(1, 2, 3))
    shuffled = data.shuffled(7)
    stimulus_side, other = ("y", "x") if kind == "decoder" else ("x", "y")
    np.testing.assert_array_equal(getattr(shuffled, other), getattr(data, other))
    original = {g: getattr(data, stimulus_side)[data.groups == g][0] for g in data.groups}
    given = {}
    for group in np.unique(data.groups):
        rows = getattr(shuffled, stimulus_side)[data.groups == group]
        assert (rows == rows[0]).all()
        given[group] = next(g for g, v in original.items() if (v == rows[0]).all())
        assert given[group] != group
    assert sorted(given.values()) == sorted(original)
    np.testing.assert_array_equal(data.shuffled(7).pairing, shuffled.pairing)
    assert (data.shuffled(8).pairing != shuffled.pairing).any()
    assert (shuffled.validation.pairing != np.arange(data.validation.n)).all()


def test_a_derangement_leaves_nothing_in_place():
    for seed in range(20):
        order = derangement(5, np.random.default_rng(seed))
        assert sorted(order) == list(range(5))
        assert (order != np.arange(5)).all()
    with pytest.raises(DataError, match="1 stimulus"):
        derangement(1, np.random.default_rng(0))


def test_a_channel_that_is_constant_in_training_is_silenced(recording, subject, tmp_path):
    from model_rows import write_array

    raw = recording["raw"].copy()
    train = np.isin(role_of(recording), ["train", "val"])
    raw[train, 0] = 0.1
    recording["responses"] = write_array(
        tmp_path / "constant.arrow",
        "trial_id",
        recording["trials"]["trial_id"].tolist(),
        raw,
        ("voxel",),
    )
    chosen = subject(normalise="train")
    data, normalisation = chosen.training("decoder", 0, needs_validation=False)
    assert normalisation.normalisation.constant_channels() == 1
    assert (data.x[:, 0] == 0).all()
    rows = chosen.response_rows(chosen.test_samples(0), normalisation)
    assert (rows.read(np.arange(8))[:, 0] == 0).all()


def test_nan_responses_name_their_file(recording, subject, tmp_path):
    from model_rows import write_array

    raw = recording["raw"].copy()
    raw[3, 2] = np.nan
    ids = recording["trials"]["trial_id"].tolist()
    recording["responses"] = write_array(tmp_path / "bad.arrow", "trial_id", ids, raw, ("voxel",))
    data, _ = subject(normalise="none").training("decoder", 0, needs_validation=False)
    with pytest.raises(DataError, match=r"bad\.arrow: NaN"):
        _ = data.x


def test_a_region_chooses_its_channels(recording):
    channels = recording["channels"]
    channels.at[5, "rois"] = ["V1", "V2"]
    assert kept_channels(channels, "V2").tolist() == [5]
    assert kept_channels(channels, "all").tolist() == KEPT.tolist()
    with pytest.raises(ConfigError, match="V7"):
        kept_channels(channels, "V7")


def test_channels_of_another_recording_are_refused(recording, subject):
    recording["channels"].loc[VOXELS - 1, "channel"] = 99
    with pytest.raises(ShapeError, match="14 channels"):
        subject().training("decoder", 0, needs_validation=False)


def test_a_fold_without_test_trials_is_refused(recording, subject):
    splits = recording["splits"]
    splits.loc[splits["role"] == "test", "role"] = "unused"
    with pytest.raises(DataError, match="no trial with the role test"):
        subject().test_samples(0)


def test_unknown_modes_are_configuration_errors(subject):
    for settings in ({"normalise": "zscore"}, {"average_train": "mean"}):
        with pytest.raises(ConfigError, match="expected one of"):
            subject(**settings).training("decoder", 0, needs_validation=False)
