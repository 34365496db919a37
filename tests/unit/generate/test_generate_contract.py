"""What every registered generator does, whatever it is."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.registry import build, known, module_of
from afterimage.contracts.seams import Generator

SMALL: dict[str, dict[str, Any]] = {"vae": {"latents": 6, "width": 4, "steps": 3}}
SIDE = 12


@pytest.fixture(params=sorted(known("generator")))
def made(request, draw_pictures, pixel_context, tmp_path):
    """A generator, a context, and decoded values."""
    name = request.param
    generator = build("generator", {"name": name, **SMALL.get(name, {})}, seed=3)
    gallery = draw_pictures(20, SIDE, SIDE, seed=0)
    context = pixel_context(gallery)
    if generator.trained:
        tensors = generator.fit(list(gallery), tmp_path)
        latents = generator.encode(list(gallery), tensors)
        context = replace(context, tensors=tensors, gallery_values=latents)
    rng = np.random.default_rng(1)
    values = context.gallery_values
    decoded = values[:5] + 0.1 * rng.standard_normal(values[:5].shape).astype(np.float32)
    return generator, context, decoded


def test_satisfies_the_seam(made):
    generator, _, _ = made
    assert isinstance(generator, Generator)
    assert all(field.description for field in generator.Config.model_fields.values())


def test_pictures_are_bytes_of_the_wanted_size(made):
    generator, context, decoded = made
    pictures = generator.generate(decoded, context)
    assert pictures.dtype == np.uint8
    assert pictures.shape == (5, SIDE, SIDE, 3)


def test_pictures_have_the_wanted_size_or_that_of_the_decoded_pixels(made):
    generator, context, decoded = made
    context = replace(context, image_shape=(10, 16))
    assert generator.generate(decoded, context).shape in {(5, 10, 16, 3), (5, SIDE, SIDE, 3)}


def test_same_input_same_pictures_and_untouched_input(made):
    generator, context, decoded = made
    before = decoded.copy()
    first = generator.generate(decoded, context)
    np.testing.assert_array_equal(first, generator.generate(decoded, context))
    np.testing.assert_array_equal(decoded, before)


def test_each_picture_depends_on_its_own_row_alone(made):
    """Nothing is learnt from the other predictions: no test statistics."""
    generator, context, decoded = made
    held_out = 0.5 * context.gallery_values
    context = replace(context, decoded_training=held_out)
    together = generator.generate(decoded, context).astype(int)
    alone = [generator.generate(decoded[i : i + 1], context)[0].astype(int) for i in range(5)]
    assert np.abs(together - np.stack(alone)).max() <= 1  # rounding of sums, at most


def test_no_predictions_give_no_pictures(made):
    generator, context, decoded = made
    assert generator.generate(decoded[:0], context).shape == (0, SIDE, SIDE, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_refused(made, value):
    generator, context, decoded = made
    decoded[1].flat[0] = value
    with pytest.raises(DataError, match="NaN or infinite"):
        generator.generate(decoded, context)


def test_values_of_another_target_are_refused(made):
    generator, context, _ = made
    with pytest.raises(ShapeError, match="decoded values per picture"):
        generator.generate(np.zeros((2, 5), np.float32), context)


@pytest.mark.parametrize("name", sorted(known("generator")))
def test_a_class_is_found_without_torch(name):
    code = f"import sys, {module_of('generator', name)} as m; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
