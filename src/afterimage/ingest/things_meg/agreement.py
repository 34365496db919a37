"""Which picture a trial showed is told twice; trials about which the two differ are left out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.ingest.things_meg import layout

SHOWN = 3


def read_image_paths(root: Path) -> list[str] | None:
    """Return the file stems of all THINGS pictures in their published order, if that is there."""
    path = root / layout.IMAGE_PATHS
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable list ({error}).", "Download it again.") from error
    paths = [line.strip('",') for line in lines]
    return [Path(line).stem for line in paths if "/" in line]


def disagreeing(
    codes: np.ndarray, attributes: pd.DataFrame, pictures: Sequence[str] | None
) -> np.ndarray:
    """Compare the pictures that a recording names with those of the table of trials.

    Parameters
    ----------
    codes : ndarray of float, shape (n,)
        1-based numbers of THINGS pictures; NaN or 999999 for a catch trial.
    attributes : DataFrame
        n rows of :func:`afterimage.ingest.things_meg.attributes.read_attributes`.
    pictures : sequence of str, optional
        File stems that the numbers count; without it they are compared with the table's own.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where they differ.
    """
    is_catch = np.isnan(codes) | (codes == layout.CATCH)
    numbers = np.where(is_catch, 0, np.nan_to_num(codes)).astype(np.int64)
    if pictures is None:
        own = pd.to_numeric(attributes["things_image_nr"], errors="coerce").to_numpy(dtype=float)
        same = numbers == own
    else:
        known = np.array(["", *pictures], dtype=object)
        valid = (numbers > 0) & (numbers < len(known))
        same = known[np.where(valid, numbers, 0)] == attributes["stem"].to_numpy(dtype=object)
    expected = attributes["is_catch"].to_numpy()
    return np.where(expected | is_catch, expected != is_catch, ~same)


def check_few(
    wrong: np.ndarray, attributes: pd.DataFrame, codes: np.ndarray, limit: int, path: Path
) -> None:
    """Refuse a run in which more trials disagree than may be left out.

    Raises
    ------
    DataError
        Naming the first of them.
    """
    if wrong.sum() <= limit:
        return
    first = [
        f"trial {attributes['place'].iloc[row]} ({attributes['stem'].iloc[row]} by the table, "
        f"{_told(codes[row])} here)"
        for row in np.flatnonzero(wrong)[:SHOWN].tolist()
    ]
    session, run = attributes["session"].iloc[0], attributes["run"].iloc[0]
    raise DataError(
        f"{path}: {wrong.sum()} of {len(wrong)} trials of session {session}, run {run} show other "
        f"pictures than sample_attributes says: {'; '.join(first)}.",
        "Both files must come from one release; 'disagreements' in the data set's file says how "
        "many trials of a run may be left out.",
    )


def _told(code: float) -> str:
    return "catch" if np.isnan(code) or code == layout.CATCH else f"number {int(code)}"
