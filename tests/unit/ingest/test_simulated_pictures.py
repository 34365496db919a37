from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from afterimage.contracts.errors import DataError
from afterimage.contracts.phash import hamming_matrix, phash
from afterimage.ingest.simulated import photographs, pictures
from afterimage.ingest.simulated.canvas import Canvas, from_hsv
from afterimage.ingest.simulated.photographs import PHOTOGRAPHS, SCENE, cut_tiles, draw_crops
from afterimage.ingest.simulated.pictures import SHARES, draw_experiment, draw_reference
from afterimage.ingest.simulated.procedural import PROCEDURAL


@pytest.fixture(scope="module")
def tiles():
    return cut_tiles(np.random.default_rng(0))


@pytest.fixture(scope="module")
def experiment():
    return draw_experiment(training=120, shared=40, side=64, seed=3)


def test_every_photograph_has_test_tiles_and_training_tiles(tiles):
    for name, _, _ in PHOTOGRAPHS:
        sides = [t.test for t in tiles if t.source_id.split("/")[0] == name.split(".")[0]]
        assert 0.2 <= np.mean(sides) <= 0.5, name


def test_tiles_are_cut_with_a_gutter_and_do_not_overlap():
    spans = photographs._spans(741)
    assert spans[0][0] == 0
    assert spans[-1][1] == 741
    assert all(b[0] - a[1] == 4 for a, b in pairwise(spans))


def test_every_crop_lies_within_one_tile(tiles):
    # Each tile is painted in one colour of its own, so a crop over two tiles would show two.
    painted = [
        photographs.Tile(t.source_id, t.category, np.full_like(t.pixels, i % 251), t.test)
        for i, t in enumerate(tiles)
    ]
    images, sources = draw_crops(painted, SCENE, 50, 64, np.random.default_rng(1))
    colour = {t.source_id: t.pixels[0, 0, 0] for t in painted}
    for image, source in zip(images, sources, strict=True):
        assert (image == colour[source]).all()


def test_missing_photograph_is_named_with_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(photographs, "_folder", lambda *_: tmp_path / "skimage")
    with pytest.raises(DataError, match=r"astronaut\.png: the photograph is missing") as caught:
        cut_tiles(np.random.default_rng(0))
    assert "scikit-image" in caught.value.remedy


def test_unreadable_photograph_is_named(monkeypatch, tmp_path):
    (tmp_path / "astronaut.png").write_bytes(b"not a picture")
    monkeypatch.setattr(photographs, "_folder", lambda *_: tmp_path)
    with pytest.raises(DataError, match=r"astronaut\.png: not a readable photograph"):
        cut_tiles(np.random.default_rng(0))


@pytest.mark.parametrize("category", sorted(PROCEDURAL))
def test_drawn_pictures_are_colourful_and_all_different(category):
    images = PROCEDURAL[category](20, 64, np.random.default_rng(0))
    assert images.shape == (20, 64, 64, 3)
    assert images.dtype == np.uint8
    assert len({image.tobytes() for image in images}) == 20
    assert np.ptp(images.astype(float).mean(axis=(1, 2)), axis=1).mean() > 10


def test_no_two_pictures_are_within_four_bits_and_all_have_contrast(experiment):
    training, shared = experiment
    images = np.concatenate([training.images, shared.images])
    hashes = [phash(image) for image in images]
    distance = hamming_matrix(hashes, hashes).astype(int) + 64 * np.eye(len(hashes), dtype=int)
    assert distance.min() > 4
    grey = [np.asarray(Image.fromarray(image).convert("L")) for image in images]
    assert min(g.std() for g in grey) > 0.055 * 255


def test_training_and_shared_pictures_have_no_source_in_common(experiment):
    training, shared = experiment
    assert not set(training.sources) & set(shared.sources)


def test_half_of_the_pictures_are_photographs_and_categories_keep_their_shares(experiment):
    training, shared = experiment
    for drawn in (training, shared, draw_reference(100, 64, 3)):
        for category, share in SHARES.items():
            assert abs(drawn.categories.count(category) - share * len(drawn)) < 1
        from_photographs = [c for c in drawn.categories if c.startswith("photo-")]
        assert abs(len(from_photographs) - len(drawn) / 2) <= 1


def test_same_seed_gives_the_same_pictures_and_another_seed_others(experiment):
    again = draw_experiment(training=120, shared=40, side=64, seed=3)
    assert (again[0].images == experiment[0].images).all()
    assert again[1].sources == experiment[1].sources
    other = draw_experiment(training=120, shared=40, side=64, seed=4)
    assert (other[0].images != experiment[0].images).any()


def test_too_few_different_pictures_are_a_two_line_error(monkeypatch):
    monkeypatch.setattr(pictures, "ROUNDS", 2)
    monkeypatch.setattr(pictures, "phash", lambda _: "0" * 16)
    with pytest.raises(DataError, match="different pictures of category 'blob'"):
        draw_experiment(training=60, shared=40, side=64, seed=0)


def test_hsv_agrees_with_the_standard_library():
    import colorsys

    h, s, v = np.random.default_rng(0).uniform(0, 1, (3, 50))
    expected = [colorsys.hsv_to_rgb(*values) for values in zip(h, s, v, strict=True)]
    np.testing.assert_allclose(from_hsv(h, s, v), expected, atol=1e-12)


def test_shapes_cover_the_area_of_their_formulas():
    black = np.zeros((1, 3))
    canvas = Canvas(1, 256, black, black)
    size = np.array([0.2]), np.array([0.3])
    centre = np.array([0.5]), np.array([0.5])
    angle = np.array([0.4])
    areas = {
        canvas.ellipse: np.pi * 0.06,
        canvas.rectangle: 4 * 0.06,
        canvas.triangle: 0.06,
    }
    for outline, area in areas.items():
        assert outline(*centre, *size, angle).mean() == pytest.approx(area, abs=3e-3)
