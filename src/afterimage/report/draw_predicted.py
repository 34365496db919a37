"""Which figure shows an encoder: maps of a brain, or a course of time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from afterimage.contracts.geometry import Geometry
from afterimage.report.course_figure import draw_course
from afterimage.report.encoding_figure import draw_encoding


def draw_predicted(
    voxels: pd.DataFrame,
    channels: pd.DataFrame,
    card: Mapping[str, Any],
    fdr: float,
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw an encoder's scores.

    Parameters
    ----------
    voxels, channels : DataFrame
        In the columns of VOXELS and CHANNELS.
    card : mapping
        Of the recording: with times, its course is drawn.
    fdr : float
        At which false discovery rate a channel is significant.
    png_path, pdf_path : Path or str
    """
    if card["times"] is not None:
        draw_course(voxels, channels, card["times"], card["layout"], fdr, png_path, pdf_path)
        return
    geometry = card["geometry"]
    place = None if geometry is None else Geometry.from_dict(geometry)
    draw_encoding(voxels, channels, place, png_path, pdf_path)
