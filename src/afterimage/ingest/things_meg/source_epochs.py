"""The released epochs of a subject, compared with its table of trials."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.parts import Findings
from afterimage.ingest.meeg.run import Epochs, finish_epochs
from afterimage.ingest.meeg.sensors import sensors_of
from afterimage.ingest.meeg.silent import SilentSensors
from afterimage.ingest.meeg.trials import hand_over
from afterimage.ingest.meeg.windows import neighbours_inside
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.agreement import check_few, disagreeing, read_image_paths
from afterimage.ingest.things_meg.attributes import read_sessions
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.latency import Latency, first_response, is_occipital
from afterimage.ingest.things_meg.notes import notes_of
from afterimage.ingest.things_meg.released import open_epochs, read_slices
from afterimage.ingest.things_meg.trials import kept_rows, trial_ids

LOOKED_AT = 200  # epochs behind the latency


class ReleasedEpochs:
    """The released epochs of a subject; a part is a session.

    Parameters
    ----------
    root : Path
    config : ThingsMegConfig
    subject : str

    Raises
    ------
    DataError
        If files are missing or damaged, or disagree.
    """

    unit = "sd"

    def __init__(self, root: Path, config: ThingsMegConfig, subject: str) -> None:
        self.config, self.subject = config, subject
        self.path = root / layout.epochs_file(subject)
        self.attributes = read_sessions(
            root / layout.attributes_file(subject), config.sessions_of(subject)
        )
        self.epochs = open_epochs(root, subject, config.epoch_files, len(self.attributes))
        self.sensors = sensors_of(self.epochs.info, config.sensors)
        self.wrong = self._disagreeing(read_image_paths(root))
        nothing = np.empty((0, len(self.epochs.times), len(self.sensors.names)), dtype=np.float32)
        self.times = self._finished(nothing).times

    def rows(self) -> pd.DataFrame:
        """Return the rows of the table of attributes that are trials."""
        sessions = self.config.sessions_of(self.subject)
        return kept_rows(self.attributes, sessions, self.wrong)

    def notes(self) -> list[str]:
        """Return what a report must say, as far as it is known before responses are read."""
        told = notes_of(self.config, self.subject, self.attributes, self.wrong)
        latency = self._latency().note("onsets of the released epochs")
        return [*told, *self._neighbours(), latency]

    def _neighbours(self) -> list[str]:
        """Return a warning if the window of one onset reaches as far as the next one."""
        between = self.attributes.groupby(["session", "run"])["onset"].diff().dropna()
        told = neighbours_inside(self.times[-1] - self.times[0], between.to_numpy())
        return [] if told is None else [told[0].upper() + told[1:]]

    def blocks(
        self, place: tuple[int, int], found: Findings
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """Yield trial ids and responses of a session, some epochs at a time."""
        rows, silent = self.rows(), SilentSensors(self.sensors.names)
        wanted = rows.index[rows["session"] == place[0]].to_numpy()
        for own, values in read_slices(self.epochs, wanted, self.sensors.names, self.path):
            done = self._finished(values)
            silent.see(done.values)
            yield hand_over(trial_ids(rows.loc[own], self.subject), done, found), done.values
        found.tell(silent.notes())

    def _finished(self, values: np.ndarray) -> Epochs:
        times = self.epochs.times.tolist()
        return finish_epochs(values, times, self.config.steps(), self.sensors, str(self.path))

    def _disagreeing(self, pictures: list[str] | None) -> np.ndarray:
        codes = self.epochs.events[:, 2].astype(np.float64)
        wrong = disagreeing(codes, self.attributes, pictures)
        for _, own in self.attributes.groupby(["session", "run"]):
            rows = own.index.to_numpy()
            check_few(wrong[rows], own, codes[rows], self.config.disagreements, self.path)
        return wrong

    def _latency(self) -> Latency:
        names = [name for name in self.epochs.ch_names if is_occipital(name)]
        rows = self.rows().index.to_numpy()[:LOOKED_AT]
        times = np.asarray(self.epochs.times)
        if not names:
            return Latency(None, 0)
        blocks = (v for _, v in read_slices(self.epochs, rows, names, self.path))
        return first_response(blocks, times)
