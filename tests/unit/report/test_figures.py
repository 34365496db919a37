import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from example_report import (
    SUBJECTS,
    example_channels,
    example_items,
    example_metrics,
    example_voxels,
    write_pictures,
)
from matplotlib.figure import Figure
from matplotlib.text import Text

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.geometry import Geometry
from afterimage.report import encoding_figure, roi_figure
from afterimage.report.captions import SURFACES
from afterimage.report.ceilings_figure import draw_ceilings
from afterimage.report.content import ReportFigure
from afterimage.report.encoding_figure import draw_encoding
from afterimage.report.grid_choice import choose_columns, ranking, rule_text
from afterimage.report.grid_figure import draw_grid, grid_rows
from afterimage.report.placed_voxels import has_coordinates
from afterimage.report.region_matrix import draw_matrices
from afterimage.report.roi_figure import draw_encoder, draw_regions, regions_of
from afterimage.report.rows import encoding_rows, feature_rows, picture_rows, truth_rows
from afterimage.report.scores_figure import draw_scores
from afterimage.report.voxel_grid import voxel_grid

KEY = ["fold", "stimulus_id", "trial_id"]


def paths(folder: Path, name: str = "figure") -> dict[str, Path]:
    return {"png_path": folder / f"{name}.png", "pdf_path": folder / f"{name}.pdf"}


def test_every_figure_has_the_same_bytes_in_another_process_with_other_hashes(
    figures: list[ReportFigure], tmp_path: Path
) -> None:
    code = "import sys, pathlib, conftest; conftest.draw_everything(pathlib.Path(sys.argv[1]))"
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = os.environ | {"PYTHONHASHSEED": seed, "MPLBACKEND": "svg"}
    folder = Path(__file__).parent
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=folder, env=environment, check=True
    )
    for figure in figures:
        for path in (Path(figure.png), Path(figure.png).with_suffix(".pdf")):
            assert path.read_bytes() == (tmp_path / "figures" / path.name).read_bytes(), path.name


def test_a_figure_has_the_same_bytes_whatever_was_drawn_before(
    figures: list[ReportFigure], tmp_path: Path
) -> None:
    first = next(Path(figure.png) for figure in figures if figure.kind == "regions")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        draw_regions(encoding_rows(example_metrics()), **paths(tmp_path, "regions"))
    for suffix in (".png", ".pdf"):
        again = tmp_path / f"regions{suffix}"
        assert again.read_bytes() == first.with_suffix(suffix).read_bytes()


def test_pdfs_hold_truetype_letters_and_no_date(figures: list[ReportFigure]) -> None:
    for figure in figures:
        pdf = Path(figure.png).with_suffix(".pdf").read_bytes()
        assert b"/Type3" not in pdf
        assert b"CreationDate" not in pdf
        assert b"Matplotlib v" not in pdf


def test_pngs_hold_no_text(figures: list[ReportFigure]) -> None:
    for figure in figures:
        png = Path(figure.png).read_bytes()
        assert not re.search(rb"tEXt|iTXt|tIME", png[:200])


def test_rows_are_told_apart_by_what_they_score() -> None:
    metrics = example_metrics()
    parts = [feature_rows(metrics), picture_rows(metrics), encoding_rows(metrics)]
    parts.append(truth_rows(metrics))
    index = np.concatenate([part.index for part in parts])
    assert sorted(index) == list(metrics.index)


def test_the_grid_takes_the_same_number_of_best_median_and_worst() -> None:
    chosen = choose_columns(example_items(0), "two_way", "gabor", 8)
    assert chosen["rank"].tolist() == ["best"] * 2 + ["median"] * 2 + ["worst"] * 2
    scores = ranking(example_items(0), "two_way", "gabor")["score"].to_numpy()
    np.testing.assert_array_equal(chosen["score"], scores[[0, 1, 49, 50, 98, 99]])
    assert (np.diff(scores) <= 0).all()


def test_ties_of_the_grid_go_by_pixel_correlation_and_then_by_id() -> None:
    ids = ["d", "c", "b", "a"]
    score = pd.DataFrame({"fold": 0, "stimulus_id": ids, "trial_id": ids, "metric": "two_way"})
    score = score.assign(space="gabor", score=1.0)
    pixels = score.assign(metric="pixel_correlation", space="", score=[0.1, 0.9, 0.1, 0.5])
    items = pd.concat([score, pixels])
    assert ranking(items, "two_way", "gabor")["stimulus_id"].tolist() == ["c", "a", "b", "d"]
    shuffled = items.sample(frac=1, random_state=0)
    assert ranking(shuffled, "two_way", "gabor")["stimulus_id"].tolist() == ["c", "a", "b", "d"]
    assert ranking(score, "two_way", "gabor")["stimulus_id"].tolist() == ["a", "b", "c", "d"]


