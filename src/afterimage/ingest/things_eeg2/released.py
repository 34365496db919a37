"""Epochs as they were released: one array for each partition."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.fields import afresh, check_finite, numbers, texts
from afterimage.ingest.things_eeg2.layout import PARTITIONS, Partition
from afterimage.ingest.things_eeg2.pickles import AGAIN, read_dictionary
from afterimage.ingest.things_eeg2.sensors import check_names

DATA = "preprocessed_eeg_data"
DIGITS = 6  # of times in seconds: they were made by adding up
BLOCK_BYTES = 16 << 20


@dataclass(frozen=True)
class Released:
    """One partition's epochs.

    Attributes
    ----------
    path : Path
    values : ndarray, shape (conditions, repetitions, sensors, times)
        In the file.
    names : tuple of str
        Of the sensors.
    times : tuple of float
        In seconds from the onset.
    """

    path: Path
    values: np.ndarray
    names: tuple[str, ...]
    times: tuple[float, ...]

    def blocks(self, rows: Sequence[int], ids: Sequence[str]) -> Iterator[np.ndarray]:
        """Yield responses of some sensors.

        Parameters
        ----------
        rows : sequence of int
            The sensors.
        ids : sequence of str
            Of the trials: condition by condition, repetition by repetition.

        Yields
        ------
        ndarray of float32, shape (n, times, sensors)
            Of some whole conditions.
        """
        conditions, repetitions, _, _ = self.values.shape
        step = max(1, BLOCK_BYTES // (self.values[0].size * 8))
        names = [self.names[row] for row in rows]
        for start in range(0, conditions, step):
            part = afresh(self.values)[start : start + step][:, :, list(rows)]
            block = part.reshape(-1, *part.shape[2:]).swapaxes(1, 2).astype(np.float32, order="C")
            check_finite(block, names, ids[start * repetitions :], self.path)
            yield block


def read_released(
    root: Path, config: ThingsEeg2Config, subject: str, conditions: dict[Partition, int]
) -> dict[Partition, Released]:
    """Open both partitions of a subject; no epoch is read.

    Parameters
    ----------
    root : Path
    config : ThingsEeg2Config
        Of the form official or nice.
    subject : str
    conditions : dict
        Number of pictures of each partition.

    Raises
    ------
    DataError
        If a file is missing, damaged or refused, or partitions differ in sensors or times.
    ShapeError
        If an array does not fit its dictionary, or the metadata.
    """
    both = {}
    for part in PARTITIONS:
        path = root / layout.preprocessed_file(config.recordings(), subject, part)
        both[part] = _open(path, stored_from_zero=config.form == "nice")
        _check_conditions(both[part], part, conditions)
    _check_alike(both["training"], both["test"])
    return both


def _open(path: Path, stored_from_zero: bool) -> Released:
    content = read_dictionary(path)
    values = numbers(path, content, DATA, 4)
    names = texts(path, content, "ch_names")
    check_names(names, path)
    times = np.round(numbers(path, content, "times", 1).astype(np.float64), DIGITS)
    if stored_from_zero:
        times = _without_baseline(times, values.shape[3])
    expected = (len(names), len(times))
    if values.shape[2:] != expected or 0 in values.shape:
        raise ShapeError(
            f"{path}: '{DATA}' has the shape {values.shape} (pictures, repetitions, sensors, "
            f"times), but there are {len(names)} names of sensors and {len(times)} times.",
            f"{AGAIN} Check the form, too: official or nice.",
        )
    if not np.isfinite(times).all() or not (np.diff(times) > 0).all():
        raise DataError(f"{path}: 'times' do not ascend.", AGAIN)
    return Released(path, values, tuple(names), tuple(times.tolist()))


def _without_baseline(times: np.ndarray, count: int) -> np.ndarray:
    """Leave out times before the onset, if exactly so many have no data.

    NICE's scripts cut the baseline off the epochs, but store the times that they had before.
    """
    before = int((times < 0).sum())
    return times[before:] if len(times) - before == count else times


def _check_conditions(
    released: Released, partition: Partition, conditions: dict[Partition, int]
) -> None:
    found, expected = len(released.values), conditions[partition]
    if found == expected:
        return
    swapped = found in conditions.values()
    raise ShapeError(
        f"{released.path}: {found} pictures, but {layout.METADATA.rsplit('/', 1)[-1]} names "
        f"{expected} {partition} pictures.",
        "The files of the training and the test partition seem to have been swapped: rename them."
        if swapped
        else AGAIN,
    )


def _check_alike(training: Released, test: Released) -> None:
    for what, one, other in (
        ("sensors", training.names, test.names),
        ("times", training.times, test.times),
    ):
        if one != other:
            odd = [value for value in other if value not in one]
            told = f": {odd[0]} is not in the first" if odd else ""
            raise DataError(
                f"{training.path} and {test.path}: {len(one)} and {len(other)} {what}, which are "
                f"not the same{told}.",
                "Both files must come from the same preprocessing. " + AGAIN,
            )
