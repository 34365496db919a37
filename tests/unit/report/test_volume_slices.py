from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from example_report import example_channels, example_geometry, example_voxels
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from afterimage.contracts.errors import ShapeError
from afterimage.contracts.geometry import Geometry
from afterimage.report import encoding_figure
from afterimage.report.captions import SLICES, figure_caption
from afterimage.report.content import ReportFigure
from afterimage.report.encoding_figure import draw_encoding
from afterimage.report.volume_slices import ABSENT, chosen_levels, upright

SHAPE = (12, 10, 3)
TURN = np.deg2rad(15)
AFFINES = {
    "x grows with the voxel number": np.diag([2.0, 2.0, 2.0]),
    "x falls with the voxel number": np.diag([-2.0, 2.0, 2.0]),
    "x is the second axis": np.array([[0, 2.0, 0], [2.0, 0, 0], [0, 0, 2.0]]),
    "oblique": 2
    * np.array([[np.cos(TURN), -np.sin(TURN), 0], [np.sin(TURN), np.cos(TURN), 0], [0, 0, 1]]),
}


def volume_at(matrix: np.ndarray) -> tuple[Geometry, pd.DataFrame]:
    """Return a volume around the origin and a channel for each of its voxels."""
    affine = np.eye(4)
    affine[:3, :3] = matrix
    affine[:3, 3] = -matrix @ ((np.array(SHAPE) - 1) / 2)
    places = np.indices(SHAPE).reshape(3, -1).T @ matrix.T + affine[:3, 3]
    channels = pd.DataFrame(places, columns=["x", "y", "z"])
    channels["channel"] = channels["index"] = np.arange(len(channels))
    rows = tuple(tuple(float(value) for value in row) for row in affine)
    return Geometry("volume", SHAPE, "native", rows), channels


def figure_of(geometry: Geometry | None, channels: pd.DataFrame, voxels: pd.DataFrame) -> Figure:
    """Draw an encoding figure and keep it."""
    with pytest.MonkeyPatch.context() as patch:
        kept: list[Figure] = []
        patch.setattr(encoding_figure, "save_figure", lambda figure, *_: kept.append(figure))
        draw_encoding(voxels, channels, geometry, "a.png", "a.pdf")
    return kept[0]


def words_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def pixels_of(figure: Figure) -> list[np.ndarray]:
    """Return what each slice shows: without letters, upper row first, between 0 and 1."""
    for text in figure.findobj(Text):
        text.set_visible(False)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    page = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    panels = []
    for panel in figure.axes:
        if panel.images and not panel.axison:
            box = panel.get_window_extent()
            rows = slice(round(len(page) - box.y1), round(len(page) - box.y0))
            panels.append(page[rows, round(box.x0) : round(box.x1)])
    return panels


def share_of(colour: str, pixels: np.ndarray) -> float:
    return float((np.abs(pixels - to_rgb(colour)).max(axis=-1) < 0.01).mean())


@pytest.mark.parametrize("name", AFFINES)
def test_voxels_on_the_right_of_the_body_are_drawn_where_r_stands(name: str) -> None:
    geometry, channels = volume_at(AFFINES[name])
    scored = np.where(channels["x"] > 0, 0.5, np.nan)
    voxels = pd.DataFrame({"channel": channels["channel"], "r": scored, "ceiling_r": np.nan})
    figure = figure_of(geometry, channels, voxels)
    letters = {text.get_text(): text for text in figure.findobj(Text)}
    assert letters["L"].get_position()[0] < 0.5 < letters["R"].get_position()[0]
    panels = pixels_of(figure)
    assert len(panels) >= 3
    for pixels in panels:
        middle = pixels.shape[1] // 2
        colourful = np.ptp(pixels, axis=-1) > 0.2
        assert colourful[:, middle + 12 :].mean() > 0.4
        assert colourful[:, : middle - 12].mean() == 0
        assert share_of(ABSENT, pixels[:, : middle - 12]) > 0.4


def test_the_front_of_the_body_is_at_the_top() -> None:
    geometry, channels = volume_at(AFFINES["x falls with the voxel number"])
    scored = np.where(channels["y"] > 0, 0.5, np.nan)
    voxels = pd.DataFrame({"channel": channels["channel"], "r": scored, "ceiling_r": np.nan})
    for pixels in pixels_of(figure_of(geometry, channels, voxels)):
        middle = len(pixels) // 2
        colourful = np.ptp(pixels, axis=-1) > 0.2
        assert colourful[: middle - 12].mean() > 0.4
        assert colourful[middle + 12 :].mean() == 0


def test_each_slice_holds_the_values_of_its_height() -> None:
    geometry, channels = volume_at(AFFINES["x grows with the voxel number"])
    level = channels["index"] % SHAPE[2]
    for lit in range(SHAPE[2]):
        scored = np.where(level == lit, 0.5, np.nan)
        voxels = pd.DataFrame({"channel": channels["channel"], "r": scored, "ceiling_r": np.nan})
        panels = pixels_of(figure_of(geometry, channels, voxels))
        assert len(panels) == SHAPE[2]
        colourful = [bool((np.ptp(pixels, axis=-1) > 0.2).any()) for pixels in panels]
        assert colourful == [number == lit for number in range(SHAPE[2])]


