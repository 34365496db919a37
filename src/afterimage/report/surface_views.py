"""Values of the vertices of FreeSurfer's average brain, seen from two sides of each hemisphere."""

from functools import cache
from typing import Any

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from afterimage.contracts.geometry import Geometry

# The average brain is an icosahedron cut finer and finer: the first vertices of a fine surface
# are those of the coarse one, which comes with nilearn.
COARSE = 10_242
SIZES = (10_242, 40_962, 163_842)
VIEWS = (("left", "lateral"), ("left", "ventral"), ("right", "ventral"), ("right", "lateral"))


def has_mesh(geometry: Geometry | None) -> bool:
    """Return whether a recording lies on the average brain, whose mesh is at hand."""
    return (
        geometry is not None
        and geometry.space == "fsaverage"
        and all(vertices in SIZES for vertices in geometry.shape)
    )


def draw_views(
    figure: Figure,
    values: np.ndarray,
    geometry: Geometry,
    *,
    bottom: float,
    height: float,
    width: float,
    norm: Normalize,
    colours: str,
) -> None:
    """Draw a row of four views into a figure.

    Parameters
    ----------
    figure : Figure
    values : ndarray, shape (left + right vertices,)
        NaN where nothing is shown.
    geometry : Geometry
    bottom, height, width : float
        Of the row, as fractions of the figure.
    norm : Normalize
    colours : str
        A colour map of matplotlib.
    """
    from nilearn import plotting

    halves = dict(zip(("left", "right"), np.split(values, [geometry.shape[0]]), strict=True))
    for column, (side, view) in enumerate(VIEWS):
        box = (column * width / 4, bottom, width / 4, height)
        panel: Any = figure.add_axes(box, projection="3d")
        plotting.plot_surf(
            _mesh().parts[side],
            halves[side][:COARSE].astype(np.float64),
            hemi=side,
            view=view,
            cmap=colours,
            vmin=norm.vmin,
            vmax=norm.vmax,
            colorbar=False,
            axes=panel,
            figure=figure,
        )
        panel.set_title("")
        for faces in panel.collections:
            faces.set_rasterized(True)  # 20,000 triangles as vectors would fill the PDF


@cache
def _mesh() -> Any:
    from nilearn.datasets import load_fsaverage

    return load_fsaverage("fsaverage5")["inflated"]
