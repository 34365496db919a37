"""The banded ridge encoder, on feature spaces in files of their own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_rows import VALUES, VOXELS, in_memory, write_array

from afterimage.contracts.errors import DataError
from afterimage.linear.banded import banded_ridge_cv
from afterimage.models.banded_ridge_encoder import BandedRidgeEncoder, BandedRidgeEncoderConfig
from afterimage.models.fitting import fit_model, null_predictions, predict_model
from afterimage.models.ridge_encoder import RidgeEncoder, RidgeEncoderConfig
from afterimage.models.side_by_side import joined

CONFIG = BandedRidgeEncoderConfig(name="banded_ridge_encoder", draws=6)
NOISE = 9


@pytest.fixture
def two_spaces(recording, subject, tmp_path):
    """The values that drive responses, and noise, of which the file has another order."""
    rng = np.random.default_rng(4)
    ids = recording["values"].keys["stimulus_id"].tolist()
    order = rng.permutation(len(ids))
    noise = rng.normal(size=(len(ids), 3, NOISE // 3)).astype(np.float32)
    other = write_array(
        tmp_path / "noise.arrow",
        "stimulus_id",
        [ids[i] for i in order],
        noise[order],
        ("row", "column"),
    )
    chosen = subject(normalise="session_train")
    return replace(chosen, values=joined([chosen.values, other])), dict(
        zip(ids, noise, strict=True)
    )


def test_columns_of_all_files_stand_side_by_side_by_key(two_spaces, recording):
    chosen, noise = two_spaces
    data, _ = chosen.training("encoder", 0, needs_validation=False)
    assert data.spaces == (VALUES, NOISE)
    assert chosen.values.shape == (VALUES + NOISE,)
    for row, stimulus in zip(data.x, data.groups, strict=True):
        np.testing.assert_array_equal(row[VALUES:], noise[stimulus].ravel())
        own = recording["values"].read(recording["values"].rows(stimulus_id=[stimulus]))
        np.testing.assert_array_equal(row[:VALUES], own[0])


def test_a_fit_is_banded_ridge_of_the_spaces(two_spaces, work):
    chosen, _ = two_spaces
    data, _ = chosen.training("encoder", 0, needs_validation=False)
    model = BandedRidgeEncoder(CONFIG, seed=5).fit(data, work)
    spaces = {"a": data.x[:, :VALUES], "b": data.x[:, VALUES:]}
    fit = banded_ridge_cv(spaces, data.y, model._settings(), groups=data.groups)
    weights = np.concatenate([fit.weights["a"], fit.weights["b"]])
    np.testing.assert_allclose(model.state()["weights"], weights, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(model.state()["penalties"], fit.penalties)
    np.testing.assert_allclose(model.predict(data.x), fit.predict(spaces), atol=1e-5)


def test_the_space_that_drives_responses_gets_the_shares_and_the_card_says_so(two_spaces, work):
    chosen, _ = two_spaces
    tensors, card = fit_model(BandedRidgeEncoder, CONFIG, chosen, seed=0, device="cpu", work=work)
    assert card["values"]["shape"] == [VALUES + NOISE]
    for fold in card["folds"]:
        signal, noise = fold["spaces"]
        assert (signal["inputs"], noise["inputs"]) == (VALUES, NOISE)
        assert signal["targets_with_the_largest_share"] > VOXELS - 3
        assert signal["mean_share"] > 0.75
        assert fold["mixtures"] == CONFIG.draws + 2
        assert tensors[f"fold{fold['fold']}/model/penalties"].shape == (2, VOXELS - 1)


def test_predictions_follow_held_out_responses_as_well_as_without_the_noise(
    two_spaces, subject, work
):
    chosen, _ = two_spaces
    tensors, _ = fit_model(BandedRidgeEncoder, CONFIG, chosen, seed=0, device="cpu", work=work)
    banded = list(predict_model(BandedRidgeEncoder, CONFIG, chosen, tensors, device="cpu"))
    plain = RidgeEncoderConfig(name="ridge_encoder")
    alone = subject(normalise="session_train")
    own, _ = fit_model(RidgeEncoder, plain, alone, seed=0, device="cpu", work=work)
    reference = list(predict_model(RidgeEncoder, plain, alone, own, device="cpu"))
    for left, right in zip(banded, reference, strict=True):
        assert left.keys.equals(right.keys)
        assert np.corrcoef(left.values.ravel(), right.values.ravel())[0, 1] > 0.97


def test_a_null_refit_is_a_fit_of_shuffled_pairs_with_the_same_mixtures(two_spaces):
    chosen, _ = two_spaces
    data, _ = chosen.training("encoder", 0, needs_validation=False)
    (refit,) = BandedRidgeEncoder(CONFIG, seed=5).refits(data, [3])
    slow = BandedRidgeEncoder(CONFIG, seed=5).fit(data.shuffled(3), Path())
    np.testing.assert_array_equal(refit.predict(data.x), slow.predict(data.x))
    rows = list(
        null_predictions(BandedRidgeEncoder, CONFIG, chosen, n_refits=1, seed=0, device="cpu")
    )
    assert len(rows) == 2


def test_one_space_is_the_ridge_encoder(work):
    data = in_memory(kind="encoder", validation=False)
    banded = BandedRidgeEncoder(CONFIG).fit(data, work)
    plain = RidgeEncoder(RidgeEncoderConfig(name="ridge_encoder")).fit(data, work)
    np.testing.assert_allclose(banded.predict(data.x), plain.predict(data.x), atol=1e-5)
    np.testing.assert_allclose(banded.state()["penalties"][0], plain.penalties)


def test_a_stimulus_that_one_space_does_not_know_is_named(two_spaces, tmp_path):
    chosen, noise = two_spaces
    short = dict(list(noise.items())[:-1])
    file = write_array(
        tmp_path / "short.arrow",
        "stimulus_id",
        list(short),
        np.array(list(short.values())),
        ("a", "b"),
    )
    missing = replace(chosen, values=joined([chosen.values.files[0], file]))
    with pytest.raises(DataError, match=r"short\.arrow.*p00"):
        missing.training("encoder", 0, needs_validation=False)
