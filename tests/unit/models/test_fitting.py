"""Models fitted, applied and refitted fold by fold."""

import json

import numpy as np
import pytest

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.modelfiles import load_tensors, part, save_card, save_tensors
from afterimage.contracts.registry import find_class, known
from afterimage.models.fitting import (
    fit_model,
    held_out_training,
    measured_responses,
    null_predictions,
    predict_model,
)
from afterimage.models.learning_curve import learning_curve
from afterimage.models.mean import Mean, MeanConfig
from afterimage.models.normalise import Normalisation
from afterimage.models.raw_weights import in_response_units
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder
from afterimage.models.rows import write_rows

RIDGE = RidgeConfig(name="ridge")
MODELS = [(seam, name) for seam in ("decoder", "encoder") for name in known(seam)]


def linear_weights(tensors, mode):
    """Weights of the first fold's fit for responses in their own unit."""
    normalisation = Normalisation.restore(mode, part(tensors, "fold0/normalisation"))
    weights = tensors["fold0/model/weights"]
    return in_response_units(weights, normalisation, tensors["channels"], 14)


@pytest.mark.parametrize(("seam", "name"), MODELS)
def test_every_model_goes_through_fit_predict_and_null(seam, name, subject, tmp_path):
    chosen = subject(normalise="session_train")
    model_class = find_class(seam, name)
    config = model_class.Config(name=name)
    tensors, card = fit_model(
        model_class, config, chosen, seed=1, device="cpu", work=tmp_path / "work"
    )
    save_tensors(tmp_path / "model.safetensors", tensors)
    save_card(tmp_path / "model.json", card)
    loaded = load_tensors(tmp_path / "model.safetensors")
    rows = predict_model(model_class, config, chosen, loaded, device="cpu")
    write_rows(tmp_path / "predictions.arrow", rows, model_class.kind, chosen, {})
    file = ArrayFile(tmp_path / "predictions.arrow")
    assert file.shape == ((5,) if seam == "decoder" else (13,))
    assert file.keys["fold"].value_counts().to_dict() == {0: 8, 1: 8}
    assert set(file.keys["n_trials"]) <= {2, 3}
    null = null_predictions(model_class, config, chosen, n_refits=2, seed=1, device="cpu")
    write_rows(tmp_path / "null.arrow", null, model_class.kind, chosen, {})
    refits = ArrayFile(tmp_path / "null.arrow")
    assert len(refits) == 2 * len(file)
    assert sorted(set(refits.keys["refit"])) == [0, 1]


def test_predictions_are_those_of_test_trials_by_a_fit_of_the_others(recording, subject, work):
    from sklearn.linear_model import Ridge

    chosen = subject(normalise="train", average_test="none")
    tensors, card = fit_model(RidgeDecoder, RIDGE, chosen, seed=0, device="cpu", work=work)
    for rows in predict_model(RidgeDecoder, RIDGE, chosen, tensors, device="cpu"):
        fold = int(rows.keys["fold"].iloc[0])
        splits = recording["splits"]
        role = splits.loc[splits["fold"] == fold, "role"].to_numpy()
        kept = np.delete(recording["raw"], 3, axis=1).astype(np.float64)
        train, test = np.isin(role, ["train", "val"]), role == "test"
        mean, sd = kept[train].mean(axis=0), kept[train].std(axis=0)
        oracle = Ridge(alpha=tensors[f"fold{fold}/model/penalties"], solver="svd")
        oracle.fit((kept[train] - mean) / sd, recording["raw_values"][train])
        expected = oracle.predict((kept[test] - mean) / sd)
        np.testing.assert_allclose(rows.values, expected, atol=1e-4)
        assert rows.keys["trial_id"].tolist() == recording["trials"]["trial_id"][test].tolist()
    assert [fold["training_rows"] for fold in card["folds"]] == [
        int(np.isin(group["role"], ["train", "val"]).sum())
        for _, group in recording["splits"].groupby("fold")
    ]
    json.dumps(card)


def test_predictions_recover_the_stimuli(recording, subject, work):
    chosen = subject(normalise="session_train")
    tensors, _ = fit_model(RidgeDecoder, RIDGE, chosen, seed=0, device="cpu", work=work)
    for rows in predict_model(RidgeDecoder, RIDGE, chosen, tensors, device="cpu"):
        ids = rows.keys["stimulus_id"].tolist()
        true = recording["values"].read(recording["values"].rows(stimulus_id=ids))
        assert np.corrcoef(rows.values.ravel(), true.ravel())[0, 1] > 0.9


def test_the_same_fit_gives_the_same_bytes(subject, work):
    fits = [
        fit_model(RidgeDecoder, RIDGE, subject(), seed=0, device="cpu", work=work)[0]
        for _ in range(2)
    ]
    assert all(fits[0][key].tobytes() == fits[1][key].tobytes() for key in fits[0])


