"""The table of a subject's trials."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from afterimage.contracts.trials import TRIALS
from afterimage.ingest.things_eeg2.events import Events
from afterimage.ingest.things_eeg2.layout import PARTITIONS, SHORT, Partition
from afterimage.ingest.things_eeg2.metadata import Conditions

RUN: dict[Partition, int] = {"training": 1, "test": 2}  # of a session: its two files


def ids_of_released(subject: str, partition: Partition, shape: Sequence[int]) -> list[str]:
    """Return the ids of epochs: picture by picture, repetition by repetition, both from 1.

    Parameters
    ----------
    subject, partition
    shape : (pictures, repetitions)
    """
    start = f"{subject}-{SHORT[partition]}"
    pictures, repetitions = shape
    return [
        f"{start}-{p:05d}-r{r}" for p in range(1, pictures + 1) for r in range(1, repetitions + 1)
    ]


def released_trials(
    subject: str,
    conditions: Mapping[Partition, Conditions],
    repetitions: Mapping[Partition, int],
) -> pd.DataFrame:
    """Return the trials of both partitions, training first.

    Sessions are not known of released epochs: all are session 1, run 1.
    """
    tables = []
    for part in PARTITIONS:
        known, count = conditions[part], repetitions[part]
        stimuli = np.repeat(np.array(known.stimuli, dtype=object), count)
        table = pd.DataFrame(
            {
                "trial_id": ids_of_released(subject, part, (len(known), count)),
                "subject": subject,
                "session": np.int32(1),
                "run": np.int32(1),
                "onset": np.nan,
                "stimulus_id": stimuli,
                "repetition": np.tile(np.arange(count, dtype=np.int32), len(known)),
            }
        )
        tables.append(table[TRIALS.names])
    return pd.concat(tables, ignore_index=True)


def ids_of_events(subject: str, events: Events) -> list[str]:
    """Return the ids of one file's trials, numbered as they came, targets left out."""
    start = f"{subject}-s{events.session:02d}-{SHORT[events.partition]}"
    return [f"{start}-t{number:05d}" for number in events.numbers.tolist()]


def continuous_trials(
    subject: str, events: Sequence[Events], rate: float, conditions: Mapping[Partition, Conditions]
) -> pd.DataFrame:
    """Return the trials of some files, in their order.

    Parameters
    ----------
    subject : str
    events : sequence of Events
        Training partitions first, sessions ascending.
    rate : float
        In Hz.
    conditions : mapping
    """
    tables = []
    for own in events:
        stimuli = np.array(conditions[own.partition].stimuli, dtype=object)
        table = pd.DataFrame(
            {
                "trial_id": ids_of_events(subject, own),
                "subject": subject,
                "session": np.int32(own.session),
                "run": np.int32(RUN[own.partition]),
                "onset": own.samples / rate,
                "stimulus_id": stimuli[own.conditions],
            }
        )
        tables.append(table)
    trials = pd.concat(tables, ignore_index=True)
    trials["repetition"] = trials.groupby("stimulus_id").cumcount().astype(np.int32)
    return trials[TRIALS.names]


def roles_of(trials: pd.DataFrame, conditions: Mapping[Partition, Conditions]) -> dict[str, str]:
    """Return the role of each trial: training pictures train, test pictures test."""
    test = set(conditions["test"].stimuli)
    roles = np.where(trials["stimulus_id"].isin(test), "test", "train")
    return dict(zip(trials["trial_id"], roles.tolist(), strict=True))
