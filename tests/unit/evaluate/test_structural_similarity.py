import numpy as np
import pytest
from skimage.color import rgb2gray
from skimage.metrics import structural_similarity

from afterimage.contracts.errors import ShapeError
from afterimage.evaluate import structural_similarity as module
from afterimage.evaluate.structural_similarity import grey, ssim, ssim_matrix


def pictures(n, height, width, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, height, width, 3))


def reference(left, right):
    return structural_similarity(
        rgb2gray(left),
        rgb2gray(right),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1,
    )


def test_luma_is_that_of_scikit_image():
    images = pictures(2, 5, 6)
    np.testing.assert_allclose(grey(images), [rgb2gray(image) for image in images], atol=1e-12)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (16, 40), (11, 11)])
def test_every_pair_equals_scikit_image_to_nine_decimals(height, width):
    right = pictures(4, height, width, 1)
    left = np.clip(right[:3] + 0.2 * pictures(3, height, width), 0, 1)
    left[2] = 0.5  # a uniform picture
    expected = [[reference(a, b) for b in right] for a in left]
    np.testing.assert_allclose(ssim_matrix(left, right), expected, atol=1e-9)
    np.testing.assert_allclose(ssim(left, right[:3]), np.diagonal(expected), atol=1e-9)


def test_grey_pictures_without_a_colour_axis_are_accepted():
    images = pictures(3, 20, 20)[..., 0]
    np.testing.assert_allclose(
        ssim_matrix(images, images), ssim_matrix(images[..., None], images[..., None])
    )


def test_chunks_give_the_same_as_one_piece(monkeypatch):
    left, right = pictures(3, 16, 16), pictures(5, 16, 16, 1)
    whole, own = ssim_matrix(left, right), ssim(left, right[:3])
    monkeypatch.setattr(module, "CHUNK_ELEMENTS", 1)
    np.testing.assert_allclose(ssim_matrix(left, right), whole, atol=1e-14)
    np.testing.assert_allclose(ssim(left, right[:3]), own, atol=1e-14)


def test_a_picture_is_like_itself():
    images = pictures(3, 16, 16)
    np.testing.assert_allclose(ssim(images, images), 1, atol=1e-12)


def test_pictures_smaller_than_the_window_are_refused_in_two_lines():
    with pytest.raises(ShapeError, match="at least 11 pixels") as refused:
        ssim(pictures(1, 8, 8), pictures(1, 8, 8))
    assert len(str(refused.value).splitlines()) == 2


def test_no_pictures_give_no_scores():
    assert ssim(pictures(0, 16, 16), pictures(0, 16, 16)).shape == (0,)