def test_measured_responses_stand_beside_an_encoders_predictions(recording, subject, work):
    from afterimage.models.ridge_encoder import RidgeEncoder, RidgeEncoderConfig

    chosen = subject(normalise="session_train")
    config = RidgeEncoderConfig(name="ridge_encoder")
    tensors, _ = fit_model(RidgeEncoder, config, chosen, seed=0, device="cpu", work=work)
    predicted = list(predict_model(RidgeEncoder, config, chosen, tensors, device="cpu"))
    measured = list(measured_responses(chosen, tensors))
    for left, right in zip(predicted, measured, strict=True):
        assert left.keys.equals(right.keys)
        assert np.corrcoef(left.values.ravel(), right.values.ravel())[0, 1] > 0.8


def test_held_out_training_predictions_carry_the_keys_of_training_rows(subject, work):
    chosen = subject(normalise="train")
    tensors, _ = fit_model(RidgeDecoder, RIDGE, chosen, seed=0, device="cpu", work=work)
    (first, _) = held_out_training(RidgeDecoder, RIDGE, chosen, tensors, device="cpu")
    assert len(first.keys) == len(first.values) == 60
    mean = MeanConfig(name="mean")
    none = held_out_training(Mean, mean, chosen, {}, device="cpu")
    write_rows(work / "none.arrow", none, "decoder", chosen, {})
    assert len(ArrayFile(work / "none.arrow")) == 0


def test_a_network_without_validation_stimuli_asks_for_them(recording, subject, work):
    pytest.importorskip("torch")
    from afterimage.models.contrastive_mlp import ContrastiveMlp, ContrastiveMlpConfig

    recording["splits"]["role"] = recording["splits"]["role"].replace("val", "train")
    config = ContrastiveMlpConfig(name="contrastive_mlp")
    with pytest.raises(ConfigError, match="validation"):
        fit_model(ContrastiveMlp, config, subject(), seed=0, device="cpu", work=work)


def test_a_model_of_other_channels_is_refused(recording, subject, work):
    tensors, _ = fit_model(RidgeDecoder, RIDGE, subject(), seed=0, device="cpu", work=work)
    recording["channels"].loc[7, "excluded"] = True
    with pytest.raises(DataError, match="fitted on 13 channels"):
        list(predict_model(RidgeDecoder, RIDGE, subject(), tensors, device="cpu"))


def test_a_subject_whose_trials_the_splits_do_not_know_is_refused(recording, subject, work):
    recording["trials"].loc[0, "trial_id"] = "elsewhere"
    with pytest.raises(DataError, match="elsewhere"):
        fit_model(RidgeDecoder, RIDGE, subject(), seed=0, device="cpu", work=work)


@pytest.mark.parametrize("normalise", ["none", "train"])
def test_weights_in_response_units_predict_from_raw_responses(normalise, recording, subject, work):
    chosen = subject(normalise=normalise)
    tensors, _ = fit_model(RidgeDecoder, RIDGE, chosen, seed=0, device="cpu", work=work)
    weights = linear_weights(tensors, normalise)
    assert weights.shape == (14, 5)
    assert (weights[3] == 0).all()
    rows = next(predict_model(RidgeDecoder, RIDGE, chosen, tensors, device="cpu"))
    ids = recording["trials"]["stimulus_id"].to_numpy()
    raw = np.stack(
        [recording["raw"][ids == i].mean(axis=0) for i in rows.keys["stimulus_id"]]
    ).astype(np.float64)
    predicted = raw @ weights
    offset = rows.values - predicted
    np.testing.assert_allclose(offset, np.tile(offset[0], (len(raw), 1)), atol=1e-4)


def test_a_learning_curve_uses_the_first_trials_only(recording, subject, work):
    chosen = subject(normalise="train")
    curve = learning_curve(RidgeDecoder, RIDGE, chosen, fold=0, sizes=[20, 40, 999])
    assert list(curve) == [20, 40, 60]
    tensors, _ = fit_model(RidgeDecoder, RIDGE, chosen, seed=0, device="cpu", work=work)
    np.testing.assert_allclose(curve[60], linear_weights(tensors, "train"))
    first = chosen.side(0, ["train", "val"])["trial_id"][:20]
    splits = recording["splits"]
    later = (splits["role"] != "test") & ~splits["trial_id"].isin(first)
    splits.loc[later, "role"] = "unused"
    again, _ = fit_model(RidgeDecoder, RIDGE, subject(), seed=0, device="cpu", work=work)
    np.testing.assert_allclose(curve[20], linear_weights(again, "train"))


def test_a_learning_curve_needs_a_linear_model(subject):
    with pytest.raises(ConfigError, match="no linear weights"):
        learning_curve(Mean, MeanConfig(name="mean"), subject(), fold=0, sizes=[20])
