"""Whether the raw files that an adapter needs are there."""

from collections.abc import Iterable
from pathlib import Path

from afterimage.contracts.errors import DataError

SIMULATE_AGAIN = "Delete the folder and simulate the recording again."


def check_present(root: Path, needed: Iterable[str], remedy: str) -> None:
    """Refuse to go on without a needed file.

    Parameters
    ----------
    root : Path
    needed : iterable of str
        Relative to the root.
    remedy : str

    Raises
    ------
    DataError
        Naming the first missing file, and how many others there are.
    """
    missing = sorted(name for name in needed if not (root / name).is_file())
    if missing:
        others = f" and {len(missing) - 1} other files" if len(missing) > 1 else ""
        raise DataError(f"{root / missing[0]}{others}: missing.", remedy, missing)


def there(root: Path, names: Iterable[str]) -> list[str]:
    """Return those files that are there, of some that may be absent."""
    return [name for name in names if (root / name).is_file()]
