"""From an adapter's recording to trials, channels and responses of one subject."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayWriter
from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.modelfiles import save_card
from afterimage.contracts.published import PUBLISHED
from afterimage.contracts.tables import write_table
from afterimage.contracts.trials import TRIALS, Recording
from afterimage.ingest.told import told_by

NAMED = 3  # sessions or runs, in the reason of an exclusion


class ChannelCheck:
    """Finds, in one pass over the blocks, channels that no model may use.

    Parameters
    ----------
    shape : tuple of int
        Of one response; its last dimension is the channels.
    no_data : float, optional
        What a channel holds, beside NaN, in all trials of a session or run that has no data of it.
    """

    def __init__(self, shape: tuple[int, ...], no_data: float | None = None) -> None:
        channels = shape[-1]
        self.no_data = no_data
        self.not_finite = np.zeros(channels, dtype=bool)
        self.lowest = np.full(channels, np.inf)
        self.highest = np.full(channels, -np.inf)
        self.held: dict[tuple[int, int], np.ndarray] = {}

    def see(self, block: np.ndarray, runs: np.ndarray) -> None:
        """Take a block of responses, and session and run of each, shape (n, 2), into account."""
        flat = block.reshape(-1, block.shape[-1])
        finite = np.isfinite(flat)
        self.not_finite |= ~finite.all(axis=0)
        self.lowest = np.minimum(self.lowest, np.where(finite, flat, np.inf).min(axis=0))
        self.highest = np.maximum(self.highest, np.where(finite, flat, -np.inf).max(axis=0))
        held = finite if self.no_data is None else finite & (flat != self.no_data)
        held = held.reshape(len(block), -1, block.shape[-1])
        for session, run in np.unique(runs, axis=0).tolist():
            some = held[(runs == (session, run)).all(axis=1)].any(axis=(0, 1))
            self.held[session, run] = self.held.get((session, run), False) | some

    def reasons(self) -> np.ndarray:
        """Return why each channel is excluded; an empty text for good ones."""
        constant = ~(self.lowest < self.highest)
        reasons = np.where(self.not_finite, "NaN or infinite in some trial", "").astype(object)
        reasons[constant & ~self.not_finite] = "constant over all trials"
        runs = sorted(self.held)
        held = np.stack([self.held[run] for run in runs])
        for channel in np.flatnonzero(held.any(axis=0) & ~held.all(axis=0)).tolist():
            empty = {runs[row] for row in np.flatnonzero(~held[:, channel]).tolist()}
            reasons[channel] = _no_data_in(empty, runs)
        return reasons


def _no_data_in(empty: Collection[tuple[int, int]], runs: Sequence[tuple[int, int]]) -> str:
    """Name the sessions that are empty as a whole, or else the empty runs."""
    whole = sorted({s for s, _ in empty} - {s for s, r in runs if (s, r) not in empty})
    if {session for session, _ in empty} == set(whole):
        kind = "session"
        names = [f"{session:02d}" for session in whole]
    else:
        kind = "run"
        names = [f"{run:02d} of session {session:02d}" for session, run in sorted(empty)]
    others = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"no data in {kind}{'s' if len(names) > 1 else ''} {', '.join(names[:NAMED])}{others}"


def ingest_subject(
    recording: Recording,
    published: Mapping[str, Mapping[str, str]],
    outputs: dict[str, str],
    provenance: dict[str, Any],
) -> dict[str, Any]:
    """Write one subject's tables and responses, streaming block by block.

    A channel with NaN or infinite values in any trial, with the same value in all of them, or
    without data in a whole session, is marked as excluded in the channels table; models leave it
    out. A trial that was excluded while responses were read is in none of the tables.

    Parameters
    ----------
    recording : Recording
    published : mapping of str to mapping
        Role of each trial under each published split, the usual one first.
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
        If no usable channel or no trial is left, or responses are not those of the trials.
    """
    check = ChannelCheck(recording.shape, recording.no_data)
    _write_responses(recording, outputs["responses"], check, provenance)
    trials = _kept(recording, outputs["trials"])
    channels = _mark(recording.channels, check.reasons(), outputs["channels"])
    write_table(outputs["trials"], trials[TRIALS.names], TRIALS)
    write_table(outputs["channels"], channels, CHANNELS)
    write_table(outputs["published"], _published_table(published, trials), PUBLISHED)
    behaviour = recording.behaviour
    if behaviour is None:
        behaviour = pd.DataFrame(columns=BEHAVIOUR.names).astype({"value": "float64"})
    behaviour = behaviour[behaviour["trial_id"].isin(trials["trial_id"])]
    write_table(outputs["behaviour"], behaviour, BEHAVIOUR)
    card = {
        "trials": len(trials),
        "channels": len(channels),
        "excluded": channels.loc[channels["excluded"], "reason"].value_counts().to_dict(),
        "notes": [*recording.notes, *told_by(recording.found)],
        "unit": recording.unit,
        "dims": list(recording.dims),
        "shape": list(recording.shape),
        "published_splits": list(published),
        "times": None if recording.times is None else list(recording.times),
        "layout": recording.layout,
        "geometry": None if recording.geometry is None else recording.geometry.to_dict(),
    }
    save_card(outputs["card"], card)
    return card


def _published_table(
    published: Mapping[str, Mapping[str, str]], trials: pd.DataFrame
) -> pd.DataFrame:
    ids = trials["trial_id"]
    parts = [
        pd.DataFrame({"split": name, "trial_id": ids, "role": ids.map(roles)})
        for name, roles in published.items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PUBLISHED.names)


def _write_responses(
    recording: Recording, path: str, check: ChannelCheck, provenance: dict[str, Any]
) -> None:
    trial_ids = recording.trials["trial_id"].tolist()
    runs = recording.trials[["session", "run"]].to_numpy()
    at = written = 0
    with ArrayWriter(
        path,
        keys={"trial_id": "string"},
        shape=recording.shape,
        dims=recording.dims,
        unit=recording.unit,
        provenance=provenance,
    ) as writer:
        for ids, block in recording.blocks():
            if not ids:
                continue
            rows, at = _rows(ids, trial_ids, at, _excluded(recording), path)
            check.see(block, runs[rows])
            writer.write({"trial_id": ids}, block)
            written += len(ids)
        _check_all(recording, written, path)


def _rows(
    ids: Sequence[str], trial_ids: Sequence[str], at: int, excluded: Collection[str], path: str
) -> tuple[list[int], int]:
    """Return the rows of a block's trials in the table, and where the next block goes on."""
    rows = []
    for name in ids:
        while at < len(trial_ids) and trial_ids[at] != name and trial_ids[at] in excluded:
            at += 1
        if at == len(trial_ids) or trial_ids[at] != name or name in excluded:
            raise DataError(
                f"{path}: responses come in another order than the trials (row {at}, '{name}').",
                "This is the adapter's mistake: blocks must follow the table of trials.",
            )
        rows.append(at)
        at += 1
    return rows, at


