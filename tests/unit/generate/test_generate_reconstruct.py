from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.errors import DataError
from afterimage.contracts.images import ImageFile
from afterimage.contracts.registry import build
from afterimage.contracts.splits import training_stimuli
from afterimage.generate import reconstruct as module
from afterimage.generate.reconstruct import reconstruct

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
        training = training_stimuli(case["splits"], case["trials"], row.fold, with_validation=True)
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


class Mean:
    """A generator that shows the mean of what it is given to know of left-out predictions."""

    def generate(self, decoded, context):
        grey = np.rint(255 * context.decoded_training.mean()).astype(np.uint8)
        return np.full((len(decoded), SIDE, SIDE, 3), grey)


def test_each_fold_gets_its_own_left_out_predictions(case, tmp_path):
    held_out = pd.DataFrame({"fold": [0, 0, 1]})
    values = np.array([0.2, 0.4, 0.8], np.float32)[:, None, None, None] * np.ones(
        (3, 8, 8, 3), "f4"
    )
    case["decoded_training"] = write(
        tmp_path / "held_out.arrow", {"fold": "int32"}, held_out, values
    )
    reconstruct(Mean(), path=tmp_path / "out.arrow", **case)
    keys, pictures = made(tmp_path / "out.arrow")
    expected = keys["fold"].map({0: np.rint(255 * 0.3), 1: np.rint(255 * 0.8)})
    assert np.abs(pictures[:, 0, 0, 0] - expected).max() <= 1


def test_null_predictions_keep_their_refit_and_the_first_ones_are_drawn(case, tmp_path):
    clean = case["predictions"]
    frame = pd.concat([clean.keys.assign(refit=r) for r in (0, 1)], ignore_index=True)
    keys = {**KEYS, "refit": "int32"}
    values = np.concatenate([clean.read(), 1 - clean.read()])
    case["predictions"] = write(tmp_path / "null.arrow", keys, frame, values)
    reconstruct(build("generator", {"name": "linear"}), path=tmp_path / "out.arrow", **case)
    written, pictures = made(tmp_path / "out.arrow")
    sort = ["fold", "refit", "stimulus_id"]
    assert written[sort].to_numpy().tolist() == frame.sort_values(sort)[sort].to_numpy().tolist()
    few_path = tmp_path / "few.arrow"
    reconstruct(build("generator", {"name": "linear"}), path=few_path, refits=1, **case)
    few, few_pictures = made(few_path)
    assert (few["refit"] == 0).all()
    np.testing.assert_array_equal(few_pictures, pictures[written["refit"] == 0])


def test_validation_stimuli_are_in_the_gallery_and_tested_ones_never(case, tmp_path):
    splits = case["splits"]
    kept = (splits["fold"] == 0) & splits["trial_id"].str.startswith("t00")
    splits.loc[kept, "role"] = "val"
    seen = {}

    class Listening(Mean):
        def generate(self, decoded, context):
            seen[context.fold] = list(context.gallery_ids)
            return np.zeros((len(decoded), SIDE, SIDE, 3), np.uint8)

    reconstruct(Listening(), path=tmp_path / "out.arrow", **case)
    assert seen == {
        0: [f"s{i:02d}" for i in range(6)],
        1: [f"s{i:02d}" for i in range(6, 12)],
    }


def test_a_bad_prediction_leaves_no_file(case, tmp_path):
    values = case["predictions"].read()
    values[-1, 0, 0, 0] = np.nan
    keys = case["predictions"].keys
    case["predictions"] = write(tmp_path / "bad.arrow", KEYS, keys, values)
    with pytest.raises(DataError, match="NaN"):
        reconstruct(build("generator", {"name": "linear"}), path=tmp_path / "out.arrow", **case)
    assert not list(tmp_path.glob("*out*"))
