"""Tokens in CLIP's shared space: against direct calls of transformers, as the source makes them."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from small_inputs import stimuli_table
from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel

from afterimage.contracts.annotations import ANNOTATIONS
from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.registry import build
from afterimage.features.captions import with_captions
from afterimage.features.extract import extract_features

TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}
CAPTIONS = [
    ("a cat",),
    ("a photo of a house", "a house a house", "a photo"),
    ("a face", "a cat"),
]


def make(name, folder, **entry):
    extractor = build("extractor", {"name": name, "model": str(folder), **entry})
    extractor.prepare(stimuli_table(3))
    return extractor


@pytest.fixture
def clip(checkpoints):
    return CLIPModel.from_pretrained(checkpoints["clip"]).eval()


def pixels(folder, pictures):
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    return processor(images=pictures, return_tensors="pt", input_data_format="channels_last")


def test_picture_tokens_are_all_projected_and_divided_by_the_class_token(
    clip, checkpoints, pictures, stimuli
):
    inputs = pixels(checkpoints["clip"], pictures)
    with torch.inference_mode():
        hidden = clip.vision_model(**inputs).last_hidden_state
        tokens = clip.visual_projection(clip.vision_model.post_layernorm(hidden)).numpy()
        image = clip.get_image_features(**inputs).pooler_output.numpy()
    expected = tokens / np.linalg.norm(tokens[:, :1], axis=-1, keepdims=True)
    extractor = make("clip_picture_tokens", checkpoints["clip"])
    found = extractor.extract(pictures, stimuli)
    assert extractor.shape == (17, 24)
    np.testing.assert_allclose(found, expected, **TOLERANCE)
    # The first is the embedding of the whole picture, of length one; the others are not scaled so.
    lengths = np.linalg.norm(image, axis=1, keepdims=True)
    np.testing.assert_allclose(found[:, 0], image / lengths, **TOLERANCE)
    assert np.abs(np.linalg.norm(found[:, 1:], axis=-1) - 1).max() > 0.01


def test_a_picture_may_be_enlarged_before_the_models_own_processor(checkpoints, pictures, stimuli):
    larger = make("clip_picture_tokens", checkpoints["clip"], resize_first=80)
    by_hand = [
        np.asarray(Image.fromarray(one).resize((80, 80), Image.Resampling.BILINEAR))
        for one in pictures
    ]
    plain = make("clip_picture_tokens", checkpoints["clip"])
    found = larger.extract(pictures, stimuli)
    np.testing.assert_array_equal(found, plain.extract(by_hand, stimuli))
    assert np.abs(found - plain.extract(pictures, stimuli)).max() > 1e-3


def test_caption_tokens_are_divided_by_the_end_of_their_text_and_averaged(clip, checkpoints):
    tokenizer = AutoTokenizer.from_pretrained(checkpoints["clip"])
    expected = []
    for captions in CAPTIONS:
        ids = tokenizer(
            list(captions), padding="max_length", max_length=77, return_tensors="pt"
        ).input_ids
        ends = [row.index(3) for row in ids.tolist()]
        with torch.inference_mode():
            # No attention mask: padding sees padding.
            hidden = clip.text_model(input_ids=ids).last_hidden_state
            tokens = clip.text_projection(hidden).numpy()
        scaled = [t / np.linalg.norm(t[end]) for t, end in zip(tokens, ends, strict=True)]
        expected.append(np.mean(scaled, axis=0))
    table = stimuli_table(3).assign(captions=CAPTIONS)
    extractor = make("clip_caption_tokens", checkpoints["clip"])
    assert extractor.shape == (77, 24)
    assert extractor.needs == "captions"
    np.testing.assert_allclose(extractor.extract(None, table), expected, **TOLERANCE)


def test_a_model_without_a_shared_space_is_told(checkpoints):
    with pytest.raises(ConfigError, match=r"has no vision_model(.|\n)*Choose a CLIP model"):
        make("clip_picture_tokens", checkpoints["vit"])


def annotations(captions):
    rows = [("s00", "coco_id", 0, "17")]
    rows += [
        (f"s{i:02d}", "caption", n, t) for i, c in enumerate(captions) for n, t in enumerate(c)
    ]
    table = pd.DataFrame(rows, columns=ANNOTATIONS.names).astype({"number": "int32"})
    return table.sample(frac=1, random_state=0)


def test_captions_come_from_the_annotations_in_their_order_and_empty_ones_do_not_count():
    table = with_captions(stimuli_table(3), annotations([*CAPTIONS[:2], ("", "a face", "  ", "x")]))
    assert table["captions"].tolist() == [*CAPTIONS[:2], ("a face", "x")]


def test_a_picture_without_captions_is_named_with_what_to_do():
    with pytest.raises(DataError, match=r"1 of 3 stimuli have no caption.*'s02'") as told:
        with_captions(stimuli_table(3), annotations([*CAPTIONS[:2], (" ",)]))
    assert "coco: true" in str(told.value)
    assert len(str(told.value).splitlines()) == 2


def test_features_of_captions_are_streamed_like_any_other(checkpoints, tmp_path):
    path = tmp_path / "f.arrow"
    made = build("extractor", {"name": "clip_caption_tokens", "model": str(checkpoints["clip"])})
    extract_features(
        stimuli_table(3), None, made, path, batch_size=2, annotations=annotations(CAPTIONS)
    )
    file = ArrayFile(path)
    assert (file.shape, file.dims) == ((77, 24), ("token", "feature"))
    direct = made.extract(None, stimuli_table(3).assign(captions=CAPTIONS))
    np.testing.assert_allclose(file.read(), direct, **TOLERANCE)
    with pytest.raises(DataError, match="3 of 3 stimuli have no caption"):
        extract_features(stimuli_table(3), None, made, tmp_path / "none.arrow")
