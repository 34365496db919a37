"""Trials of one subject, by the tables of events of its runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.trials import TRIALS
from afterimage.ingest.bids.config import BidsConfig, Stimuli
from afterimage.ingest.bids.events import (
    RunEvents,
    onset_samples,
    onset_seconds,
    read_events,
)
from afterimage.ingest.bids.layout import Run
from afterimage.ingest.meeg.windows import neighbour_note


@dataclass(frozen=True)
class Shown:
    """What a trial showed.

    Attributes
    ----------
    stimulus_id, source_id : str
    category : str or None
    file : str or None
        Relative to the data set's root.
    """

    stimulus_id: str
    source_id: str
    category: str | None
    file: str | None


@dataclass(frozen=True)
class RunTrials:
    """The trials of a run.

    Attributes
    ----------
    run : Run
    ids : list of str
    shown : list of Shown
    samples : ndarray of int, shape (n,)
        Onsets; 0 is the first sample of the file.
    seconds : ndarray, shape (n,)
        Onsets as the table says.
    without_picture : int
        Rows of events that name no picture.
    near : str or None
        A warning if neighbouring stimuli are inside the window.
    """

    run: Run
    ids: list[str]
    shown: list[Shown]
    samples: np.ndarray
    seconds: np.ndarray
    without_picture: int
    near: str | None


def shown_in(root: Path, run: Run, config: BidsConfig, subject: str) -> list[Shown]:
    """Return what each trial of a run showed."""
    events = read_events(root, run, config)
    return _shown(events, _ids(subject, run, events.rows), config)


def read_trials(root: Path, run: Run, config: BidsConfig, subject: str, rate: float) -> RunTrials:
    """Read the trials of a run.

    Parameters
    ----------
    rate : float
        Of the recording, in Hz.

    Raises
    ------
    DataError
        As :func:`onset_samples` and :func:`read_events` say.
    """
    events = read_events(root, run, config)
    samples = onset_samples(root, run, events.rows, config.events, rate)
    ids = _ids(subject, run, events.rows)
    return RunTrials(
        run,
        ids,
        _shown(events, ids, config),
        samples,
        onset_seconds(events.rows),
        events.without_picture,
        neighbour_note(samples, rate, config.preprocess, run.part),
    )


def trials_table(subject: str, runs: Sequence[RunTrials]) -> pd.DataFrame:
    """Return the table of trials, run by run.

    Raises
    ------
    DataError
        If there are none.
    """
    frames = [
        pd.DataFrame(
            {
                "trial_id": one.ids,
                "subject": subject,
                "session": np.full(len(one.ids), one.run.session, dtype=np.int32),
                "run": np.full(len(one.ids), one.run.run, dtype=np.int32),
                "onset": one.seconds,
                "stimulus_id": [shown.stimulus_id for shown in one.shown],
            }
        )
        for one in runs
    ]
    table = pd.concat(frames, ignore_index=True)
    if table.empty:
        raise DataError(
            f"{runs[0].run.sidecar('events.tsv')} and others: no row of {len(runs)} runs is a "
            f"trial of {subject}.",
            "Check `events.keep` and the column of the picture in the data set's file.",
        )
    table["repetition"] = table.groupby("stimulus_id").cumcount().astype(np.int32)
    return table[TRIALS.names]


def _ids(subject: str, run: Run, rows: pd.DataFrame) -> list[str]:
    """Name trials by their lines in the file: they stay the same whichever rows are kept."""
    middle = "" if run.part == "recording" else f"-{run.part.replace('_', '-')}"
    return [f"{subject}{middle}-t{line - 1:04d}" for line in rows.index]


def _shown(events: RunEvents, ids: list[str], config: BidsConfig) -> list[Shown]:
    columns = config.events
    concepts, categories = events.column(columns.concept), events.column(columns.category)
    if columns.picture is None:
        labels = events.column(columns.label)
        return [
            Shown(name, concept or name, category or label, None)
            for name, label, concept, category in zip(
                ids, labels, concepts, categories, strict=True
            )
        ]
    pictures = [str(picture) for picture in events.column(columns.picture)]
    return [
        _picture(picture, concept, category, config.stimuli)
        for picture, concept, category in zip(pictures, concepts, categories, strict=True)
    ]


def _picture(
    picture: str, concept: str | None, category: str | None, stimuli: Stimuli | None
) -> Shown:
    """Describe a picture; its folder, if it has one below that of all pictures, is its concept."""
    if stimuli is None:
        return Shown(picture, concept or picture, category or concept or picture, None)
    words = {"picture": picture, "concept": concept or "", "category": category or ""}
    inside = PurePosixPath(filled(stimuli.pattern, words).replace("\\", "/"))
    if inside.is_absolute() or ".." in inside.parts:
        raise DataError(
            f"stimuli: the picture '{inside}' lies outside the folder '{stimuli.folder}'.",
            "Correct the column of the picture, or `stimuli.folder`.",
        )
    name, folder = inside.stem, inside.parent.name
    return Shown(
        name,
        concept or folder or name,
        category or concept or folder or None,
        str(PurePosixPath(stimuli.folder) / inside),
    )


def filled(pattern: str, words: dict[str, str]) -> str:
    """Fill in placeholders; a number is written as the pattern says ("{picture:05d}").

    Raises
    ------
    DataError
        If the pattern cannot be filled.
    """
    for given in (words, {key: int(text) for key, text in words.items() if text.isdecimal()}):
        try:
            return pattern.format(**{**words, **given})
        except (ValueError, KeyError, IndexError):
            continue
    raise DataError(
        f"stimuli.pattern: '{pattern}' cannot be filled with {words}.",
        "Its placeholders are {picture}, {concept}, {category}; a number may be padded: "
        "{picture:05d}.",
    )
