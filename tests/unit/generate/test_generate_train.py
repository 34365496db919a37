import numpy as np
import pytest

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.modelfiles import load_tensors, part
from afterimage.contracts.registry import build
from afterimage.generate.train import train_generator, training_pictures

COUNT = 24


@pytest.fixture
def train(tmp_path, stimuli):
    def run(pictures, training, name):
        generator = build("generator", {"name": "vae", "latents": 4, "width": 4, "steps": 3})
        paths = {
            "tensors_path": tmp_path / name / "model.safetensors",
            "latents_path": tmp_path / name / "latents.arrow",
            "work": tmp_path / name / "work",
        }
        file = stimuli(pictures, f"{name}.arrow")
        train_generator(generator, file, training, provenance={}, **paths)
        tensors = load_tensors(paths["tensors_path"])
        return generator, tensors, ArrayFile(paths["latents_path"])

    return run


def test_each_fold_has_weights_and_latents_of_all_pictures(train, draw_pictures, two_folds):
    pictures = draw_pictures(COUNT, 8, 8, seed=0)
    generator, tensors, latents = train(pictures, training_pictures(*two_folds(COUNT)), "a")
    assert latents.shape == (4,)
    assert latents.dims == ("latent",)
    assert latents.keys["fold"].tolist() == [0] * COUNT + [1] * COUNT
    for fold in (0, 1):
        own = latents.read(np.flatnonzero(latents.keys["fold"] == fold))
        weights = part(tensors, f"fold{fold}")
        np.testing.assert_array_equal(own, generator.encode(list(pictures), weights))
    assert not np.array_equal(tensors["fold0/mean"], tensors["fold1/mean"])


def test_test_pictures_do_not_touch_the_weights(train, draw_pictures, two_folds):
    pictures = draw_pictures(COUNT, 8, 8, seed=0)
    training = {0: training_pictures(*two_folds(COUNT))[0]}
    other = pictures.copy()
    other[COUNT // 2 :] = 255 - other[COUNT // 2 :]
    _, first, _ = train(pictures, training, "a")
    _, second, _ = train(other, training, "b")
    assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}


def test_the_same_inputs_give_the_same_bytes(train, draw_pictures, two_folds, tmp_path):
    pictures = draw_pictures(COUNT, 8, 8, seed=0)
    for name in ("a", "b"):
        train(pictures, training_pictures(*two_folds(COUNT)), name)
    for file in ("model.safetensors", "latents.arrow"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_no_picture_trains_that_is_tested_or_kept_for_validation(two_folds):
    splits, trials = two_folds(6)
    own = (splits["fold"] == 0) & splits["trial_id"].str.startswith("t01")
    splits.loc[own, "role"] = "val"
    assert training_pictures(splits, trials) == {0: ["s00", "s02"], 1: ["s03", "s04", "s05"]}
