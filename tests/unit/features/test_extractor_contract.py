"""What every registered extractor promises."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from small_inputs import stimuli_table
from tiny_vdvae import TINY_VDVAE

from afterimage.contracts.registry import build, find_class, known
from afterimage.contracts.seams import Extractor

ENTRIES: dict[str, dict[str, Any]] = {
    "category": {"name": "category"},
    "colour": {"name": "colour"},
    "gabor": {"name": "gabor"},
    "pixels": {"name": "pixels"},
    "pixels of another size": {"name": "pixels", "size": 28, "colour": "grey"},
    "thumbnail": {"name": "thumbnail"},
    "clip_picture_tokens": {"name": "clip_picture_tokens", "model": "clip"},
    "clip_picture_tokens, larger first": {
        "name": "clip_picture_tokens",
        "model": "clip",
        "resize_first": 80,
    },
    "clip_caption_tokens": {"name": "clip_caption_tokens", "model": "clip"},
    "vdvae": {"name": "vdvae", "weights": "vdvae", **TINY_VDVAE},
    "vdvae, sampled": {"name": "vdvae", "weights": "vdvae", **TINY_VDVAE, "posterior": "sample"},
    "huggingface git": {"name": "huggingface", "model": "git"},
    "huggingface clip": {"name": "huggingface", "model": "clip", "layer": "projection"},
    "huggingface vit": {"name": "huggingface", "model": "vit", "layer": 2, "pooling": "mean"},
    "huggingface dinov2": {"name": "huggingface", "model": "dinov2"},
    "huggingface text": {
        "name": "huggingface",
        "model": "clip",
        "tower": "text",
        "layer": "projection",
        "text": "a photo of a {category}",
    },
}


@pytest.fixture
def stimuli():
    """As extractors of captions see the table: with one to three of them each."""
    table = stimuli_table(7)
    told = [
        tuple(f"a photo of a {kind}" for _ in range(1 + i % 3)) for i, kind in enumerate("abcdefg")
    ]
    return table.assign(captions=told)


@pytest.fixture(params=ENTRIES)
def extractor(request, checkpoints, stimuli):
    entry = dict(ENTRIES[request.param])
    for key in {"model", "weights"} & set(entry):
        entry[key] = str(checkpoints[entry[key]])
    made = build("extractor", entry)
    made.prepare(stimuli)
    return made


def read(extractor, pictures, stimuli):
    return extractor.extract(pictures if extractor.needs == "image" else None, stimuli)


def test_every_registered_extractor_is_in_this_suite():
    assert set(known("extractor")) == {entry["name"] for entry in ENTRIES.values()}


def test_it_is_an_extractor_with_a_name_for_each_dimension(extractor):
    assert isinstance(extractor, Extractor)
    assert len(extractor.dims) == len(extractor.shape)
    assert isinstance(extractor.unit, str)
    assert extractor.unit


def test_values_are_finite_float32_of_the_stated_shape(extractor, pictures, stimuli):
    values = read(extractor, pictures, stimuli)
    assert values.shape == (len(stimuli), *extractor.shape)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert values.std() > 0


def test_twice_gives_the_same_bytes(extractor, pictures, stimuli):
    first, second = (read(extractor, pictures, stimuli).tobytes() for _ in range(2))
    assert first == second


def test_one_at_a_time_gives_what_all_at_once_give(extractor, pictures, stimuli):
    together = read(extractor, pictures, stimuli)
    alone = [
        read(extractor, pictures[i : i + 1], stimuli.iloc[i : i + 1]) for i in range(len(stimuli))
    ]
    np.testing.assert_allclose(np.concatenate(alone), together, atol=1e-5, rtol=1e-5)


def test_order_of_rows_is_the_order_of_the_input(extractor, pictures, stimuli):
    turned = read(extractor, pictures[::-1], stimuli.iloc[::-1])
    np.testing.assert_allclose(
        turned[::-1], read(extractor, pictures, stimuli), atol=1e-5, rtol=1e-5
    )


def test_an_empty_batch_gives_no_rows(extractor, stimuli):
    values = read(extractor, [], stimuli.iloc[:0])
    assert values.shape == (0, *extractor.shape)
    assert values.dtype == np.float32


def test_a_black_and_a_white_picture_are_described_too(extractor, stimuli):
    flat = [np.full((64, 64, 3), grey, dtype=np.uint8) for grey in (0, 255)]
    assert np.isfinite(read(extractor, flat, stimuli.iloc[:2])).all()


def test_the_input_is_left_as_it_was(extractor, pictures, stimuli):
    before = [image.copy() for image in pictures]
    read(extractor, pictures, stimuli)
    for image, old in zip(pictures, before, strict=True):
        np.testing.assert_array_equal(image, old)


def test_pictures_of_several_sizes_go_together(extractor, pictures, stimuli, request):
    if extractor.needs != "image":
        pytest.skip("reads no pictures")
    if "sampled" in request.node.name:
        pytest.skip("a picture's sample is its stimulus's own")
    doubled = [np.repeat(np.repeat(image, 2, axis=0), 2, axis=1) for image in pictures[:2]]
    mixed = [doubled[0], pictures[0], doubled[1], pictures[1][:, :60]]
    values = read(extractor, mixed, stimuli.iloc[:4])
    for row, image in enumerate(mixed):
        alone = read(extractor, [image], stimuli.iloc[:1])[0]
        np.testing.assert_allclose(values[row], alone, atol=1e-5, rtol=1e-5)


def test_reading_configurations_does_not_import_torch():
    code = (
        "import sys; from afterimage.contracts.registry import find_class, known; "
        "[find_class('extractor', name).Config for name in known('extractor')]; "
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_simple_extractors_work_without_torch():
    code = """
import sys
import numpy as np
import pandas as pd
from afterimage.contracts.registry import build
table = pd.DataFrame({"stimulus_id": ["a"], "category": ["c"]})
for name in ("thumbnail", "pixels", "colour", "category"):
    extractor = build("extractor", {"name": name})
    extractor.prepare(table)
    extractor.extract([np.zeros((16, 16, 3), np.uint8)], table)
import afterimage.features.extract
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_entry_of_the_shared_file_is_valid_and_described():
    path = Path(__file__).parents[3] / "config" / "extractors.yaml"
    entries = yaml.safe_load(path.read_text())
    for entry in entries.values():
        find_class("extractor", entry["name"]).Config.model_validate(entry)
    wanted = {"thumbnail", "pixels64", "pixels28", "gabor", "colour", "category", "vit_base"}
    wanted |= {"clip_vit_l14_image", "clip_vit_l14_tokens", "clip_vit_l14_text", "dinov2_base"}
    wanted |= {"vd_picture_tokens", "vd_caption_tokens", "vdvae_31", "git_base_coco_tokens"}
    assert wanted <= set(entries)


@pytest.mark.parametrize("name", sorted(known("extractor")))
def test_every_key_of_the_configuration_is_described(name):
    fields = find_class("extractor", name).Config.model_fields
    assert all(field.description for field in fields.values())