def test_voxels_without_a_value_are_grey_and_what_was_not_recorded_is_white() -> None:
    geometry, channels = volume_at(AFFINES["x grows with the voxel number"])
    hole = (channels["x"].abs() < 3) & (channels["y"].abs() < 3)
    voxels = pd.DataFrame({"channel": channels["channel"], "r": np.nan, "ceiling_r": np.nan})
    for pixels in pixels_of(figure_of(geometry, channels, voxels[~hole])):
        height, width = pixels.shape[:2]
        assert share_of(ABSENT, pixels) > 0.6
        assert np.all(pixels[height // 2, width // 2] == 1)


def test_correlation_and_ceiling_share_one_scale_of_colours() -> None:
    geometry, channels = volume_at(AFFINES["x grows with the voxel number"])
    voxels = pd.DataFrame({"channel": channels["channel"], "r": -0.2, "ceiling_r": 0.5})
    panels = pixels_of(figure_of(geometry, channels, voxels))
    assert len(panels) == 2 * SHAPE[2]
    middles = [panel[len(panel) // 2, panel.shape[1] // 2] for panel in panels]
    assert np.max(middles[: SHAPE[2]]) < 0.05  # below zero: black, the lower end
    assert np.min(np.max(middles[SHAPE[2] :], axis=1)) > 0.9  # the upper end


def test_slices_name_their_heights_to_a_tenth_and_their_sides_if_known() -> None:
    channels = example_channels()
    voxels = example_voxels(channels)
    words = words_of(figure_of(example_geometry(), channels, voxels))
    assert {"L", "R", "z = \N{MINUS SIGN}10 mm"} <= set(words)
    words = words_of(figure_of(None, channels.assign(z=channels["z"] + 0.3), voxels))
    assert SLICES in words
    assert not {"L", "R"} & set(words)
    assert "z = \N{MINUS SIGN}9.7 mm" in words


def test_coordinates_alone_give_the_same_slices_as_the_volume_they_come_from() -> None:
    channels = example_channels()
    voxels = example_voxels(channels)
    known = pixels_of(figure_of(example_geometry(), channels, voxels))
    found = pixels_of(figure_of(None, channels, voxels))
    assert len(known) == len(found)
    for one, other in zip(known, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_volume_is_turned_upright_and_keeps_its_voxels() -> None:
    where = np.zeros(SHAPE)
    where[2, 3, 1], where[9, 3, 1] = 1, 2
    affine = np.diag([-2.0, 2.0, 3.0, 1.0])
    image = upright(where, affine)
    assert (np.diag(image.affine) > 0).all()
    for row, voxel in ((1, (2, 3, 1)), (2, (9, 3, 1))):
        place = image.affine @ [*np.argwhere(np.asarray(image.dataobj) == row)[0], 1]
        np.testing.assert_allclose(place, affine @ [*voxel, 1])


def test_slices_are_levels_that_hold_voxels() -> None:
    where = np.zeros((5, 10, 14))
    where[..., [3, 4, 12]] = 1
    where[0, 0, [2, 13]] = 7
    assert chosen_levels(where, 3).tolist() == [3, 4, 12]
    assert chosen_levels(where, 9).tolist() == [2, 3, 4, 12, 13]


def test_channels_of_another_volume_are_an_error() -> None:
    channels = example_channels()
    geometry = Geometry("volume", (5, 5, 5), "func1pt8mm", example_geometry().affine)
    with pytest.raises(ShapeError, match="func1pt8mm"):
        figure_of(geometry, channels, example_voxels(channels))


def test_maps_have_the_same_bytes_when_drawn_again(tmp_path: Path) -> None:
    channels = example_channels()
    oblique, voxels = volume_at(AFFINES["oblique"])
    for geometry, table in ((example_geometry(), channels), (oblique, voxels), (None, channels)):
        for name in "ab":
            files = tmp_path / f"{name}.png", tmp_path / f"{name}.pdf"
            draw_encoding(example_voxels(table), table, geometry, *files)
        for suffix in ("png", "pdf"):
            first, again = (tmp_path / f"{name}.{suffix}" for name in "ab")
            assert first.read_bytes() == again.read_bytes()


def test_captions_say_what_is_drawn_and_call_ceilings_estimates() -> None:
    oblique, _ = volume_at(AFFINES["oblique"])
    mesh = Geometry("surface", (10_242, 10_242), "fsaverage")
    native = Geometry("surface", (10_000, 10_000), "nativesurface")
    said = {
        (None, False): "no coordinates",
        (None, True): "Slices across z",
        (example_geometry(), True): "Axial slices of the volume (func1pt8mm); left",
        (oblique, True): "Axial slices of the volume (native), turned upright",
        (mesh, True): "fsaverage5 surface",
        (native, True): "no mesh is at hand of nativesurface",
    }
    for (geometry, coordinates), sentence in said.items():
        figure = ReportFigure("encoding", "a.png", "a.pdf")
        caption = figure_caption(figure, geometry, coordinates)
        assert [words for words in set(said.values()) if words in caption] == [sentence]
        assert ("with one colour scale" in caption) == (not sentence.startswith("no "))
        assert "points can lie above the line" in caption
