"""Names of an atlas's labels."""

import re
from collections.abc import Mapping
from pathlib import Path

from afterimage.contracts.errors import DataError

REMEDY = "Download it again, or check the name of the atlas."
COLOUR_VALUES = 4


def read_names(path: Path) -> dict[int, str]:
    """Read the names of an atlas's labels: a number and a name in each line.

    Parameters
    ----------
    path : Path
        A ``.ctab`` file; stray tabs, and colours after the name, are dropped.

    Raises
    ------
    DataError
        If the file is missing or no such list.
    """
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        return {int(parts[0]): _name(parts[1:]) for parts in lines if parts and parts[0] != "#"}
    except OSError as error:
        raise DataError(f"{path}: the file is missing or unreadable.", REMEDY) from error
    except (ValueError, IndexError) as error:
        raise DataError(f"{path}: not a list of label numbers and names.", REMEDY) from error


def _name(words: list[str]) -> str:
    colours = words[-COLOUR_VALUES:]
    if len(words) > COLOUR_VALUES and all(word.isdigit() for word in colours):
        words = words[:-COLOUR_VALUES]
    if not words:
        raise ValueError("a number without a name")
    return " ".join(words)


def with_whole(name: str) -> list[str]:
    """Return the regions that a label is: the parts V1v and V1d are V1 too."""
    part = re.fullmatch(r"(V\d)[vd]", name)
    return [part[1], name] if part else [name]


def numbers_of(label: str, names: Mapping[int, str], where: str) -> list[int]:
    """Return the numbers that a label's name, or number, stands for.

    Parameters
    ----------
    label : str
        "V1" means V1v and V1d.
    names : mapping of int to str
    where : str
        The file that an error names.

    Raises
    ------
    DataError
        If there is no such label, naming those that there are.
    """
    known = {number: name for number, name in names.items() if number > 0}
    found = [number for number, name in known.items() if label in with_whole(name)]
    if not found and label.isdigit() and int(label) in known:
        found = [int(label)]
    if not found:
        listed = ", ".join(f"{name} ({number})" for number, name in sorted(known.items()))
        raise DataError(
            f"{where}: no label '{label}'.", f"Choose one of its labels under voxels: {listed}."
        )
    return found
