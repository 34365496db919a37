import numpy as np
import pytest

from afterimage.contracts.errors import DataError
from afterimage.evaluate.spaces import picture_array, picture_features


class MeanColour:
    needs = "image"
    shape = (1, 3)

    def extract(self, images, stimuli):
        assert len(images) == len(stimuli)
        return np.stack([image.mean(axis=(0, 1), keepdims=True)[0] for image in images])


class FromTable(MeanColour):
    needs = "table"


def pictures(n, size=8):
    return list(np.random.default_rng(0).integers(256, size=(n, size, size, 3), dtype=np.uint8))


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_features_of_pictures_do_not_depend_on_the_batch(batch):
    images = pictures(7)
    features = picture_features(MeanColour(), images, batch)
    assert features.shape == (7, 3)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, np.mean(images, axis=(1, 2)), rtol=1e-6)


def test_a_space_without_pictures_is_refused_in_two_lines():
    with pytest.raises(DataError) as refused:
        picture_features(FromTable(), pictures(1))
    assert len(str(refused.value).splitlines()) == 2


def test_no_pictures_have_no_features():
    assert picture_features(MeanColour(), []).shape == (0, 3)


def test_pictures_become_numbers_between_zero_and_one():
    images = pictures(3)
    np.testing.assert_allclose(picture_array(images, 8, 8), np.array(images) / 255, rtol=1e-6)


def test_pictures_of_another_size_are_resized():
    array = picture_array([np.full((20, 30, 3), 51, np.uint8), *pictures(1)], 8, 8)
    assert array.shape == (2, 8, 8, 3)
    np.testing.assert_allclose(array[0], 0.2)
