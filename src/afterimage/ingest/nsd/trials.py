"""The table of a subject's trials, from three files that must agree."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.crosscheck import check_agreement
from afterimage.ingest.nsd.design import pictures_of, read_design
from afterimage.ingest.nsd.responses import PICTURE, behaviour_of, read_responses
from afterimage.ingest.nsd.stimulus_table import pictures_by_trial, read_stimulus_table


@dataclass(frozen=True)
class TrialNumbers:
    """Which trials of a subject are read.

    Attributes
    ----------
    session : ndarray of int64, shape (n_trials,)
        1-based.
    trial : ndarray of int64, shape (n_trials,)
        1-based within the session.
    overall : ndarray of int64, shape (n_trials,)
        0-based over all sessions of the experiment, read or not.
    ids : list of str
    """

    session: np.ndarray
    trial: np.ndarray
    overall: np.ndarray
    ids: list[str]


def numbers_of_trials(config: NsdConfig, subject: str) -> TrialNumbers:
    """Return the numbers of the trials that are read, from the configuration alone."""
    length = config.trials_per_session
    session = np.repeat(np.array(config.sessions_of(subject), dtype=np.int64), length)
    trial = np.tile(np.arange(1, length + 1, dtype=np.int64), len(session) // length)
    ids = [f"{subject}-s{s:02d}-t{t:03d}" for s, t in zip(session, trial, strict=True)]
    return TrialNumbers(session, trial, (session - 1) * length + trial - 1, ids)


def read_trials(root: Path, config: NsdConfig, subject: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a subject's trials and behaviour.

    Parameters
    ----------
    root : Path
    config : NsdConfig
    subject : str

    Returns
    -------
    trials : DataFrame
        In the columns of the table of trials; onsets are not known.
    behaviour : DataFrame
        In the columns of the table of behaviour.

    Raises
    ------
    DataError
        If a file is missing or damaged, or the three disagree about a trial's picture.
    """
    numbers = numbers_of_trials(config, subject)
    responses = read_responses(
        root / layout.responses_table(subject),
        config.sessions_of(subject),
        config.trials_per_session,
        config.runs_per_session,
    )
    pictures = _pictures(root, subject, numbers, responses)
    table = pd.DataFrame({"trial_id": numbers.ids, "subject": subject})
    table["session"] = numbers.session.astype(np.int32)
    table["run"] = responses["RUN"].to_numpy().astype(np.int32)
    table["onset"] = np.nan
    table["stimulus_id"] = [layout.stimulus_id(number) for number in pictures.tolist()]
    table["repetition"] = table.groupby("stimulus_id").cumcount().astype(np.int32)
    return table, behaviour_of(responses, numbers.ids)


def _pictures(
    root: Path, subject: str, numbers: TrialNumbers, responses: pd.DataFrame
) -> np.ndarray:
    row = layout.subject_row(subject)
    design, table = root / layout.DESIGN, root / layout.STIMULUS_TABLE
    told = {
        design: pictures_of(read_design(design), row, numbers.overall, design),
        table: pictures_by_trial(read_stimulus_table(table), row, numbers.overall, table),
        root / layout.responses_table(subject): responses[PICTURE].to_numpy().astype(np.int64) - 1,
    }
    return check_agreement(told, numbers.ids)


def pictures_seen(root: Path, config: NsdConfig, subject: str) -> np.ndarray:
    """Return the 0-based numbers of the pictures that a subject saw, by the design alone."""
    path = root / layout.DESIGN
    overall = numbers_of_trials(config, subject).overall
    return np.unique(pictures_of(read_design(path), layout.subject_row(subject), overall, path))