def _check_all(recording: Recording, written: int, path: str) -> None:
    """Refuse trials that have neither a response nor a reason, or both."""
    excluded, trial_ids = _excluded(recording), set(recording.trials["trial_id"])
    unknown = sorted(excluded - trial_ids)
    if unknown:
        raise DataError(
            f"{path}: {len(unknown)} trials are left out that are none, such as '{unknown[0]}'.",
            "This is the adapter's mistake: it excludes trials of the table, by their ids.",
        )
    if written != len(trial_ids) - len(excluded):
        without = f" without {len(excluded)} that are left out" if excluded else ""
        raise ShapeError(
            f"{path}: {written} responses for {len(trial_ids)} trials{without}.",
            "Check that responses and stimuli have the same number of rows.",
        )


def _excluded(recording: Recording) -> set[str]:
    """Return the trials that were excluded so far."""
    return {
        name
        for findings in recording.found.values()
        for names in findings.excluded.values()
        for name in names
    }


def _kept(recording: Recording, path: str) -> pd.DataFrame:
    """Return the trials that have a response; repetitions are counted among them."""
    excluded = _excluded(recording)
    if not excluded:
        return recording.trials
    trials = recording.trials
    kept = trials[~trials["trial_id"].isin(excluded)].reset_index(drop=True)
    if kept.empty:
        raise DataError(
            f"{path}: no trial is left of {len(trials)}: {' '.join(told_by(recording.found))}",
            "Correct `preprocess` in the data set's file, or take the subject out.",
        )
    repetition = kept.groupby("stimulus_id").cumcount().astype(np.int32)
    return kept.assign(repetition=repetition)


def _mark(channels: pd.DataFrame, reasons: np.ndarray, path: str) -> pd.DataFrame:
    marked = channels.assign(excluded=reasons != "", reason=reasons)[CHANNELS.names]
    if marked["excluded"].all():
        raise DataError(
            f"{path}: all {len(marked)} channels are excluded "
            f"({marked['reason'].value_counts().to_dict()}).",
            "Check the key of the responses and their orientation in the data set's file.",
        )
    return marked
