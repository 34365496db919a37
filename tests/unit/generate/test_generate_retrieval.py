import numpy as np
import pytest
from scipy.spatial.distance import cdist

from afterimage.contracts.errors import DataError
from afterimage.contracts.registry import build
from afterimage.generate.retrieval import nearest


@pytest.mark.parametrize("similarity", ["correlation", "cosine", "euclidean"])
def test_nearest_agrees_with_scipy(similarity):
    rng = np.random.default_rng(0)
    decoded, gallery = rng.standard_normal((40, 9)), 1 + rng.standard_normal((25, 9))
    expected = cdist(decoded, gallery, similarity).argmin(axis=1)
    np.testing.assert_array_equal(nearest(decoded, gallery, similarity), expected)


def test_true_features_retrieve_the_picture_itself(draw_pictures, pixel_context):
    gallery = draw_pictures(10, 8, 8, seed=0)
    context = pixel_context(gallery)
    made = build("generator", {"name": "retrieval"}).generate(context.gallery_values, context)
    np.testing.assert_array_equal(made, gallery)


def test_among_equals_the_first_is_shown():
    gallery = np.array([[1.0, 2, 4], [1, 2, 4], [2, 4, 8]])
    assert nearest(gallery[2:], gallery, "correlation").tolist() == [0]


def test_a_constant_prediction_is_near_to_nothing_and_retrieves_the_first():
    gallery = np.random.default_rng(0).standard_normal((4, 7))
    assert nearest(np.full((1, 7), 0.1), gallery, "correlation").tolist() == [0]


def test_constant_gallery_rows_are_never_nearer_than_a_positive_correlation():
    gallery = np.array([[0.1, 0.1, 0.1], [1.0, 2.0, 4.0]])
    assert nearest(np.array([[1.0, 2.0, 3.0]]), gallery, "correlation").tolist() == [1]


def test_only_the_chosen_pictures_are_read(draw_pictures, pixel_context):
    gallery = draw_pictures(10, 8, 8, seed=0)
    asked = []

    class Watched(list):
        def __getitem__(self, index):
            asked.append(index)
            return super().__getitem__(index)

    context = pixel_context(gallery, gallery_pictures=Watched(gallery))
    build("generator", {"name": "retrieval"}).generate(context.gallery_values[4:6], context)
    assert asked == [4, 5]


def test_an_empty_gallery_is_refused(pixel_context):
    context = pixel_context(np.zeros((0, 4, 4, 3), np.uint8))
    with pytest.raises(DataError, match="fold 0 has no training picture"):
        build("generator", {"name": "retrieval"}).generate(np.zeros((1, 4, 4, 3)), context)
