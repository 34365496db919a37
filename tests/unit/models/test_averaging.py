"""Repetitions are averaged before the model, after it, or not; the files say which."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.config.experiment import Responses
from afterimage.contracts.registry import find_class, known
from afterimage.models import prediction_inputs
from afterimage.models.average import Mode, TestMode, averaged, make_samples, repetitions_of
from afterimage.models.chance import DRAWS
from afterimage.models.fitting import (
    fit_model,
    measured_responses,
    null_predictions,
    predict_model,
)
from afterimage.models.folds import ResponseSettings
from afterimage.models.prediction_inputs import BLOCK_ROWS, blocks
from afterimage.models.raw_responses import raw_test_responses
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder
from afterimage.models.ridge_encoder import RidgeEncoder, RidgeEncoderConfig
from afterimage.models.rows import write_rows

RIDGE = RidgeConfig(name="ridge")
# The draws of the chance decoder are for rows, not for responses.
DECODERS = [name for name in known("decoder") if name != "chance"]
AVERAGES = ("none", "stimulus", "prediction")


def predictions(model_class, config, subject, work):
    work.mkdir(parents=True, exist_ok=True)
    tensors, _ = fit_model(model_class, config, subject, seed=0, device="cpu", work=work)
    return list(predict_model(model_class, config, subject, tensors, device="cpu"))


def whole(rows):
    keys = pd.concat([block.keys for block in rows], ignore_index=True)
    return keys, np.concatenate([block.values for block in rows])


def means_by_hand(single, *more):
    """Mean values of the rows of one fold and stimulus, in the order of their first trial."""
    keys, values = single
    groups = keys.groupby(["fold", "stimulus_id", *more], sort=False).indices
    return {key: values[rows].astype(np.float64).mean(axis=0) for key, rows in groups.items()}


@pytest.mark.parametrize("name", DECODERS)
def test_predictions_of_a_stimulus_are_averaged_after_any_decoder(name, subject, work):
    model_class = find_class("decoder", name)
    config = model_class.Config(name=name)
    single = predictions(model_class, config, subject(average_test="none"), work / "none")
    after = predictions(model_class, config, subject(average_test="prediction"), work / "after")
    keys, values = whole(after)
    expected = means_by_hand(whole(single))
    for key, value in zip(
        keys[["fold", "stimulus_id"]].itertuples(index=False), values, strict=True
    ):
        np.testing.assert_allclose(value, expected[tuple(key)], atol=1e-5)


def test_means_of_predictions_have_the_keys_of_means_of_responses(subject, work):
    found = {
        mode: whole(predictions(RidgeDecoder, RIDGE, subject(average_test=mode), work / mode))[0]
        for mode in ("stimulus", "prediction")
    }
    pd.testing.assert_frame_equal(found["prediction"], found["stimulus"])
    assert set(found["prediction"]["n_trials"]) == {2, 3}


@pytest.mark.parametrize("normalise", ["none", "train", "session_train", "run_train", "run_all"])
def test_a_linear_decoder_may_average_before_or_after(normalise, subject, work):
    before, after = (
        whole(predictions(RidgeDecoder, RIDGE, chosen, work))[1]
        for chosen in (
            subject(normalise=normalise, average_test="stimulus"),
            subject(normalise=normalise, average_test="prediction"),
        )
    )
    np.testing.assert_allclose(after, before, atol=2e-5)


def test_averaging_before_the_z_score_is_a_ridge_that_standardises(recording, subject, work):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    config = RidgeConfig(name="ridge", penalties=(3.0,), penalty_scale="absolute")
    chosen = subject(normalise="train", average_train="stimulus", average_test="stimulus")
    ours = predictions(RidgeDecoder, config, chosen, work)[0]
    splits, ids = recording["splits"], recording["trials"]["stimulus_id"]
    kept = pd.DataFrame(np.delete(recording["raw"], 3, axis=1).astype(np.float64))
    role = pd.Series(splits.loc[splits["fold"] == 0, "role"].to_numpy()).groupby(ids).first()
    means, targets = (frame.groupby(ids).mean() for frame in (kept, raw_values(recording)))
    theirs = make_pipeline(StandardScaler(), Ridge(alpha=3.0))
    theirs.fit(means[role != "test"], targets[role != "test"])
    expected = theirs.predict(means.loc[ours.keys["stimulus_id"]])
    np.testing.assert_allclose(ours.values, expected, atol=1e-5)


def raw_values(recording):
    return pd.DataFrame(recording["raw_values"].astype(np.float64))


def test_a_network_is_another_decoder_when_its_predictions_are_averaged(subject, work):
    pytest.importorskip("torch")
    from afterimage.models.contrastive_mlp import ContrastiveMlp, ContrastiveMlpConfig

    config = ContrastiveMlpConfig(name="contrastive_mlp", epochs=2, hidden=8)
    before, after = (
        whole(predictions(ContrastiveMlp, config, subject(average_test=mode), work / mode))[1]
        for mode in ("stimulus", "prediction")
    )
    assert np.abs(after - before).max() > 1e-3


def test_nulls_are_averaged_like_predictions(subject):
    options = {"n_refits": 3, "seed": 0, "device": "cpu"}
    single, after = (
        whole(list(null_predictions(RidgeDecoder, RIDGE, subject(average_test=mode), **options)))
        for mode in ("none", "prediction")
    )
    expected = means_by_hand(single, "refit")
    keys, values = after
    assert len(keys) == len(expected) == 2 * 3 * 8
    for key, value in zip(
        keys[["fold", "stimulus_id", "refit"]].itertuples(index=False), values, strict=True
    ):
        np.testing.assert_allclose(value, expected[tuple(key)], atol=1e-5)


def test_an_encoder_is_compared_with_averaged_responses_either_way(subject, work):
    config = RidgeEncoderConfig(name="ridge_encoder")
    work.mkdir()
    found = {}
    for mode in ("stimulus", "prediction"):
        chosen = subject(average_test=mode)
        tensors, _ = fit_model(RidgeEncoder, config, chosen, seed=0, device="cpu", work=work)
        rows = list(predict_model(RidgeEncoder, config, chosen, tensors, device="cpu"))
        found[mode] = whole(rows), whole(list(measured_responses(chosen, tensors)))
    for before, after in zip(found["stimulus"], found["prediction"], strict=True):
        pd.testing.assert_frame_equal(before[0], after[0])
        np.testing.assert_array_equal(before[1], after[1])


def test_the_truth_is_compared_with_averages_either_way(subject):
    before, after = (
        raw_test_responses(subject(average_test=mode), 0) for mode in ("stimulus", "prediction")
    )
    np.testing.assert_array_equal(before.responses, after.responses)
    assert after.n_trials.tolist() == [3] * 8


@pytest.mark.parametrize("average", AVERAGES)
def test_blocks_change_nothing_but_the_memory_needed(average, subject, work, monkeypatch):
    chosen = subject(average_test=average)
    one = predictions(RidgeDecoder, RIDGE, chosen, work)
    options = {"n_refits": 2, "seed": 0, "device": "cpu"}
    null = whole(list(null_predictions(RidgeDecoder, RIDGE, chosen, **options)))
    monkeypatch.setattr(prediction_inputs.blocks, "__defaults__", (7,))
    monkeypatch.setattr(prediction_inputs, "KEPT_BYTES", 0)
    sizes = []
    predict = RidgeDecoder.predict
    monkeypatch.setattr(RidgeDecoder, "predict", lambda m, x: sizes.append(len(x)) or predict(m, x))
    many = predictions(RidgeDecoder, RIDGE, chosen, work)
    assert len(many) > len(one)
    assert 1 < max(sizes) <= 7
    streamed = whole(list(null_predictions(RidgeDecoder, RIDGE, chosen, **options)))
    for left, right in ((whole(one), whole(many)), (null, streamed)):
        pd.testing.assert_frame_equal(left[0], right[0])
        np.testing.assert_allclose(left[1], right[1], atol=1e-5)


def test_blocks_hold_whole_samples_and_few_rows():
    counts = np.array([3, 3, 1, 9, 2, 2])
    assert [(part.start, part.stop) for part in blocks(counts, 6)] == [
        (0, 2),
        (2, 3),
        (3, 4),
        (4, 6),
    ]
    ones = np.ones(2 * BLOCK_ROWS + 1, int)
    assert [part.stop for part in blocks(ones)] == [BLOCK_ROWS, 2 * BLOCK_ROWS, len(ones)]
    assert list(blocks(np.zeros(0, int))) == []


def test_the_draws_of_the_chance_decoder_do_not_depend_on_blocks():
    assert BLOCK_ROWS % DRAWS == 0


def test_means_are_summed_in_double_precision():
    values = np.array([[1e8], [1.0], [-1e8], [5.0]], np.float32)
    means = averaged(values, np.array([3, 1]))
    assert means.dtype == np.float32
    np.testing.assert_allclose(means, [[1 / 3], [5]], rtol=1e-6)


def test_repetitions_are_counted_from_one():
    trials = pd.DataFrame({"stimulus_id": list("abcabca"), "trial_id": list("1234567")})
    assert repetitions_of([make_samples(trials, "none")]) == {"1": 7}
    samples = make_samples(trials, "stimulus")
    assert repetitions_of([samples]) == {"1": 0, "2": 2, "3": 1}
    assert samples.singles().keys["trial_id"].tolist() == ["1", "4", "7", "2", "5", "3", "6"]


def test_the_card_tells_every_choice_and_the_trials_of_each_row(subject, work):
    settings = {"normalise": "run_all", "average_train": "stimulus", "average_test": "prediction"}
    _, card = fit_model(RidgeDecoder, RIDGE, subject(**settings), seed=0, device="cpu", work=work)
    assert settings.items() <= card["responses"].items()
    assert card["uses_test_responses"] is True
    first, _ = card["folds"]
    assert first["repetitions"] == {
        "train": {"1": 0, "2": 30},
        "test": {"1": 0, "2": 0, "3": 8},
    }


def test_a_networks_card_counts_validation_rows_apart(subject, work):
    pytest.importorskip("torch")
    from afterimage.models.contrastive_mlp import ContrastiveMlp, ContrastiveMlpConfig

    config = ContrastiveMlpConfig(name="contrastive_mlp", epochs=1, hidden=8)
    chosen = subject(average_test="none")
    _, card = fit_model(ContrastiveMlp, config, chosen, seed=0, device="cpu", work=work)
    assert card["folds"][0]["repetitions"] == {
        "train": {"1": 48},
        "validation": {"1": 12},
        "test": {"1": 24},
    }


@pytest.mark.parametrize(("normalise", "used"), [("train", False), ("session_all", True)])
def test_predictions_carry_the_choices_in_their_provenance(normalise, used, subject, work):
    chosen = subject(normalise=normalise, average_test="prediction")
    rows = iter(predictions(RidgeDecoder, RIDGE, chosen, work))
    write_rows(work / "predictions.arrow", rows, "decoder", chosen, {"predicted_by": "me"})
    assert ArrayFile(work / "predictions.arrow").provenance == {
        "predicted_by": "me",
        "responses": ResponseSettings(normalise=normalise, average_test="prediction").record(),
        "uses_test_responses": used,
    }


def test_the_configuration_offers_the_averages_that_exist():
    fields = Responses.model_fields
    assert get_args(fields["average_train"].annotation) == get_args(Mode)
    assert get_args(fields["average_test"].annotation) == get_args(TestMode) == AVERAGES
