"""Against direct calls of transformers, on tiny checkpoints with random weights."""

import json
import shutil

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.registry import build

TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


def make(stimuli, model, **entry):
    extractor = build("extractor", {"name": "huggingface", "model": str(model), **entry})
    extractor.prepare(stimuli)
    return extractor


def reference(folder, pictures, **options):
    """Run the model directly on the pixels of its own Pillow processor."""
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    pixels = processor(images=pictures, return_tensors="pt", input_data_format="channels_last")
    model = AutoModel.from_pretrained(folder).eval()
    model = getattr(model, "vision_model", model)
    with torch.inference_mode():
        return model(**pixels, output_hidden_states=True), pixels, model


def sentences(folder, texts):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer(texts, padding="max_length", max_length=77, return_tensors="pt")


@pytest.mark.parametrize("name", ["clip", "vit", "dinov2"])
def test_last_layer_is_what_the_model_returns(name, checkpoints, pictures, stimuli):
    output, _, _ = reference(checkpoints[name], pictures)
    extractor = make(stimuli, checkpoints[name])
    assert extractor.dims == ("token", "feature")
    assert extractor.shape == (17, 32)
    np.testing.assert_allclose(
        extractor.extract(pictures, stimuli), output.last_hidden_state, **TOLERANCE
    )


@pytest.mark.parametrize("name", ["clip", "vit", "dinov2"])
@pytest.mark.parametrize("layer", [0, 2, 3, -1, -4])
def test_a_numbered_layer_is_that_entry_of_the_hidden_states(
    name, layer, checkpoints, pictures, stimuli
):
    output, _, _ = reference(checkpoints[name], pictures)
    extractor = make(stimuli, checkpoints[name], layer=layer)
    np.testing.assert_allclose(
        extractor.extract(pictures, stimuli), output.hidden_states[layer], **TOLERANCE
    )


def test_layer_0_is_the_embedding_and_layer_i_the_output_of_block_i(checkpoints, pictures, stimuli):
    _, pixels, model = reference(checkpoints["vit"], pictures)
    with torch.inference_mode():
        hidden = model.embeddings(**pixels)
        for layer in range(4):
            got = make(stimuli, checkpoints["vit"], layer=layer).extract(pictures, stimuli)
            np.testing.assert_allclose(got, hidden, **TOLERANCE)
            if layer < 3:
                hidden = model.layers[layer](hidden, None)


@pytest.mark.parametrize(("name", "special"), [("vit", 1), ("dinov2", 1), ("dinov2_registers", 5)])
def test_mean_is_over_patches_and_cls_is_the_first_token(
    name, special, checkpoints, pictures, stimuli
):
    output, _, _ = reference(checkpoints[name], pictures)
    tokens = output.hidden_states[2].numpy()
    mean = make(stimuli, checkpoints[name], layer=2, pooling="mean")
    cls = make(stimuli, checkpoints[name], layer=2, pooling="cls")
    assert mean.dims == cls.dims == ("feature",)
    np.testing.assert_allclose(
        mean.extract(pictures, stimuli), tokens[:, special:].mean(axis=1), **TOLERANCE
    )
    np.testing.assert_allclose(cls.extract(pictures, stimuli), tokens[:, 0], **TOLERANCE)


@pytest.mark.parametrize("name", ["clip", "vit", "dinov2"])
def test_pooler_is_the_model_s_own_summary(name, checkpoints, pictures, stimuli):
    output, _, _ = reference(checkpoints[name], pictures)
    extractor = make(stimuli, checkpoints[name], pooling="pooler")
    np.testing.assert_allclose(
        extractor.extract(pictures, stimuli), output.pooler_output, **TOLERANCE
    )