@pytest.mark.parametrize(("n", "ranks"), [(1, 1), (2, 1), (3, 3), (5, 3)])
def test_the_grid_copes_with_few_pictures_and_shows_none_twice(n: int, ranks: int) -> None:
    items = example_items(0)
    items = items[items["stimulus_id"].isin([f"s{i:03d}" for i in range(n)])]
    chosen = choose_columns(items, "two_way", "gabor", 9)
    assert chosen["rank"].nunique() == ranks
    assert not chosen.duplicated(KEY).any()


def test_each_row_of_the_grid_has_its_own_pictures_and_scores(tmp_path: Path) -> None:
    _, drawn = write_pictures(tmp_path)
    items = [example_items(i).assign(model="ridge", generator=g) for i, g in enumerate("ab")]
    named = [{"model": "ridge", "generator": g} for g in "ab"]
    paths_of = [str(row.pictures.path) for row in drawn[:2]]
    rows = grid_rows(named, paths_of, pd.concat(items))
    assert [row.label for row in rows] == ["ridge →\na", "ridge →\nb"]
    for row, path, mine in zip(rows, paths_of, items, strict=True):
        assert str(row.pictures.path) == path
        pd.testing.assert_frame_equal(row.items, mine)


def test_the_rule_is_said_with_its_numbers() -> None:
    text = rule_text(example_items(0), "two_way", "gabor", 9, "ridge → linear")
    assert "3 best, 3 median and 3 worst of 100 held-out pictures" in text
    assert "two-way identification in gabor of “ridge → linear”" in text


def test_ranking_by_a_score_that_was_not_computed_says_which_ones_were() -> None:
    with pytest.raises(ConfigError, match=r"'two_way' in the space 'clip' was not scored") as error:
        choose_columns(example_items(0), "two_way", "clip", 9)
    assert "two_way (gabor)" in str(error.value)
    assert len(str(error.value).splitlines()) == 2


def test_pixel_correlation_ranks_whatever_the_space_is() -> None:
    assert len(choose_columns(example_items(0), "pixel_correlation", "gabor", 9)) == 9
    text = rule_text(example_items(0), "pixel_correlation", "gabor", 9, "a")
    assert "by pixel correlation of" in text


def test_a_missing_reconstruction_is_named(tmp_path: Path) -> None:
    seen, rows = write_pictures(tmp_path)
    rows[0].items["trial_id"] = "elsewhere"
    with pytest.raises(DataError, match=r"made_0.arrow: no reconstruction of the stimuli \['s"):
        draw_grid(rows, seen, metric="two_way", space="gabor", columns=9, **paths(tmp_path))
    assert not paths(tmp_path)["png_path"].exists()


def test_scores_of_many_subjects_or_none_are_drawn(tmp_path: Path) -> None:
    rows = picture_rows(example_metrics())
    crowd = pd.concat([rows.assign(subject=f"s{i}") for i in range(12)], ignore_index=True)
    draw_scores(crowd, **paths(tmp_path, "many"))
    draw_scores(rows[rows["subject"] == SUBJECTS[0]].tail(1), **paths(tmp_path, "one"))
    draw_scores(rows[:0], **paths(tmp_path, "none"))
    draw_regions(rows, **paths(tmp_path, "regions"))
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.glob("*.pdf"))) == 4


def test_channels_without_coordinates_get_a_histogram_instead_of_a_map(tmp_path: Path) -> None:
    channels = example_channels()
    voxels = example_voxels(channels)
    unplaced = channels.assign(x=np.nan, y=np.nan, z=np.nan)
    assert has_coordinates(channels)
    assert not has_coordinates(unplaced)
    draw_encoding(voxels, unplaced, None, **paths(tmp_path))
    draw_encoding(voxels.assign(ceiling_r=np.nan), channels, None, **paths(tmp_path, "b"))
    draw_encoding(voxels.assign(r=np.nan, ceiling_r=np.nan), unplaced, None, **paths(tmp_path, "c"))
    draw_encoding(voxels[:1], channels, None, **paths(tmp_path, "d"))


def drawn(geometry: Geometry | None, channels: pd.DataFrame, folder: Path) -> tuple[int, str]:
    """Draw an encoding figure; return its number of panels and all its words."""
    voxels = example_voxels(channels)
    with pytest.MonkeyPatch.context() as patch:
        kept: list[Figure] = []
        patch.setattr(encoding_figure, "save_figure", lambda figure, *_: kept.append(figure))
        draw_encoding(voxels, channels, geometry, **paths(folder))
    texts = kept[0].findobj(Text)
    return len(kept[0].axes), "\n".join(text.get_text() for text in texts)


