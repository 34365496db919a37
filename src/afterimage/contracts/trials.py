"""The table of trials: one row per presentation of a stimulus."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from afterimage.contracts.geometry import Geometry
from afterimage.contracts.parts import Findings
from afterimage.contracts.tables import Column, TableSchema, read_table

TRIALS = TableSchema(
    "trials",
    (
        Column("trial_id", "string", "", "identifies the trial among all subjects"),
        Column("subject", "string", "", "who looked"),
        Column("session", "int32", "", "1-based"),
        Column("run", "int32", "", "1-based within the data set or the session"),
        Column("onset", "float64", "s", "from the start of the run, if known", nullable=True),
        Column("stimulus_id", "string", "", "what was shown"),
        Column("repetition", "int32", "", "0-based count of this stimulus for this subject"),
    ),
    key=("trial_id",),
)


@dataclass(frozen=True)
class Recording:
    """One subject's trials and responses as an adapter hands them over.

    Attributes
    ----------
    trials : DataFrame
        In the columns of :data:`TRIALS`.
    channels : DataFrame
        In the columns of :data:`afterimage.contracts.channels.CHANNELS`.
    dims : tuple of str
        Names of the dimensions of one response, such as ``("voxel",)``. The last one is the
        channel dimension.
    shape : tuple of int
        Of one response.
    unit : str
    blocks : callable
        Returns an iterator of (trial ids, responses of shape (rows, *shape)), in the order of the
        trials; one block per session, run or piece of a file. A trial that is missing among them
        is excluded in ``found`` before a later one comes.
    notes : list of str
        What a report must say about the recording, as far as it is known before responses are read.
    found : mapping of str to Findings
        What is learnt while they are read, by the name of the part; complete when the blocks are
        exhausted. A recording that is never read in parts may have one, of any name, or none.
    geometry : Geometry, optional
        The grid that the channels' ``index`` points into.
    behaviour : DataFrame, optional
        In the columns of :data:`afterimage.contracts.behaviour.BEHAVIOUR`.
    times : tuple of float, optional
        In seconds from the onset of the stimulus: one for each step of the dimension "time".
    layout : str, optional
        Where sensors lie on the head: a layout or montage of that name comes with MNE
        ("CTF275", "colin27_1005").
    no_data : float, optional
        What a channel holds in all trials of a session from which it has no data. NaN means the
        same in any recording.
    """

    trials: pd.DataFrame
    channels: pd.DataFrame
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    unit: str
    blocks: Callable[[], Iterator[tuple[list[str], np.ndarray]]]
    notes: list[str] = field(default_factory=list)
    found: Mapping[str, Findings] = field(default_factory=dict)
    geometry: Geometry | None = None
    behaviour: pd.DataFrame | None = None
    times: tuple[float, ...] | None = None
    layout: str | None = None
    no_data: float | None = None


def read_trials(paths: Sequence[str]) -> pd.DataFrame:
    """Read the trials of several subjects into one table."""
    return pd.concat([read_table(path, TRIALS) for path in paths], ignore_index=True)