def test_projection_of_pictures_and_texts_share_a_space(checkpoints, pictures, stimuli):
    from transformers import CLIPModel, CLIPTextModelWithProjection, CLIPVisionModelWithProjection

    folder = checkpoints["clip"]
    _, pixels, _ = reference(folder, pictures)
    texts = [f"a photo of a {name}" for name in stimuli["category"]]
    with torch.inference_mode():
        image = CLIPVisionModelWithProjection.from_pretrained(folder)(**pixels).image_embeds
        words = CLIPTextModelWithProjection.from_pretrained(folder)(
            **sentences(folder, texts)
        ).text_embeds
        assert CLIPModel.from_pretrained(folder).config.projection_dim == 24
    seen = make(stimuli, folder, layer="projection")
    read = make(stimuli, folder, tower="text", layer="projection", text="a photo of a {category}")
    assert seen.shape == read.shape == (24,)
    assert (seen.needs, read.needs) == ("image", "table")
    np.testing.assert_allclose(seen.extract(pictures, stimuli), image, **TOLERANCE)
    np.testing.assert_allclose(read.extract(None, stimuli), words, **TOLERANCE)


def test_text_mean_leaves_padding_out_and_tokens_keep_it(checkpoints, stimuli):
    from transformers import CLIPTextModel

    folder = checkpoints["clip"]
    inputs = sentences(folder, stimuli["category"].tolist())
    with torch.inference_mode():
        hidden = CLIPTextModel.from_pretrained(folder)(**inputs).last_hidden_state.numpy()
    count = inputs["attention_mask"].sum(dim=1).tolist()
    mean = [row[:n].mean(axis=0) for row, n in zip(hidden, count, strict=True)]
    text = {"tower": "text", "text": "{category}"}
    np.testing.assert_allclose(
        make(stimuli, folder, pooling="mean", **text).extract(None, stimuli), mean, **TOLERANCE
    )
    tokens = make(stimuli, folder, **text)
    assert tokens.shape == (77, 32)
    np.testing.assert_allclose(tokens.extract(None, stimuli), hidden, **TOLERANCE)


def test_a_text_longer_than_the_model_reads_is_cut(checkpoints, stimuli):
    long = stimuli.assign(category="a photo of a cat " * 60)
    extractor = make(long, checkpoints["clip"], tower="text", text="{category}", pooling="mean")
    assert np.isfinite(extractor.extract(None, long)).all()


def test_gits_vision_tower_is_found_in_the_checkpoint_of_its_captioner(
    checkpoints, pictures, stimuli
):
    from transformers import AutoImageProcessor, GitForCausalLM

    folder = checkpoints["git"]
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    pixels = processor(images=pictures, return_tensors="pt", input_data_format="channels_last")
    captioner = GitForCausalLM.from_pretrained(folder).eval()
    with torch.inference_mode():
        expected = captioner.git.image_encoder(**pixels).last_hidden_state
    extractor = make(stimuli, folder, layer="last")
    assert extractor.shape == (17, 32)
    np.testing.assert_allclose(extractor.extract(pictures, stimuli), expected, **TOLERANCE)


def test_a_convolutional_network_gives_maps(checkpoints, pictures, stimuli):
    output, _, _ = reference(checkpoints["resnet"], pictures)
    maps = make(stimuli, checkpoints["resnet"])
    assert maps.dims == ("channel", "row", "column")
    np.testing.assert_allclose(
        maps.extract(pictures, stimuli), output.last_hidden_state, **TOLERANCE
    )
    mean = make(stimuli, checkpoints["resnet"], layer=1, pooling="mean")
    np.testing.assert_allclose(
        mean.extract(pictures, stimuli), output.hidden_states[1].mean(dim=(2, 3)), **TOLERANCE
    )
    with pytest.raises(ConfigError, match="no class token"):
        make(stimuli, checkpoints["resnet"], pooling="cls")


def test_more_pictures_than_one_forward_pass(checkpoints, pictures, stimuli):
    extractor = make(stimuli, checkpoints["vit"], pooling="cls")
    many = extractor.extract(pictures * 10, stimuli)
    np.testing.assert_allclose(
        many, np.tile(extractor.extract(pictures, stimuli), (10, 1)), **TOLERANCE
    )


