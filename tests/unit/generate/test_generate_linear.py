import numpy as np
import pytest

from afterimage.contracts.errors import ShapeError
from afterimage.contracts.registry import build
from afterimage.models.targets import make_transform


def test_true_pixels_give_the_picture_itself(draw_pictures, pixel_context):
    gallery = draw_pictures(6, 9, 7, seed=0)
    context = pixel_context(gallery)
    made = build("generator", {"name": "linear"}).generate(context.gallery_values, context)
    np.testing.assert_array_equal(made, gallery)


@pytest.mark.parametrize("whiten", [False, True])
def test_all_components_give_the_training_pictures_back(draw_pictures, pixel_context, whiten):
    gallery = draw_pictures(8, 10, 10, seed=0)
    pixels = gallery / np.float32(255)
    target = make_transform({"name": "pca", "n_components": 7, "whiten": whiten}).fit(pixels)
    scores = target.forward(pixels)
    context = pixel_context(gallery, target=target, gallery_values=scores)
    made = build("generator", {"name": "linear"}).generate(scores, context)
    assert np.abs(made.astype(int) - gallery).max() <= 1


def test_the_mean_prediction_gives_the_mean_picture(draw_pictures, pixel_context):
    gallery = draw_pictures(8, 10, 10, seed=0)
    pixels = gallery / np.float32(255)
    target = make_transform({"name": "pca", "n_components": 3}).fit(pixels)
    context = pixel_context(gallery, target=target, gallery_values=target.forward(pixels))
    made = build("generator", {"name": "linear"}).generate(np.zeros((1, 3)), context)
    np.testing.assert_allclose(made[0], gallery.mean(axis=0), atol=0.5 + 1e-4)


def test_what_lies_outside_the_display_range_is_clipped(pixel_context):
    context = pixel_context(np.zeros((2, 4, 4, 3), np.uint8))
    values = np.full((1, 4, 4, 3), 1.7, np.float32)
    values[0, 0] = -0.4
    made = build("generator", {"name": "linear"}).generate(values, context)
    assert (made[0, 0] == 0).all()
    assert (made[0, 1:] == 255).all()


@pytest.mark.parametrize("shape", [(2, 28, 28), (2, 28, 28, 1)])
def test_grey_targets_give_grey_pictures(pixel_context, shape):
    values = np.random.default_rng(0).random(shape, dtype=np.float32)
    context = pixel_context(np.zeros((2, 28, 28, 3), np.uint8), gallery_values=values)
    made = build("generator", {"name": "linear"}).generate(values, context)
    expected = np.rint(values.reshape(2, 28, 28, 1).astype(np.float64) * 255)
    np.testing.assert_array_equal(made, np.repeat(expected, 3, axis=3))


def test_a_target_that_is_no_picture_is_refused(pixel_context):
    context = pixel_context(np.zeros((2, 4, 4, 3), np.uint8), gallery_values=np.zeros((2, 5)))
    with pytest.raises(ShapeError, match="not pixels"):
        build("generator", {"name": "linear"}).generate(np.zeros((1, 5)), context)


def test_pictures_keep_the_size_of_the_decoded_pixels(draw_pictures, pixel_context):
    small = draw_pictures(3, 10, 14, seed=0)
    context = pixel_context(small, image_shape=(64, 64))
    made = build("generator", {"name": "linear"}).generate(context.gallery_values, context)
    np.testing.assert_array_equal(made, small)
