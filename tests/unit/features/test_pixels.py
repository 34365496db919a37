import numpy as np
import pytest
from PIL import Image

from afterimage.contracts.registry import build
from afterimage.features.luminance import luminance
from afterimage.features.resize import resize
from afterimage.features.thumbnail import thumbnail


def extract(images, **entry):
    return build("extractor", entry).extract(images, None)


def test_pixels_of_the_own_size_are_the_picture_over_255(pictures):
    values = extract(pictures, name="pixels", size=64)
    np.testing.assert_array_equal(values, (np.stack(pictures) / 255).astype(np.float32))


def test_grey_of_a_grey_picture_is_its_value():
    grey = np.arange(28 * 28).reshape(28, 28).astype(np.uint8)
    values = extract([np.repeat(grey[..., None], 3, axis=2)], name="pixels", size=28, colour="grey")
    assert values.shape == (1, 28, 28, 1)
    np.testing.assert_allclose(values[0, :, :, 0], grey / 255, atol=1e-7)


def test_luminance_weighs_as_pillow_does(pictures):
    for image in pictures:
        pillow = np.asarray(Image.fromarray(image).convert("L")) / 255
        np.testing.assert_allclose(luminance(image), pillow, atol=1.01 / 255)


def test_luminance_of_floats_and_bytes_agree(pictures):
    np.testing.assert_allclose(luminance(pictures[0]), luminance(pictures[0] / 255.0), atol=1e-14)


def test_reducing_by_box_gives_block_means_to_a_grey_level(pictures):
    # Pillow rounds to bytes after rows and again after columns.
    values = extract(pictures, name="pixels", size=16, resample="box")
    means = np.stack(pictures).reshape(7, 16, 4, 16, 4, 3).mean(axis=(2, 4)) / 255
    np.testing.assert_allclose(values, means, atol=1.01 / 255)


@pytest.mark.parametrize("name", ["nearest", "box", "bilinear", "bicubic", "lanczos"])
def test_a_flat_picture_stays_flat_under_every_filter(name):
    flat = np.full((50, 31, 3), 77, dtype=np.uint8)
    assert (resize(flat, 64, 64, name) == 77).all()


def test_thumbnail_is_the_mean_of_each_block_one_by_one(pictures):
    image = pictures[3]
    values = thumbnail(image)
    for i in range(8):
        for j in range(8):
            block = image[8 * i : 8 * i + 8, 8 * j : 8 * j + 8].reshape(64, 3)
            np.testing.assert_allclose(values[i, j], block.mean(axis=0) / 255, atol=1e-12)


def test_thumbnail_flattens_row_column_colour():
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[8:16, 16:24, 1] = 255
    flat = extract([image], name="thumbnail").reshape(-1)
    assert np.flatnonzero(flat).tolist() == [1 * 24 + 2 * 3 + 1]


def test_thumbnail_of_an_odd_size_goes_through_area_means():
    image = np.random.default_rng(0).integers(0, 256, (100, 75, 3), dtype=np.uint8)
    pillow = Image.fromarray(image).resize((64, 64), Image.Resampling.BOX)
    np.testing.assert_array_equal(thumbnail(image), thumbnail(np.asarray(pillow)))
