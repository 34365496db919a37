"""Which picture a subject of the Natural Scenes Dataset saw in which trial, by the design file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError

REMEDY = "Download nsd_expdesign.mat again, or check the configured subjects and sessions."


@dataclass(frozen=True)
class Design:
    """The design of the experiment, widened to int64.

    Attributes
    ----------
    ordering : ndarray, shape (n_trials,)
        1-based position of each trial's picture in a subject's own list, the same for everybody.
    lists : ndarray, shape (n_subjects, n_pictures)
        1-based numbers of each subject's pictures among the 73,000.
    shared : ndarray, shape (n_shared,)
        1-based numbers of the pictures that all subjects share.
    """

    ordering: np.ndarray
    lists: np.ndarray
    shared: np.ndarray


def read_design(path: Path) -> Design:
    """Read ``nsd_expdesign.mat``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Design

    Raises
    ------
    DataError
        If the file is missing, not such a file, or disagrees with itself.
    """
    from scipy.io import loadmat

    try:
        # Small integer types in the file: products of them would overflow.
        content = {key: np.asarray(value) for key, value in loadmat(path).items()}
        design = Design(
            ordering=content["masterordering"].ravel().astype(np.int64),
            lists=np.atleast_2d(content["subjectim"]).astype(np.int64),
            shared=content["sharedix"].ravel().astype(np.int64),
        )
    except KeyError as error:
        raise DataError(f"{path}: there is no variable {error} in the file.", REMEDY) from error
    except Exception as error:  # scipy raises a dozen kinds for a damaged file
        raise DataError(f"{path}: not a readable .mat file ({error}).", REMEDY) from error
    length = design.lists.shape[1]
    if design.ordering.min() < 1 or design.ordering.max() > length:
        raise DataError(
            f"{path}: masterordering goes from {design.ordering.min()} to "
            f"{design.ordering.max()}, but the lists hold {length} pictures, counted from 1.",
            REMEDY,
        )
    if design.lists.min() < 1:
        raise DataError(f"{path}: subjectim holds {design.lists.min()}; it counts from 1.", REMEDY)
    _check_shared(path, design)
    return design


def pictures_of(design: Design, row: int, trials: np.ndarray, path: Path) -> np.ndarray:
    """Return the 0-based numbers of the pictures of some of a subject's trials.

    ``subjectim[row, masterordering[trial] - 1] - 1``.

    Parameters
    ----------
    design : Design
    row : int
        0-based subject.
    trials : ndarray of int
        0-based numbers of trials, counted over all sessions.
    path : Path
        Of the design, for messages.
    """
    if row >= len(design.lists):
        raise DataError(
            f"{path}: subjectim has {len(design.lists)} subjects, not one more for number "
            f"{row + 1}.",
            REMEDY,
        )
    return design.lists[row][positions_of(design, trials, path) - 1] - 1


def positions_of(design: Design, trials: np.ndarray, path: Path) -> np.ndarray:
    """Return the 1-based position of the pictures of some trials in every subject's list."""
    if len(trials) and trials.max() >= len(design.ordering):
        raise DataError(
            f"{path}: masterordering has {len(design.ordering)} trials, {trials.max() + 1} are "
            "configured.",
            REMEDY,
        )
    return design.ordering[trials]


def _check_shared(path: Path, design: Design) -> None:
    """Check that every subject's list begins with the shared pictures."""
    expected = set(design.shared.tolist())
    for row, pictures in enumerate(design.lists):
        if set(pictures[: len(design.shared)].tolist()) != expected:
            raise DataError(
                f"{path}: the list of subject {row + 1} does not begin with the "
                f"{len(expected)} pictures of sharedix; both count pictures from 1.",
                REMEDY,
            )
