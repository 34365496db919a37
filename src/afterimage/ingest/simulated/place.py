"""Where a simulation may write: nowhere near files that it did not make."""

from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text

MARK = ".afterimage-simulated"


def claim(root: Path) -> None:
    """Make a folder a simulation's own, before anything is written into it.

    Parameters
    ----------
    root : Path
        Made if it is absent.

    Raises
    ------
    DataError
        If it holds files, and no simulation has claimed it: they may be somebody's recordings.
    """
    mark = root / MARK
    if mark.is_file():
        return
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise DataError(
            f"{root}: a simulation would overwrite files that it did not write.",
            "Leave out --config data_root (simulated files then go to raw/<dataset>/), give an "
            "empty folder, or take the section `simulate` out of the data set's file.",
        )
    write_text(mark, "Everything in this folder was simulated by Afterimage.\n")
