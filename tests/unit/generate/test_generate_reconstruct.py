from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.errors import DataError
from afterimage.contracts.images import ImageFile
from afterimage.contracts.registry import build
from afterimage.generate import reconstruct as module
from afterimage.generate.reconstruct import reconstruct, training_stimuli

COUNT, SIDE = 12, 8
KEYS = {"fold": "int32", "stimulus_id": "string", "trial_id": "string", "n_trials": "int32"}


def write(path: Path, keys: dict[str, str], frame: pd.DataFrame, values: np.ndarray) -> ArrayFile:
    shape, dims = values.shape[1:], ("row", "column", "colour")[: values.ndim - 1]
    with ArrayWriter(path, keys=keys, shape=shape, dims=dims, unit="1", provenance={}) as writer:
        writer.write({name: frame[name] for name in keys}, values)
    return ArrayFile(path)


@pytest.fixture
def case(tmp_path, draw_pictures, stimuli, two_folds):
    """Files of a subject whose predictions are the true pixels."""
    pictures = draw_pictures(COUNT, SIDE, SIDE, seed=0)
    splits, trials = two_folds(COUNT)
    test = splits[splits["role"] == "test"].merge(trials, on="trial_id")
    rows = test.groupby(["fold", "stimulus_id"], as_index=False).agg(
        trial_id=("trial_id", "first"), n_trials=("trial_id", "size")
    )
    pixels = pictures / np.float32(255)
    ids = pd.DataFrame({"stimulus_id": [f"s{i:02d}" for i in range(COUNT)]})
    number = rows["stimulus_id"].str[1:].astype(int)
    return {
        "predictions": write(tmp_path / "predictions.arrow", KEYS, rows, pixels[number]),
        "values": write(tmp_path / "values.arrow", {"stimulus_id": "string"}, ids, pixels),
        "splits": splits,
        "trials": trials,
        "pictures": stimuli(pictures),
        "provenance": {"made_by": "test"},
    }


def made(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    file = ImageFile(path)
    return file.keys, np.stack([file.image(i) for i in range(len(file))])


def test_every_prediction_gets_a_picture_under_its_keys(case, tmp_path):
    reconstruct(build("generator", {"name": "linear"}), path=tmp_path / "out.arrow", **case)
    keys, pictures = made(tmp_path / "out.arrow")
    pd.testing.assert_frame_equal(keys, case["predictions"].keys)
    assert (keys["n_trials"] == 2).all()
    shown = case["pictures"]
    for row, picture in zip(keys.itertuples(), pictures, strict=True):
        np.testing.assert_array_equal(picture, shown.image(int(row.stimulus_id[1:])))


def test_retrieval_shows_training_pictures_of_the_fold_only(case, tmp_path):
    reconstruct(build("generator", {"name": "retrieval"}), path=tmp_path / "out.arrow", **case)
    keys, pictures = made(tmp_path / "out.arrow")
    for row, picture in zip(keys.itertuples(), pictures, strict=True):
        training = training_stimuli(case["splits"], case["trials"], row.fold)
        allowed = [case["pictures"].image(int(name[1:])) for name in training]
        assert row.stimulus_id not in training
        assert any(np.array_equal(picture, candidate) for candidate in allowed)


def test_pieces_do_not_show(case, tmp_path, monkeypatch):
    generator = build("generator", {"name": "retrieval"})
    reconstruct(generator, path=tmp_path / "whole.arrow", **case)
    monkeypatch.setattr(module, "PIECE_BYTES", 2 * 24 * SIDE * SIDE)
    reconstruct(generator, path=tmp_path / "pieces.arrow", **case)
    whole, pieces = made(tmp_path / "whole.arrow"), made(tmp_path / "pieces.arrow")
    pd.testing.assert_frame_equal(whole[0], pieces[0])
    np.testing.assert_array_equal(whole[1], pieces[1])


def test_the_same_inputs_give_the_same_bytes(case, tmp_path):
    for name in ("a.arrow", "b.arrow"):
        reconstruct(build("generator", {"name": "linear"}), path=tmp_path / name, **case)
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()


def test_null_predictions_keep_their_refit_and_use_its_own_held_out_rows(case, tmp_path):
    clean = case["predictions"]
    frame = pd.concat([clean.keys.assign(refit=r) for r in (0, 1)], ignore_index=True)
    keys = {**KEYS, "refit": "int32"}
    values = case["values"].read()
    mean = values.mean(axis=0)
    shrunk = np.concatenate([mean + (clean.read() - mean) * gain for gain in (0.5, 0.25)])
    case["predictions"] = write(tmp_path / "null.arrow", keys, frame, shrunk)
    held_out = pd.DataFrame(
        [(fold, refit) for fold in (0, 1) for refit in (0, 1) for _ in range(COUNT)],
        columns=["fold", "refit"],
    )
    gains = held_out["refit"].map({0: 0.5, 1: 0.25}).to_numpy()[:, None, None, None]
    case["decoded_training"] = write(
        tmp_path / "held_out.arrow",
        {"fold": "int32", "refit": "int32"},
        held_out,
        (mean + (np.tile(values, (4, 1, 1, 1)) - mean) * gains).astype(np.float32),
    )
    generator = build("generator", {"name": "linear", "match_sd": True, "largest_gain": 100})
    reconstruct(generator, path=tmp_path / "out.arrow", **case)
    written, pictures = made(tmp_path / "out.arrow")
    sort = ["fold", "refit", "stimulus_id"]
    assert written[sort].to_numpy().tolist() == frame.sort_values(sort)[sort].to_numpy().tolist()
    first, second = pictures[written["refit"] == 0], pictures[written["refit"] == 1]
    assert np.abs(first.astype(int) - second).max() <= 1  # each undone by its own gain
    reconstruct(generator, path=tmp_path / "few.arrow", refits=1, **case)
    few, few_pictures = made(tmp_path / "few.arrow")
    assert (few["refit"] == 0).all()
    np.testing.assert_array_equal(few_pictures, first)


def test_a_size_can_be_asked_for(case, tmp_path):
    generator = build("generator", {"name": "linear"})
    reconstruct(generator, path=tmp_path / "out.arrow", image_shape=(16, 20), **case)
    assert made(tmp_path / "out.arrow")[1].shape[1:] == (16, 20, 3)


def test_a_bad_prediction_leaves_no_file(case, tmp_path):
    values = case["predictions"].read()
    values[-1, 0, 0, 0] = np.nan
    keys = case["predictions"].keys
    case["predictions"] = write(tmp_path / "bad.arrow", KEYS, keys, values)
    with pytest.raises(DataError, match="NaN"):
        reconstruct(build("generator", {"name": "linear"}), path=tmp_path / "out.arrow", **case)
    assert not list(tmp_path.glob("*out*"))
