"""The figure of best targets: a map in the colours of the targets, and their shares."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from example_report import (
    SUBJECTS,
    example_channels,
    example_content,
    example_course,
    example_geometry,
)

from afterimage.contracts.geometry import Geometry
from afterimage.evaluate.compare_targets import COMPARED
from afterimage.evaluate.frames import frame_of
from afterimage.report.best_target_figure import (
    NOBODY,
    colours_of,
    draw_best_target,
    shares_of,
)
from afterimage.report.content import ReportFigure
from afterimage.report.page import write_report

TARGETS = ["early", "middle", "late"]
CARD = {"times": None, "layout": None, "geometry": None}


def example_best(channels: pd.DataFrame, steps: int = 1) -> pd.DataFrame:
    """Return a best target that changes from the back to the front."""
    v = len(channels)
    best = np.tile(1 + 3 * np.arange(v) // v, steps).astype(np.int32)
    table = pd.DataFrame({"step": np.repeat(np.arange(steps), v), "best": best})
    table["channel"] = np.tile(channels["channel"], steps)
    q = np.where(np.arange(steps * v) % 4 == 0, 0.5, 0.001)
    return table.assign(r=0.3, q_value=q)


def drawn(folder: Path, best: pd.DataFrame, channels: pd.DataFrame, card: dict) -> np.ndarray:
    png, pdf = folder / "a.png", folder / "a.pdf"
    draw_best_target(best, channels, card, TARGETS, 0.05, png, pdf)
    return matplotlib.image.imread(png)[..., :3]


def has_colour(picture: np.ndarray, colour: str) -> bool:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return bool((np.abs(picture - wanted).max(axis=-1) < 0.01).sum() > 400)


@pytest.fixture
def channels() -> pd.DataFrame:
    return example_channels().assign(name=None)


@pytest.mark.parametrize("geometry", [None, example_geometry()])
def test_voxels_have_the_colour_of_their_best_target(tmp_path, channels, geometry) -> None:
    card = CARD | {"geometry": None if geometry is None else geometry.to_dict()}
    picture = drawn(tmp_path, example_best(channels), channels, card)
    left = picture[: int(0.8 * len(picture)), : int(0.64 * picture.shape[1])]
    for number in range(3):
        assert has_colour(left, matplotlib.colors.to_hex(colours_of(3)(number)))


def test_vertices_have_the_colour_of_their_best_target(tmp_path) -> None:
    vertices = np.arange(2 * 10_242)
    channels = pd.DataFrame({"channel": vertices, "index": vertices, "name": None})
    channels = channels.assign(x=np.nan, y=np.nan, z=np.nan, rois=[[]] * len(vertices))
    geometry = Geometry("surface", (10_242, 10_242), "fsaverage")
    best = example_best(channels).assign(q_value=0.001)
    picture = drawn(tmp_path, best, channels, CARD | {"geometry": geometry.to_dict()})
    left = picture[: int(0.8 * len(picture)), : int(0.64 * picture.shape[1])]
    assert has_colour(left, matplotlib.colors.to_hex(colours_of(3)(0)))


def test_sensors_are_drawn_over_time(tmp_path) -> None:
    _, channels, times = example_course()
    channels = channels.assign(index=None, x=np.nan, y=np.nan, z=np.nan)
    card = CARD | {"times": times, "layout": "CTF275"}
    picture = drawn(tmp_path, example_best(channels, len(times)), channels, card)
    for number in range(3):
        assert has_colour(picture, matplotlib.colors.to_hex(colours_of(3)(number)))
    one = drawn(tmp_path, example_best(channels, 1), channels, card | {"times": [0.1]})
    assert one.shape[1] == 1800


def test_shares_count_significant_channels_of_each_region(channels) -> None:
    channels["rois"] = [["V1"] if i < 40 else ["V2", "odd"] for i in range(len(channels))]
    channels.loc[2, "rois"] = None
    channels["rois"] = [[] if rois is None else rois for rois in channels["rois"]]
    table = example_best(channels).merge(channels[["channel", "rois"]], on="channel")
    table["shown"] = np.where(table["q_value"] <= 0.05, table["best"], np.nan)
    shares = shares_of(table, 3)
    assert list(shares.index) == ["all channels", "V1", "V2", "odd"]
    assert shares.loc["all channels"].sum() == table["shown"].notna().sum()
    assert shares.loc["V1"].tolist() == [30 - 1, 0, 0]
    np.testing.assert_array_equal(shares.loc["V2"], shares.loc["odd"])


def test_without_significant_channels_or_places_the_figure_says_so(tmp_path, channels) -> None:
    nobody = example_best(channels).assign(q_value=np.nan)
    assert drawn(tmp_path, nobody, channels, CARD).shape[1] == 1800
    unplaced = channels.assign(x=np.nan, y=np.nan, z=np.nan)
    assert drawn(tmp_path, example_best(channels), unplaced, CARD).shape[1] == 1800
    assert "chosen" in NOBODY


def test_many_targets_have_shades_in_their_order() -> None:
    light = [sum(colours_of(12)(i)[:3]) for i in range(12)]
    assert colours_of(12).N == 12
    assert light == sorted(light)


def test_the_page_holds_the_figure_and_the_differences(tmp_path, channels) -> None:
    drawn(tmp_path, example_best(channels), channels, CARD)
    row = {"subject": SUBJECTS[0], "model": "voxelwise", "roi": "V1", "first": "early"}
    row |= {"second": "late", "difference": 0.051, "ci_low": 0.02, "ci_high": 0.08}
    row |= {"p_value": 0.004, "q_value": 0.008, "n": 120}
    figure = ReportFigure("best_target", tmp_path / "a.png", "a.pdf", SUBJECTS[0], "voxelwise")
    content = example_content(compared=frame_of([row], COMPARED), figures=[figure])
    write_report(tmp_path / "report.html", content)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "1 difference between targets" in page
    assert "<td>early less late</td><td>0.051 [0.020, 0.080]</td>" in page
    assert "Best target · subj01 · voxelwise" in page