def test_the_picture_processor_is_pillow_s_even_under_its_old_name(
    checkpoints, tmp_path, pictures, stimuli
):
    folder = shutil.copytree(checkpoints["clip"], tmp_path / "old")
    path = folder / "preprocessor_config.json"
    card = json.loads(path.read_text())
    # As in openai/clip-vit-large-patch14 on the hub.
    card["feature_extractor_type"] = "CLIPFeatureExtractor"
    del card["image_processor_type"]
    card |= {"size": 32, "crop_size": 32}
    path.write_text(json.dumps(card))
    old = make(stimuli, folder, layer="projection")
    new = make(stimuli, checkpoints["clip"], layer="projection")
    assert old.details["reader"] == new.details["reader"] == "CLIPImageProcessorPil"
    np.testing.assert_array_equal(old.extract(pictures, stimuli), new.extract(pictures, stimuli))


@pytest.mark.parametrize(
    ("name", "reader"), [("vit", "ViTImageProcessorPil"), ("dinov2", "BitImageProcessorPil")]
)
def test_the_provenance_names_processor_and_weights(name, reader, checkpoints, stimuli):
    details = make(stimuli, checkpoints[name]).details
    assert details["reader"] == reader
    assert set(details["weights"]) == {"model.safetensors"}


def test_random_numbers_never_stand_in_for_missing_weights(checkpoints, stimuli):
    folder = checkpoints["vit_without_pooler"]
    with pytest.raises(DataError, match=r"lacks 2 weights.*pooler"):
        make(stimuli, folder, pooling="pooler")
    assert make(stimuli, folder, pooling="cls").shape == (32,)


def test_pickled_weights_are_refused(checkpoints, tmp_path, stimuli):
    folder = shutil.copytree(checkpoints["vit"], tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"weights of .*could not be loaded"):
        make(stimuli, folder)


def test_a_folder_that_is_not_there_is_told_in_two_lines(tmp_path, stimuli):
    with pytest.raises(DataError, match="does not exist") as error:
        make(stimuli, tmp_path / "nothing")
    assert len(str(error.value).splitlines()) == 2


def test_a_folder_without_a_checkpoint_is_told(tmp_path, stimuli):
    with pytest.raises(DataError, match=r"could not be loaded(.|\n)*model\.safetensors"):
        make(stimuli, tmp_path)


def test_a_hub_model_without_a_network_is_told(stimuli):
    with pytest.raises(DataError, match=r"could not be loaded(.|\n)*hf download nobody/nothing"):
        make(stimuli, "nobody/nothing")


def test_a_model_without_the_wanted_part_is_told(checkpoints, stimuli):
    with pytest.raises(ConfigError, match="no text tower"):
        make(stimuli, checkpoints["vit"], tower="text", text="{category}")
    with pytest.raises(ConfigError, match="no space that pictures and texts share"):
        make(stimuli, checkpoints["vit"], layer="projection")
    with pytest.raises(ConfigError, match=r"layers 0 \(embeddings\) to 3"):
        make(stimuli, checkpoints["vit"], layer=4)


def test_a_sentence_needs_columns_that_exist_and_are_filled(checkpoints, stimuli):
    entry = {"tower": "text", "text": "a {colour} {category}"}
    with pytest.raises(ConfigError, match=r"'colour'(.|\n)*Columns: stimulus_id"):
        make(stimuli, checkpoints["clip"], **entry)
    stimuli.loc[1, "category"] = None
    with pytest.raises(DataError, match=r"1 stimuli have no 'category', such as \['s01'\]"):
        make(stimuli, checkpoints["clip"], tower="text", text="{category}")


@pytest.mark.parametrize(
    "entry",
    [
        {"layer": "projection", "pooling": "cls"},
        {"layer": 3, "pooling": "pooler"},
        {"tower": "text"},
        {"text": "a {category}"},
        {"tower": "text", "text": "{category}", "pooling": "cls"},
        {"tower": "text", "text": "{category.__class__}"},
        {"tower": "text", "text": "{category"},
        {"layer": "first"},
    ],
)
def test_contradictory_settings_are_configuration_errors(entry):
    with pytest.raises(ValidationError):
        build("extractor", {"name": "huggingface", "model": "x/y", **entry})
