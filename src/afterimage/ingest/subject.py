"""From an adapter's recording to trials, channels and responses of one subject."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.modelfiles import save_card
from afterimage.contracts.published import PUBLISHED
from afterimage.contracts.tables import write_table
from afterimage.contracts.trials import TRIALS, Recording


class ChannelCheck:
    """Finds, in one pass over the blocks, channels that hold NaN or never change.

    Parameters
    ----------
    shape : tuple of int
        Of one response; its last dimension is the channels.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        channels = shape[-1]
        self.not_finite = np.zeros(channels, dtype=bool)
        self.lowest = np.full(channels, np.inf)
        self.highest = np.full(channels, -np.inf)

    def see(self, block: np.ndarray) -> None:
        """Take a block of responses into account."""
        flat = block.reshape(-1, block.shape[-1])
        finite = np.isfinite(flat)
        self.not_finite |= ~finite.all(axis=0)
        self.lowest = np.minimum(self.lowest, np.where(finite, flat, np.inf).min(axis=0))
        self.highest = np.maximum(self.highest, np.where(finite, flat, -np.inf).max(axis=0))

    def reasons(self) -> np.ndarray:
        """Return why each channel is excluded; an empty text for good ones."""
        constant = ~(self.lowest < self.highest)
        reasons = np.where(self.not_finite, "NaN or infinite in some trial", "")
        return np.where(constant & ~self.not_finite, "constant over all trials", reasons)


def ingest_subject(
    recording: Recording,
    blocks: Iterable[tuple[list[str], np.ndarray]],
    published: Mapping[str, Mapping[str, str]],
    stimulus_ids: Iterable[str],
    outputs: dict[str, str],
    provenance: dict[str, Any],
) -> dict[str, Any]:
    """Write one subject's tables and responses, streaming block by block.

    A channel with NaN or infinite values in any trial, or with the same value in all of them, is
    marked as excluded in the channels table; models leave it out.

    Parameters
    ----------
    recording : Recording
    blocks : iterable of (trial ids, responses)
        In the order of the trials.
    published : mapping of str to mapping
        Role of each trial under each published split, the usual one first.
    stimulus_ids : iterable of str
        The stimuli that exist.
    outputs : dict of str to str
        Paths `trials`, `responses`, `channels`, `published`, `behaviour` and `card`.
    provenance : dict
        For the response file's metadata.

    Returns
    -------
    dict
        What the card holds: counts, exclusions and notes.

    Raises
    ------
    DataError
        If trials show unknown stimuli, or no usable channel is left.
    """
    trials = recording.trials
    _check_stimuli(trials, set(stimulus_ids))
    check = ChannelCheck(recording.shape)
    _write_responses(recording, blocks, outputs["responses"], check, provenance)
    channels = _mark(recording.channels, check.reasons(), outputs["channels"])
    write_table(outputs["trials"], trials[TRIALS.names], TRIALS)
    write_table(outputs["channels"], channels, CHANNELS)
    write_table(outputs["published"], _published_table(published, trials), PUBLISHED)
    behaviour = recording.behaviour
    if behaviour is None:
        behaviour = pd.DataFrame(columns=BEHAVIOUR.names).astype({"value": "float64"})
    write_table(outputs["behaviour"], behaviour, BEHAVIOUR)
    card = {
        "trials": len(trials),
        "channels": len(channels),
        "excluded": channels.loc[channels["excluded"], "reason"].value_counts().to_dict(),
        "notes": recording.notes,
        "unit": recording.unit,
        "dims": list(recording.dims),
        "shape": list(recording.shape),
        "published_splits": list(published),
        "geometry": None if recording.geometry is None else recording.geometry.to_dict(),
    }
    save_card(outputs["card"], card)
    return card


def _check_stimuli(trials: pd.DataFrame, known: set[str]) -> None:
    unknown = sorted(set(trials["stimulus_id"]) - known)
    if unknown:
        raise DataError(
            f"trials of {trials['subject'].iloc[0]} show {len(unknown)} stimuli that are not in "
            f"the table of stimuli, such as {unknown[:5]}.",
            "Check the stimulus ids (and their index base) in the data set's file.",
        )


def _published_table(
    published: Mapping[str, Mapping[str, str]], trials: pd.DataFrame
) -> pd.DataFrame:
    ids = trials["trial_id"]
    parts = [
        pd.DataFrame({"split": name, "trial_id": ids, "role": ids.map(roles)})
        for name, roles in published.items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PUBLISHED.names)


def write_part(
    path: str,
    recording: Recording,
    blocks: Iterator[tuple[list[str], np.ndarray]],
    provenance: dict[str, Any],
) -> int:
    """Write the responses of one part of a recording; return the number of trials."""
    written = 0
    with ArrayWriter(
        path,
        keys={"trial_id": "string"},
        shape=recording.shape,
        dims=recording.dims,
        unit=recording.unit,
        provenance=provenance,
    ) as writer:
        for ids, block in blocks:
            writer.write({"trial_id": ids}, block)
            written += len(ids)
    return written


def read_parts(paths: Iterable[str]) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield (trial ids, responses) from the files of :func:`write_part`, one after another."""
    for path in paths:
        part = ArrayFile(path)
        ids = part.keys["trial_id"].tolist()
        for rows, block in part.blocks():
            yield ids[rows], block


def _write_responses(
    recording: Recording,
    blocks: Iterable[tuple[list[str], np.ndarray]],
    path: str,
    check: ChannelCheck,
    provenance: dict[str, Any],
) -> None:
    trial_ids = recording.trials["trial_id"].tolist()
    written = 0
    with ArrayWriter(
        path,
        keys={"trial_id": "string"},
        shape=recording.shape,
        dims=recording.dims,
        unit=recording.unit,
        provenance=provenance,
    ) as writer:
        for ids, block in blocks:
            if ids != trial_ids[written : written + len(ids)]:
                raise DataError(
                    f"{path}: responses come in another order than the trials (row {written}).",
                    "This is the adapter's mistake: blocks must follow the table of trials.",
                )
            check.see(block)
            writer.write({"trial_id": ids}, block)
            written += len(ids)
        if written != len(trial_ids):
            raise ShapeError(
                f"{path}: {written} responses for {len(trial_ids)} trials.",
                "Check that responses and stimuli have the same number of rows.",
            )


def _mark(channels: pd.DataFrame, reasons: np.ndarray, path: str) -> pd.DataFrame:
    marked = channels.assign(excluded=reasons != "", reason=reasons)[CHANNELS.names]
    if marked["excluded"].all():
        raise DataError(
            f"{path}: all {len(marked)} channels are excluded "
            f"({marked['reason'].value_counts().to_dict()}).",
            "Check the key of the responses and their orientation in the data set's file.",
        )
    return marked
