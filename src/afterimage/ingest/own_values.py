"""HDF5 files hold their own values: none is taken from another file of the machine.

A link, an external storage or a virtual data set can name any file that the user may read, a
private key as well as a neighbour's recording; its bytes would go into the derivatives, and from
there to whoever pulls them.
"""

from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError

REMEDY = "If you trust both files, copy the values into one file, and read that."


def refuse_foreign_values(path: Path | str, data: Any) -> None:
    """Refuse a data set that takes values from another file.

    Parameters
    ----------
    path : Path or str
        The file that was opened.
    data : h5py.Dataset

    Raises
    ------
    DataError
        Naming the data set and the other file.
    """
    if (other := _other_file(path, data)) is not None:
        raise DataError(
            f"{path}, key '{data.name.strip('/')}': takes its values from another file, {other}, "
            "which is never followed (it could be any file of this machine).",
            REMEDY,
        )


def _other_file(path: Path | str, data: Any) -> str | None:
    inside = str(data.file.filename)
    if inside != str(path):
        return inside
    if data.external:
        return str(data.external[0][0])
    if data.is_virtual:
        sources = [source.file_name for source in data.virtual_sources()]
        # A single dot stands for the file itself.
        return next((name for name in sources if name != "."), None)
    return None
