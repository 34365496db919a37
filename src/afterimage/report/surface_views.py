"""Values of the vertices of FreeSurfer's average brain, seen from three sides of each half."""

from functools import cache
from typing import Any, Literal

import numpy as np
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from afterimage.contracts.geometry import Geometry
from afterimage.report.style import QUIET

# The average brain is an icosahedron cut finer and finer: the first vertices of a fine surface
# are those of the coarse one, which comes with nilearn.
COARSE = 10_242
# The calcarine sulcus, with V1, is seen from the middle.
VIEWS = ("lateral", "medial", "ventral")
# Of a panel in columns: the margins, which matplotlib leaves in three dimensions, overlap.
PANEL = 1.15
ZOOM = 1.26
# Darkness of folds, pale beside the colours of a map.
RIDGE, FURROW = 0.12, 0.25


def draw_views(
    figure: Figure,
    values: np.ndarray,
    geometry: Geometry,
    *,
    bottom: float,
    height: float,
    width: float,
    norm: Normalize,
    colours: str | Colormap,
    average: Literal["mean", "median"] = "mean",
) -> None:
    """Draw a row of six views into a figure.

    Parameters
    ----------
    figure : Figure
    values : ndarray, shape (left + right vertices,)
        NaN where nothing is shown.
    geometry : Geometry
    bottom, height, width : float
        Of the row, as fractions of the figure.
    norm : Normalize
    colours : str or Colormap
        A colour map of matplotlib.
    average : {"mean", "median"}
        Of the three vertices of a face: numbers that stand for names have no mean.
    """
    halves = dict(zip(("left", "right"), np.split(values, [geometry.shape[0]]), strict=True))
    inches = figure.get_size_inches()
    column = width / 2 / len(VIEWS)
    across = PANEL * column
    along = across * inches[0] / inches[1]
    places = [(side, view) for side in halves for view in VIEWS]
    for number, (side, view) in enumerate(places):
        middle = (number + 0.5) * column
        box = (middle - across / 2, bottom + (height - along) / 2, across, along)
        panel: Any = figure.add_axes(box, projection="3d")
        panel.patch.set_visible(False)
        look = {"cmap": colours, "vmin": norm.vmin, "vmax": norm.vmax, "avg_method": average}
        _draw_view(panel, halves[side][:COARSE], side, view, look)
        figure.text(middle, bottom, f"{side} {view}", ha="center", fontsize=7, color=QUIET)


def _draw_view(panel: Any, values: np.ndarray, side: str, view: str, look: dict[str, Any]) -> None:
    from nilearn import plotting

    plotting.plot_surf(
        _mesh().parts[side],
        values.astype(np.float64),
        bg_map=_folds(side),
        hemi=side,
        view=view,
        colorbar=False,
        axes=panel,
        figure=panel.figure,
        **look,
    )
    panel.set_title("")
    panel.set_box_aspect(None, zoom=ZOOM)
    for faces in panel.collections:
        faces.set_rasterized(True)  # 20,000 triangles as vectors would fill the PDF


@cache
def _mesh() -> Any:
    from nilearn.datasets import load_fsaverage

    return load_fsaverage("fsaverage5")["inflated"]


@cache
def _folds(side: str) -> np.ndarray:
    from nilearn.datasets import load_fsaverage_data

    curvature = load_fsaverage_data(mesh="fsaverage5", data_type="curvature").data.parts[side]
    return np.where(curvature > 0, FURROW, RIDGE)
