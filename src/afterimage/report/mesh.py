"""Whether a recording lies on a mesh that is at hand. Without matplotlib: the page asks, too."""

from afterimage.contracts.geometry import Geometry

# Vertices of one half of FreeSurfer's average brain, from coarse to fine.
SIZES = (10_242, 40_962, 163_842)


def has_mesh(geometry: Geometry | None) -> bool:
    """Return whether a recording lies on the average brain, whose mesh is at hand."""
    return (
        geometry is not None
        and geometry.space == "fsaverage"
        and all(vertices in SIZES for vertices in geometry.shape)
    )
