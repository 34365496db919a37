"""Write the regions of a simulated subject, with the published names of their labels.

Retinotopic labels follow the receptive fields, category labels what a voxel prefers; all others are
patches of the sheet.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from afterimage.contracts.files import write_text
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.layout import Space
from afterimage.ingest.simulated.brain import Brain
from afterimage.ingest.simulated.files import save_mgh, save_nifti
from afterimage.ingest.simulated.grid import Grid, affine
from afterimage.ingest.simulated.pictures import CATEGORIES
from afterimage.ingest.simulated.sheet import Sheet

Labels = Callable[[Brain, Sheet], np.ndarray]

PICTURE_DEGREES = 8.4
ECCENTRICITIES = (0.5, 1.0, 2.0, 4.0)
LIKES = 0.5  # weight above which a voxel counts as selective for a category
NOT_CORTEX, NO_LABEL = -1, 0

RETINOTOPIC = ("V1v", "V1d", "V2v", "V2d", "V3v", "V3d", "hV4")
# Neighbours in the higher cortex: along the ventral, lateral and parietal third of the sheet.
KASTNER = (
    ("VO1", "VO2", "PHC1", "PHC2"),
    ("TO2", "TO1", "LO2", "LO1"),
    ("V3B", "V3A", "IPS0", "IPS1", "IPS2", "IPS3", "IPS4", "IPS5", "SPL1", "FEF"),
)
GLASSER = (
    ("V8", "PIT", "FFC"),
    ("LO1", "LO2", "MT", "MST"),
    ("V3A", "V3B", "V7", "IPS1", "V6", "POS2", "RSC"),
)
NAMES: dict[str, tuple[str, ...]] = {
    "nsdgeneral": ("nsdgeneral",),
    "streams": (
        "early",
        "midventral",
        "midlateral",
        "midparietal",
        "ventral",
        "lateral",
        "parietal",
    ),
    "prf-visualrois": RETINOTOPIC,
    "prf-eccrois": ("ecc0pt5", "ecc1", "ecc2", "ecc4", "ecc4+"),
    "floc-faces": ("OFA", "FFA-1", "FFA-2", "mTL-faces", "aTL-faces"),
    "floc-bodies": ("EBA", "FBA-1", "FBA-2", "mTL-bodies"),
    "floc-places": ("OPA", "PPA", "RSC"),
    "floc-words": ("OWFA", "VWFA-1", "VWFA-2", "mfs-words", "mTL-words"),
    "Kastner2015": RETINOTOPIC + KASTNER[0] + KASTNER[1] + KASTNER[2],
    # The first labels of the 180, in their order; names that begin with a digit are among them.
    "HCP_MMP1": (
        *("V1", "MST", "V6", "V2", "V3", "V4", "V8", "4", "3b", "FEF", "PEF", "55b", "V3A", "RSC"),
        *("POS2", "V7", "IPS1", "FFC", "V3B", "LO1", "LO2", "PIT", "MT"),
    ),
    # Stand-ins: the release names 28 sulci and gyri.
    "corticalsulc": ("CalcS", "CoS", "OTS", "LOS", "IPS", "SFRS", "MFG", "IFG"),
}
# Nobody is drawn below the neck and nothing is written: trees and gratings stand in.
CATEGORIES_OF = {
    "floc-faces": ("face",),
    "floc-bodies": ("tree",),
    "floc-places": ("house", "photo-scene"),
    "floc-words": ("grating",),
}


def write_atlas(
    root: Path, subject: str, space: Space, atlas: str, labels: np.ndarray, grid: Grid, sheet: Sheet
) -> None:
    """Write the labels of an atlas, whole and by hemisphere, and their names.

    Parameters
    ----------
    root, subject, space, atlas
    labels : ndarray of int, shape (v,)
        Of the voxels of the sheet.
    grid : Grid
    sheet : Sheet
    """
    values = np.full(grid.size, NOT_CORTEX, dtype=np.int16)
    values[grid.cortex] = NO_LABEL
    values[sheet.places] = labels
    if space in layout.VOLUMES:
        placed = affine(grid.shape, layout.VOXEL_MM[space])
        sides = (("", None), ("lh.", grid.right), ("rh.", ~grid.right))
        for side, others in sides:
            volume = values if others is None else np.where(others, NOT_CORTEX, values)
            (path,) = layout.atlas_files(subject, space, side + atlas)
            save_nifti(root / path, volume.reshape(grid.shape).astype(np.int16), placed)
    else:
        halves = np.split(values.astype(np.int32), [grid.shape[0]])
        for path, half in zip(layout.atlas_files(subject, space, atlas), halves, strict=True):
            save_mgh(root / path, half)
    write_text(root / layout.names_file(subject, space, atlas), names_table(atlas))


def names_table(atlas: str) -> str:
    """Return the names of an atlas's labels; a stray tab follows the first, as in real files."""
    lines = [f"{number} {name}\n" for number, name in enumerate(NAMES[atlas], start=1)]
    return "0 Unknown\n" + lines[0].replace("\n", "\t\n") + "".join(lines[1:])


