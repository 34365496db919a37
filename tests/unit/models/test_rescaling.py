"""Predictions rescaled over the test set: the published formula, its marks, and what it leaves."""

import numpy as np
import pytest

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import DataError
from afterimage.contracts.transductive import how_transductive
from afterimage.models import prediction_inputs
from afterimage.models.fitting import (
    fit_model,
    held_out_training,
    null_predictions,
    predict_model,
)
from afterimage.models.mean import Mean, MeanConfig
from afterimage.models.predictions import write_predictions
from afterimage.models.rescaling import Moments
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder

RIDGE = RidgeConfig(name="ridge")
JOB = {"seed": 0, "device": "cpu"}


def by_fold(rows):
    """Keys and values of each fold, and of each refit of it."""
    found = {}
    for block in rows:
        for refit in set(block.keys.get("refit", [0])):
            here = (block.keys.get("refit", 0 * block.keys["fold"]) == refit).to_numpy()
            name = (int(block.keys["fold"].iloc[0]), int(refit))
            found.setdefault(name, []).append(block.values[here])
    return {name: np.concatenate(parts).astype(np.float64) for name, parts in found.items()}


def training_targets(recording, fold):
    """The targets of the training stimuli, each once, float64."""
    splits = recording["splits"]
    role = splits.loc[splits["fold"] == fold, "role"].to_numpy()
    shown = recording["trials"]["stimulus_id"][np.isin(role, ["train", "val"])].unique()
    return recording["values"].read(recording["values"].rows(stimulus_id=shown)).astype(float)


def published(predicted, targets):
    """The formula of Brain-Diffuser's regression scripts."""
    z = (predicted - predicted.mean(axis=0)) / predicted.std(axis=0)
    return z * targets.std(axis=0) + targets.mean(axis=0)


@pytest.fixture
def fitted(subject, work):
    chosen = subject(average_train="stimulus")
    return chosen, fit_model(RidgeDecoder, RIDGE, chosen, **JOB, work=work)[0]


def predicted(fitted, **options):
    chosen, tensors = fitted
    rows = predict_model(RidgeDecoder, RIDGE, chosen, tensors, device="cpu", **options)
    return by_fold(rows)


@pytest.mark.parametrize("block", [3, 1024])
def test_each_fold_is_rescaled_by_its_own_test_side_and_training_targets(
    block, fitted, recording, monkeypatch
):
    plain = predicted(fitted)
    monkeypatch.setattr(prediction_inputs.blocks, "__defaults__", (block,))
    rescaled = predicted(fitted, rescale="test")
    assert len(plain) == 2
    for (fold, _), values in plain.items():
        expected = published(values, training_targets(recording, fold))
        np.testing.assert_allclose(rescaled[fold, 0], expected, rtol=1e-5, atol=1e-5)
        assert np.abs(expected - values).max() > 0.01


def test_refits_of_the_null_are_rescaled_alike(subject, recording):
    def refits(**options):
        made = null_predictions(RidgeDecoder, RIDGE, subject(), n_refits=2, **JOB, **options)
        return by_fold(made)

    plain, rescaled = refits(), refits(rescale="test")
    assert set(plain) == set(rescaled) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    for (fold, refit), values in plain.items():
        expected = published(values, training_targets(recording, fold))
        np.testing.assert_allclose(rescaled[fold, refit], expected, rtol=1e-4, atol=1e-4)


def test_left_out_training_rows_are_rescaled_over_themselves(fitted, recording):
    chosen, tensors = fitted
    for rows in held_out_training(
        RidgeDecoder, RIDGE, chosen, tensors, device="cpu", rescale="test"
    ):
        targets = training_targets(recording, int(rows.keys["fold"].iloc[0]))
        np.testing.assert_allclose(rows.values.mean(axis=0), targets.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(rows.values.std(axis=0), targets.std(axis=0), rtol=1e-5)


def test_a_decoder_that_always_says_the_mean_goes_on_saying_it(subject, work):
    config = MeanConfig(name="mean")
    tensors, _ = fit_model(Mean, config, subject(average_train="stimulus"), **JOB, work=work)
    options = {"device": "cpu"}
    chosen = subject(average_train="stimulus")
    plain = by_fold(predict_model(Mean, config, chosen, tensors, **options))
    rescaled = by_fold(predict_model(Mean, config, chosen, tensors, rescale="test", **options))
    for name, values in plain.items():
        np.testing.assert_allclose(rescaled[name], values, atol=1e-6)


def test_the_fit_is_the_same_and_the_card_says_what_becomes_of_it(subject, work):
    plain, card = fit_model(RidgeDecoder, RIDGE, subject(), **JOB, work=work)
    same, loud = fit_model(RidgeDecoder, RIDGE, subject(), **JOB, work=work, rescale="test")
    assert all(plain[name].tobytes() == same[name].tobytes() for name in plain)
    assert loud == {**card, "rescale": "test", "transductive": True}
    assert "transductive" not in card


class Files:
    """What a rule hands over; the subject itself is given by the test."""


def write(path, rescale, fitted, monkeypatch):
    chosen, tensors = fitted
    monkeypatch.setattr("afterimage.models.predictions.read_subject", lambda *_: chosen)

    def predict(*arguments, **options):
        return predict_model(*arguments, tensors, device="cpu", **options)

    model = {"seam": "decoder", "entry": {"name": "ridge"}, "rescale": rescale}
    write_predictions(predict, Files(), path, model=model, responses={}, provenance={"by": "me"})
    return ArrayFile(path)


def test_a_file_of_rescaled_predictions_says_so_and_another_does_not(fitted, work, monkeypatch):
    work.mkdir()
    loud = write(work / "rescaled.arrow", "test", fitted, monkeypatch)
    quiet = write(work / "plain.arrow", "none", fitted, monkeypatch)
    assert loud.provenance["transductive"] is True
    assert how_transductive(loud.provenance) == "predictions rescaled over the test set"
    assert how_transductive(quiet.provenance) == ""
    assert set(quiet.provenance) == {"by", "responses", "uses_test_responses"}
    assert not np.array_equal(loud.read(), quiet.read())


def test_a_test_side_of_one_row_cannot_be_rescaled(recording, subject, work):
    splits = recording["splits"].query("fold == 0").reset_index(drop=True)
    splits.loc[splits.index[splits["role"] == "test"][1:], "role"] = "unused"
    recording["splits"] = splits
    chosen = subject(average_test="none")
    tensors, _ = fit_model(RidgeDecoder, RIDGE, chosen, **JOB, work=work)
    options = {"device": "cpu", "rescale": "test"}
    with pytest.raises(DataError, match=r"fold 0: expected at least 2 test rows.*Found: 1") as told:
        list(predict_model(RidgeDecoder, RIDGE, chosen, tensors, **options))
    assert len(str(told.value).splitlines()) == 2


def test_moments_of_blocks_are_those_of_all_rows_far_from_zero():
    rng = np.random.default_rng(0)
    values = (1e4 + rng.normal(size=(101, 4)) * [1, 3, 1e-5, 0]).astype(np.float32)
    parts = Moments.of(values[low : low + 7] for low in range(0, 101, 7))
    exact = values.astype(np.float64)
    assert parts.n == 101
    np.testing.assert_allclose(parts.mean, exact.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(parts.sd[:2], exact.std(axis=0)[:2], rtol=1e-10)
    # What float32 cannot tell apart does not vary.
    assert parts.sd[2:].tolist() == [0, 0]
