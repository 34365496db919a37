"""Encoders of sensors are drawn over time and on the head, or the figure says why not."""

from pathlib import Path

import numpy as np
import pytest
from example_report import example_channels, example_course, example_geometry, example_voxels
from matplotlib.figure import Figure
from matplotlib.text import Text

from afterimage.report import course_figure
from afterimage.report.captions import COURSE, figure_caption
from afterimage.report.content import ReportFigure
from afterimage.report.course_figure import draw_course
from afterimage.report.draw_predicted import draw_predicted


def drawn(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[Figure, str]:
    """Draw, and return the figure and all its words instead of files."""
    kept: list[Figure] = []
    monkeypatch.setattr(course_figure, "save_figure", lambda figure, *_: kept.append(figure))
    draw_course(*arguments, 0.05, "a.png", "a.pdf")  # type: ignore[arg-type]
    return kept[0], "\n".join(text.get_text() for text in kept[0].findobj(Text))


def test_the_course_shows_mean_best_and_share_and_five_maps(monkeypatch) -> None:
    voxels, channels, times = example_course()
    figure, words = drawn(monkeypatch, voxels, channels, times, "CTF275")
    course, share = figure.axes[:2]
    r = voxels.pivot(index="step", columns="channel", values="r").to_numpy()
    lines = {line.get_label(): line.get_ydata() for line in course.lines}
    np.testing.assert_allclose(lines["mean over channels"], r.mean(axis=1))
    np.testing.assert_allclose(lines["best channel of each time"], r.max(axis=1))
    assert "highest mean r" in words
    assert "at 100 ms" in words
    assert words.count(" ms\n") >= 5
    assert share.get_ylim() == (0, 100)


@pytest.mark.parametrize(
    ("layout", "change", "why"),
    [
        (None, {}, "where the sensors lie is not known"),
        ("CTF275", {"r": np.nan, "ceiling_r": np.nan}, "no correlation is defined"),
    ],
)
def test_without_places_or_correlations_the_figure_says_so(monkeypatch, layout, change, why):
    voxels, channels, times = example_course()
    _, words = drawn(monkeypatch, voxels.assign(**change), channels, times, layout)
    assert why in words


def test_responses_over_time_get_a_course_and_others_a_map(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.png", "a.pdf")]
    voxels, channels, times = example_course()
    card = {"times": times, "layout": None, "geometry": None}
    draw_predicted(voxels, channels, card, 0.05, *paths)
    assert paths[0].stat().st_size > 1000
    channels = example_channels()
    card = {"times": None, "layout": None, "geometry": example_geometry().to_dict()}
    draw_predicted(example_voxels(channels), channels, card, 0.05, *paths)
    figure = ReportFigure("encoding", paths[0], "a.pdf", "s", "ridge", "gabor")
    assert figure_caption(figure, None, False, timed=True) == COURSE
