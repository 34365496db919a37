import numpy as np
import pandas as pd
import pytest
from in_memory import ncsnr

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.ncsnr import NCSNR, nc_percent
from afterimage.contracts.tables import check_table
from afterimage.ingest.ncsnr import ncsnr_table


def by_the_manual(responses, session, stimulus):
    """The manual's recipe step by step, for stimuli that all came three times."""
    z = np.full(responses.shape, np.nan)
    for s in np.unique(session):
        block = responses[session == s]
        z[session == s] = (block - block.mean(0)) / block.std(0, ddof=1)
    variances = [z[stimulus == i].std(axis=0, ddof=1) ** 2 for i in np.unique(stimulus)]
    noise_sd = np.sqrt(np.mean(variances, axis=0))
    signal_sd = np.sqrt(np.clip(1 - noise_sd**2, 0, None))
    return signal_sd / noise_sd


def recording(rng, stimuli=200, repetitions=3, sessions=4, voxels=7):
    ratio = np.linspace(0.2, 2, voxels)
    signal = rng.standard_normal((stimuli, voxels)) * ratio
    stimulus = rng.permutation(np.repeat(np.arange(stimuli), repetitions))
    session = np.arange(len(stimulus)) * sessions // len(stimulus)
    noise = rng.standard_normal((len(stimulus), voxels))
    gain = 1 + 0.2 * session[:, None]
    return gain * (signal[stimulus] + noise) + 3 * session[:, None], session, stimulus, ratio


def test_it_is_the_manuals_formula():
    rng = np.random.default_rng(0)
    responses, session, stimulus, _ = recording(rng)
    found = ncsnr(responses, session, stimulus)
    np.testing.assert_allclose(found, by_the_manual(responses, session, stimulus), rtol=1e-9)


def test_it_follows_the_truth_for_any_numbers_of_repetitions():
    rng = np.random.default_rng(1)
    responses, session, stimulus, ratio = recording(rng, stimuli=10_000)
    keep = rng.random(len(stimulus)) < 0.7
    _, labels = np.unique(stimulus[keep], return_inverse=True)
    assert set(np.bincount(labels)) == {1, 2, 3}
    np.testing.assert_allclose(ncsnr(responses[keep], session[keep], labels), ratio, atol=0.05)


def test_a_stimulus_shown_once_says_nothing_about_noise():
    rng = np.random.default_rng(2)
    responses, session, stimulus, _ = recording(rng)
    more = np.concatenate([stimulus, np.arange(200, 260)])
    sessions = np.concatenate([session, np.full(60, 9)])
    extra = np.concatenate([responses, rng.standard_normal((60, 7))])
    _, sessions = np.unique(sessions, return_inverse=True)
    np.testing.assert_allclose(ncsnr(extra, sessions, more), ncsnr(responses, session, stimulus))


def test_a_channel_without_data_in_a_session_has_no_ratio():
    responses, session, stimulus, _ = recording(np.random.default_rng(3))
    responses[session == 1, 2] = 0
    responses[5, 4] = np.nan
    found = ncsnr(responses, session, stimulus)
    assert np.isnan(found[[2, 4]]).all()
    assert np.isfinite(found[[0, 1, 3, 5, 6]]).all()


@pytest.mark.parametrize("shape", [(7,), (2, 7)])
@pytest.mark.parametrize("sums_bytes", [1, 100_000, 1 << 30])
def test_blocks_and_steps_change_nothing(tmp_path, shape, sums_bytes):
    rng = np.random.default_rng(4)
    responses, session, stimulus, _ = recording(rng)
    layers = np.stack([responses * (1 + k) for k in range(len(shape))], axis=1).reshape(-1, *shape)
    ids = [f"t{i}" for i in range(len(stimulus))]
    with ArrayWriter(
        tmp_path / "r.arrow", keys={"trial_id": "string"}, shape=shape,
        dims=("time", "voxel")[-len(shape):], unit="", provenance={},
    ) as writer:  # fmt: skip
        writer.write({"trial_id": ids}, layers)
    order = rng.permutation(len(ids))
    trials = pd.DataFrame({"trial_id": ids, "session": session, "stimulus_id": stimulus})
    channels = pd.DataFrame({"excluded": [False] * 6 + [True], "x": 1.0, "y": np.nan, "z": 0.5})
    file = ArrayFile(tmp_path / "r.arrow")
    table = ncsnr_table(file, trials.iloc[order], channels, np.arange(7.0), sums_bytes)
    check_table(table, NCSNR, "test")
    expected = ncsnr(responses, session, stimulus)
    expected[6] = np.nan
    for _, step in table.groupby("step"):
        np.testing.assert_allclose(step["ncsnr"], expected, rtol=1e-5)
        assert step["released"].tolist() == list(range(7))
    means = table["mean"].to_numpy().reshape(-1, 7)
    np.testing.assert_allclose(means[:, :6], layers.mean(axis=0).reshape(-1, 7)[:, :6], rtol=1e-5)
    assert np.isnan(means[:, 6]).all()


def test_without_repetitions_there_is_no_ratio(tmp_path):
    with ArrayWriter(
        tmp_path / "r.arrow", keys={"trial_id": "string"}, shape=(2,), dims=("voxel",), unit="",
        provenance={},
    ) as writer:  # fmt: skip
        writer.write({"trial_id": list("abc")}, np.eye(3, 2))
    trials = pd.DataFrame({"trial_id": list("abc"), "session": 1, "stimulus_id": list("xyz")})
    channels = pd.DataFrame({"excluded": [False] * 2, "x": 0.0, "y": 0.0, "z": 0.0})
    table = ncsnr_table(ArrayFile(tmp_path / "r.arrow"), trials, channels)
    assert table["ncsnr"].isna().all()


def test_ceilings_of_averages_follow_the_manual():
    # A/3 + B/2 + C over A + B + C with 5, 3 and 2 stimuli.
    repetitions = np.repeat([3, 2, 1], [5, 3, 2])
    share = (5 / 3 + 3 / 2 + 2) / 10
    np.testing.assert_allclose(nc_percent(np.array([0.5]), repetitions), 25 / (0.25 + share))
