from pathlib import Path

import pytest
from example_report import (
    SUBJECTS,
    example_ceilings,
    example_channels,
    example_course,
    example_curve,
    example_geometry,
    example_metrics,
    example_sensors,
    example_time_resolved,
    example_voxels,
    write_pictures,
)

from afterimage.report.ceilings_figure import draw_ceilings
from afterimage.report.content import ReportFigure
from afterimage.report.course_figure import draw_course
from afterimage.report.curve_figure import draw_learning_curve
from afterimage.report.encoding_figure import draw_encoding
from afterimage.report.evoked_figure import draw_evoked
from afterimage.report.grid_figure import draw_grid
from afterimage.report.roi_figure import draw_regions
from afterimage.report.rows import encoding_rows, feature_rows, picture_rows
from afterimage.report.scores_figure import draw_scores
from afterimage.report.time_figure import draw_time_resolved


def draw_everything(folder: Path) -> list[ReportFigure]:
    """Draw one figure of each kind, as the rules would."""
    metrics, channels = example_metrics(), example_channels()
    seen, rows = write_pictures(folder)
    shown: list[ReportFigure] = []

    def files(name: str, kind: str, **whose: str) -> dict:
        png = folder / "figures" / f"{name}.png"
        shown.append(ReportFigure(kind, png, f"figures/{name}.pdf", **whose))
        return {"png_path": png, "pdf_path": png.with_suffix(".pdf")}

    to = files("grid", "grid", subject=SUBJECTS[0])
    draw_grid(rows, seen, metric="two_way", space="gabor", columns=9, **to)
    draw_scores(picture_rows(metrics), **files("picture_scores", "picture_scores"))
    draw_scores(feature_rows(metrics), **files("feature_scores", "feature_scores"))
    to = files("evoked", "evoked", subject=SUBJECTS[0])
    draw_evoked(*example_sensors(), "CTF275", "T", **to)
    draw_time_resolved(example_time_resolved(), **files("time_sliding", "time_resolved"))
    to = files("encoding", "encoding", subject=SUBJECTS[0], model="ridge_encoder", target="gabor")
    draw_encoding(example_voxels(channels), channels, None, **to)
    to = files("volume", "encoding", subject=SUBJECTS[1], model="ridge_encoder", target="gabor")
    draw_encoding(example_voxels(channels), channels, example_geometry(), **to)
    to = files("course", "encoding", subject=SUBJECTS[2], model="ridge_encoder", target="gabor")
    draw_course(*example_course(), "CTF275", 0.05, **to)
    draw_regions(encoding_rows(metrics), **files("regions", "regions"))
    draw_ceilings(*example_ceilings(), {}, **files("ceilings", "ceilings"))
    draw_learning_curve(example_curve(), **files("learning_curve", "learning_curve"))
    return shown


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> list[ReportFigure]:
    return draw_everything(tmp_path_factory.mktemp("report"))
