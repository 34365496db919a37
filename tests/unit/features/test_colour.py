import colorsys

import numpy as np
import pytest
from scipy.stats import skew
from skimage.color import rgb2lab

from afterimage.contracts.errors import ShapeError
from afterimage.contracts.registry import build
from afterimage.features.colour import colour_statistics, statistic_names
from afterimage.features.lab import srgb_to_lab


def test_lab_agrees_with_scikit_image():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(srgb_to_lab(image), rgb2lab(image), atol=0.01)


def test_greys_have_no_colour_and_white_is_100():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    lab = srgb_to_lab(grey)
    np.testing.assert_allclose(lab[:, 1:], 0, atol=1e-10)
    np.testing.assert_allclose(lab[[0, 255], 0], [0, 100], atol=1e-10)
    assert (np.diff(lab[:, 0]) > 0).all()


def test_statistics_agree_with_numpy_and_scipy_one_picture_at_a_time():
    rng = np.random.default_rng(1)
    lab = rng.normal([50, 5, -10], [20, 15, 25], (3, 400, 3))
    table = colour_statistics(lab, hues=8)
    names = statistic_names(8)
    assert table.shape == (3, len(names))
    for values, (lightness, a, b) in zip(table, lab.transpose(0, 2, 1), strict=True):
        got = dict(zip(names, values, strict=True))
        chroma = np.sqrt(a**2 + b**2)
        expected = {"L_mean": lightness.mean(), "L_sd": lightness.std(), "L_skew": skew(lightness)}
        expected |= {f"L_p{p:02d}": np.percentile(lightness, p) for p in (5, 25, 50, 75, 95)}
        for name, channel in (("a", a), ("b", b), ("chroma", chroma)):
            expected |= {f"{name}_mean": channel.mean(), f"{name}_sd": channel.std()}
        for name, value in expected.items():
            assert got[name] == pytest.approx(value, rel=1e-10), name
        hue = np.degrees(np.arctan2(b, a)) % 360
        for i in range(8):
            near = np.abs((hue - 45 * i + 180) % 360 - 180) < 22.5
            assert got[f"hue_{45 * i}"] == pytest.approx(chroma[near].sum() / 400)


def test_hue_bins_add_up_to_the_mean_chroma(pictures):
    extractor = build("extractor", {"name": "colour", "hues": 12})
    values = extractor.extract(pictures, None)
    column = extractor.labels.index("chroma_mean")
    np.testing.assert_allclose(values[..., -12:].sum(axis=-1), values[..., column], rtol=1e-4)


@pytest.mark.parametrize(("hue", "name"), [(0.0, "hue_45"), (2 / 3, "hue_315")])
def test_a_pure_colour_falls_into_one_bin(hue, name):
    colour = np.array(colorsys.hsv_to_rgb(hue, 1, 1)) * 255
    image = np.broadcast_to(colour.astype(np.uint8), (16, 16, 3))
    extractor = build("extractor", {"name": "colour", "grid": 0})
    got = dict(zip(extractor.labels, extractor.extract([image], None)[0, 0], strict=True))
    assert got[name] == pytest.approx(got["chroma_mean"])


def test_a_flat_picture_has_no_skew():
    image = np.full((32, 32, 3), 90, dtype=np.uint8)
    extractor = build("extractor", {"name": "colour"})
    values = extractor.extract([image], None)
    assert (values[..., extractor.labels.index("L_skew")] == 0).all()


def test_regions_are_the_whole_and_then_the_cells_row_by_row(pictures):
    extractor = build("extractor", {"name": "colour", "grid": 2})
    whole = build("extractor", {"name": "colour", "grid": 0})
    values = extractor.extract(pictures, None)
    assert values.shape[1] == 5
    parts = [slice(None), slice(None)]
    halves = [slice(0, 32), slice(32, 64)]
    cells = [parts, *([row, column] for row in halves for column in halves)]
    for region, (row, column) in enumerate(cells):
        cut = whole.extract([image[row, column] for image in pictures], None)
        np.testing.assert_allclose(values[:, region], cut[:, 0], atol=1e-4)


def test_a_picture_smaller_than_the_grid_is_refused():
    with pytest.raises(ShapeError, match=r"3 x 2 pixels.*4 x 4 cells"):
        build("extractor", {"name": "colour"}).extract([np.zeros((2, 3, 3), np.uint8)], None)