def labels_of(atlas: str, brain: Brain, sheet: Sheet) -> np.ndarray:
    """Return the label of each voxel of the sheet, 0 for none.

    Parameters
    ----------
    atlas : str
    brain : Brain
        The subject's, or one that stands for all of them.
    sheet : Sheet

    Returns
    -------
    ndarray of int, shape (v,)
    """
    return _LABELS[atlas](brain, sheet) if atlas in _LABELS else _selective(atlas, brain, sheet)


def _everywhere(brain: Brain, sheet: Sheet) -> np.ndarray:
    return np.ones(len(sheet.area), dtype=int)


def _retinotopic(brain: Brain, sheet: Sheet) -> np.ndarray:
    """Split V1 to V3 by the upper visual field, which lies in their ventral halves."""
    names = [
        area if area == "hV4" else area + ("v" if upper else "d")
        for area, upper in zip(sheet.area, brain.rf_y < 0.5, strict=True)
    ]
    return _numbers("prf-visualrois", names)


def _eccentricity(brain: Brain, sheet: Sheet) -> np.ndarray:
    degrees = PICTURE_DEGREES * np.hypot(brain.rf_x - 0.5, brain.rf_y - 0.5)
    inside = _retinotopic(brain, sheet) > 0
    return np.where(inside, 1 + np.searchsorted(ECCENTRICITIES, degrees), 0)


def _streams(brain: Brain, sheet: Sheet) -> np.ndarray:
    """Lead the ventral stream over hV4, the others over the inner part of the higher cortex."""
    third, higher = _third(sheet), sheet.area == "ventral"
    middle = np.where((third > 0) & (sheet.across < 0.4), 2 + third, 5 + third)
    return np.where(higher, middle, np.where(sheet.area == "hV4", 2, 1))


def _kastner(brain: Brain, sheet: Sheet) -> np.ndarray:
    higher = _numbers("Kastner2015", _patches(sheet, KASTNER))
    return np.where(sheet.area == "ventral", higher, _retinotopic(brain, sheet))


def _glasser(brain: Brain, sheet: Sheet) -> np.ndarray:
    lower = {"V1": "V1", "V2": "V2", "V3": "V3", "hV4": "V4"}
    patches = _patches(sheet, GLASSER)
    names = [lower.get(area, patch) for area, patch in zip(sheet.area, patches, strict=True)]
    return _numbers("HCP_MMP1", names)


def _sulci(brain: Brain, sheet: Sheet) -> np.ndarray:
    count = len(NAMES["corticalsulc"])
    return 1 + (sheet.along * count).astype(int).clip(0, count - 1)


def _selective(atlas: str, brain: Brain, sheet: Sheet) -> np.ndarray:
    """Label what prefers some categories, in the higher cortex, from back to front."""
    columns = [CATEGORIES.index(name) for name in CATEGORIES_OF[atlas]]
    likes = (sheet.area == "ventral") & (brain.category[:, columns].mean(axis=1) > LIKES)
    count = len(NAMES[atlas])
    return np.where(likes, 1 + (sheet.across * count).astype(int).clip(0, count - 1), 0)


def _third(sheet: Sheet) -> np.ndarray:
    """Return 0, 1 or 2: the ventral, lateral or parietal third of the sheet."""
    return (sheet.along * 3).astype(int).clip(0, 2)


def _patches(sheet: Sheet, names: tuple[tuple[str, ...], ...]) -> list[str]:
    """Name the patch of each voxel, as if all of it were higher cortex."""
    rows = [names[third] for third in _third(sheet)]
    return [
        row[min(int(across * len(row)), len(row) - 1)]
        for row, across in zip(rows, sheet.across, strict=True)
    ]


def _numbers(atlas: str, names: list[str]) -> np.ndarray:
    known = {name: number for number, name in enumerate(NAMES[atlas], start=1)}
    return np.array([known.get(name, 0) for name in names])


_LABELS: dict[str, Labels] = {
    "nsdgeneral": _everywhere,
    "streams": _streams,
    "prf-visualrois": _retinotopic,
    "prf-eccrois": _eccentricity,
    "Kastner2015": _kastner,
    "HCP_MMP1": _glasser,
    "corticalsulc": _sulci,
}