def on_vertices(channels: pd.DataFrame) -> pd.DataFrame:
    return channels.assign(index=np.arange(len(channels)))


def test_vertices_of_the_average_brain_are_seen_from_three_sides_of_both_hemispheres(
    tmp_path: Path,
) -> None:
    channels = on_vertices(example_channels())
    geometry = Geometry("surface", (10_242, 10_242), "fsaverage")
    panels, words = drawn(geometry, channels, tmp_path)
    assert panels == 2 * 6 + 1 + 1
    for side in ("left", "right"):
        for view in ("lateral", "medial", "ventral"):
            assert words.count(f"{side} {view}") == 2
    assert SURFACES in words


def test_surfaces_without_a_mesh_get_a_histogram_that_says_why(tmp_path: Path) -> None:
    channels = on_vertices(example_channels())
    for space, shape in (("nativesurface", (10_242, 10_242)), ("fsaverage", (1200, 1100))):
        geometry = Geometry("surface", shape, space)
        panels, words = drawn(geometry, channels, tmp_path)
        assert panels == 2
        assert f"no mesh is at hand of {space} with {shape[0]:,} + {shape[1]:,} vertices" in words
        assert "z = " not in words


def test_a_region_of_one_subject_stands_where_that_subject_has_it() -> None:
    rows = encoding_rows(example_metrics())
    rows = rows[rows["metric"] == "encoding_r"]
    whole = list(dict.fromkeys(rows["roi"]))
    assert whole == ["all", "V1", "V2", "hV4", "FFA"]
    rows = rows[(rows["subject"] == SUBJECTS[1]) | ~rows["roi"].isin(["V2", "FFA"])]
    assert regions_of(rows) == whole
    panel = Figure().subplots()
    draw_encoder(panel, rows, whole, SUBJECTS)
    assert [text.get_text().strip() for text in panel.texts] == ["n/a"] * 4


def test_ceilings_without_truth_or_repetitions_are_drawn(tmp_path: Path) -> None:
    table = pd.DataFrame({"step": 0, "channel": range(5), "ncsnr": 1.0, "noise_ceiling": 75.0})
    unknown = table.assign(ncsnr=np.nan, noise_ceiling=np.nan)
    draw_ceilings({"s1": table, "s2": unknown}, {}, {}, **paths(tmp_path))
    assert paths(tmp_path)["png_path"].is_file()


def test_the_grid_of_voxels_is_found_from_coordinates() -> None:
    cells = np.random.default_rng(0).integers(0, 9, (400, 3))
    placed = np.unique(cells, axis=0)
    grid = voxel_grid(placed * (1.8, 2.0, 3.75) + (-40.3, 10, 5.5))
    np.testing.assert_array_equal(grid.index, placed - placed.min(axis=0))
    np.testing.assert_allclose(grid.spacing, (1.8, 2.0, 3.75), atol=1e-3)


def test_coordinates_askew_get_cubic_cells_of_which_few_are_shared() -> None:
    cells = np.stack(np.meshgrid(*[np.arange(8)] * 3), -1).reshape(-1, 3) * 2.0
    turn = np.deg2rad(20)
    rotation = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    grid = voxel_grid(cells @ rotation.T)
    np.testing.assert_allclose(grid.spacing, 2.0)
    assert len(np.unique(grid.index, axis=0)) >= 0.75 * len(cells)


def test_many_encoders_make_a_matrix_of_their_means_over_subjects():
    rows = encoding_rows(example_metrics())
    one = rows[rows["metric"] == "encoding_r"]
    many = pd.concat([one.assign(target=f"layer{i}", value=0.1 * i) for i in range(1, 8)])
    drawn = [("voxelwise", f"layer{i}", "encoding_r") for i in range(1, 8)]
    drawn = [(one["model"].iloc[0], target, metric) for _, target, metric in drawn]
    regions = regions_of(many)
    figure = draw_matrices(many, drawn, regions, {"encoding_r": "r"})
    (panel,) = figure.axes
    assert [label.get_text().split()[0] for label in panel.get_yticklabels()] == [
        f"layer{i}" for i in range(1, 8)
    ]
    cells = [text.get_text() for text in panel.texts]
    assert cells == [f"0.{i}0" for i in range(1, 8) for _ in regions]


def test_few_encoders_are_bars_and_many_a_matrix(tmp_path, monkeypatch):
    rows = encoding_rows(example_metrics())
    monkeypatch.setattr(roi_figure, "draw_encoder", lambda *given: pytest.fail("bars"))
    monkeypatch.setattr(roi_figure, "MOST_PANELS", 0)
    draw_regions(rows, **paths(tmp_path, "regions"))
    assert (tmp_path / "regions.png").stat().st_size > 1000
