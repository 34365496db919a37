"""Which trials of the continuous recordings are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.seeds import rng
from afterimage.ingest.meeg.grid import parts_of
from afterimage.ingest.meeg.steps import Step
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.continuous import Continuous
from afterimage.ingest.things_eeg2.layout import TARGET, Partition


@dataclass(frozen=True)
class Events:
    """The trials of one session and partition that are read, in the order of time.

    Attributes
    ----------
    session : int
    partition : {"training", "test"}
    samples : ndarray of int64, shape (n,)
        Of the onsets; 0 is the first sample of the file.
    conditions : ndarray of int64, shape (n,)
        0-based row of the partition's pictures.
    numbers : ndarray of int64, shape (n,)
        1-based count among all trials of the file but targets, read or not.
    targets, outside, further : int
        Trials that are left out: targets, windows that reach outside the recording, and those
        beyond the number of repetitions.
    """

    session: int
    partition: Partition
    samples: np.ndarray
    conditions: np.ndarray
    numbers: np.ndarray
    targets: int
    outside: int
    further: int


def onsets_of(triggers: np.ndarray) -> np.ndarray:
    """Return the samples at which a code begins: those at which the channel rises.

    Parameters
    ----------
    triggers : ndarray of int, shape (samples,)

    Returns
    -------
    ndarray of int64
        As MNE's ``find_events`` with its usual settings.
    """
    return np.flatnonzero(np.diff(triggers) > 0) + 1


def read_events(
    recording: Continuous,
    config: ThingsEeg2Config,
    steps: Sequence[Step],
    subject: str,
    session: int,
    partition: Partition,
    pictures: int,
) -> Events:
    """Choose the trials of one file.

    Parameters
    ----------
    recording : Continuous
    config : ThingsEeg2Config
    steps : sequence of Step
        The window that one of them cuts must lie within the recording.
    subject, session, partition
    pictures : int
        Number of the partition's pictures.

    Raises
    ------
    DataError
        If there is no trial, or a code stands for no picture.
    """
    triggers = recording.triggers()
    samples = onsets_of(triggers)
    codes = triggers[samples]
    shown = codes != TARGET
    samples, conditions = samples[shown], codes[shown] - 1
    _check_codes(recording.path, conditions, pictures, partition)
    inside = _inside(samples, recording, steps)
    key = ("repetitions", subject, session, partition)
    kept = inside & _drawn(conditions, inside, _limit(config, partition), config.seed, key)
    return Events(
        session=session,
        partition=partition,
        samples=samples[kept],
        conditions=conditions[kept],
        numbers=np.flatnonzero(kept) + 1,
        targets=int((~shown).sum()),
        outside=int((~inside).sum()),
        further=int((inside & ~kept).sum()),
    )


def _check_codes(path: Path, conditions: np.ndarray, pictures: int, partition: Partition) -> None:
    if not len(conditions):
        raise DataError(
            f"{path}: no picture in the channel of triggers.",
            "Check the file, or leave the session out: `sessions` in the data set's file.",
        )
    odd = conditions[(conditions < 0) | (conditions >= pictures)]
    if len(odd):
        raise DataError(
            f"{path}: {len(odd)} trials with codes such as {odd[0] + 1}, but there are {pictures} "
            f"{partition} pictures, numbered from 1.",
            "Check that the files of the two partitions were not swapped, and that the pictures' "
            "metadata belong to the recording.",
        )


def _inside(samples: np.ndarray, recording: Continuous, steps: Sequence[Step]) -> np.ndarray:
    """Return which windows lie within the recording, a sample on either side spared."""
    _, epoch, _ = parts_of(steps)
    first = np.floor(samples + epoch.first * recording.rate) - 1
    last = np.ceil(samples + epoch.last * recording.rate) + 1
    return (first >= 0) & (last < recording.samples)


def _limit(config: ThingsEeg2Config, partition: Partition) -> int | None:
    chosen = config.repetitions
    if isinstance(chosen, str):
        return None
    return chosen.training if partition == "training" else chosen.test


def _drawn(
    conditions: np.ndarray,
    allowed: np.ndarray,
    limit: int | None,
    seed: int,
    key: tuple[str | int, ...],
) -> np.ndarray:
    """Return which trials are kept: of each condition at most so many, drawn at random."""
    kept = np.ones(len(conditions), dtype=bool)
    if limit is None:
        return kept
    order = rng(seed, *key).permutation(np.flatnonzero(allowed))
    kept[order[_counts(conditions[order]) >= limit]] = False
    return kept


def _counts(values: np.ndarray) -> np.ndarray:
    """Return how often each value came before."""
    order = np.argsort(values, kind="stable")
    _, first, number = np.unique(values[order], return_index=True, return_counts=True)
    counts = np.empty(len(values), dtype=np.int64)
    counts[order] = np.arange(len(values)) - np.repeat(first, number)
    return counts
