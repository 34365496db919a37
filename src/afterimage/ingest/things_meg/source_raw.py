"""The raw runs of a subject, compared with its table of trials."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.parts import Findings
from afterimage.ingest.meeg.run import epoch_times
from afterimage.ingest.meeg.sensors import sensors_of
from afterimage.ingest.meeg.units import unit_of
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.agreement import check_few, disagreeing, read_image_paths
from afterimage.ingest.things_meg.attributes import read_sessions
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.events import read_events
from afterimage.ingest.things_meg.first_run import look_at_first_run
from afterimage.ingest.things_meg.notes import notes_of, notes_of_runs
from afterimage.ingest.things_meg.runs import Wanted, cut_part, open_run
from afterimage.ingest.things_meg.trials import kept_rows, trial_ids


class RawRuns:
    """The raw recordings of a subject; a part is a run.

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

    def __init__(self, root: Path, config: ThingsMegConfig, subject: str) -> None:
        self.root, self.config, self.subject = root, config, subject
        self.attributes = read_sessions(
            root / layout.attributes_file(subject), config.sessions_of(subject)
        )
        self._check_runs()
        self.without_codes = 0
        self.wrong = self._disagreeing(read_image_paths(root))
        info = open_run(root, subject, *config.runs_of(subject)[0]).info
        self.rate = float(info["sfreq"])
        self.sensors = sensors_of(info, config.sensors)
        self.times = epoch_times(config.steps(), self.rate)
        self.unit = unit_of(self.sensors, config.steps())

    def rows(self) -> pd.DataFrame:
        """Return the rows of the table of attributes that are trials."""
        sessions = self.config.sessions_of(self.subject)
        return kept_rows(self.attributes, sessions, self.wrong)

    def notes(self) -> list[str]:
        """Return what a report must say, as far as it is known before responses are read."""
        own = self._own(self.config.runs_of(self.subject)[0])
        first = look_at_first_run(self.root, self.config, self.subject, own)
        return [
            *notes_of(self.config, self.subject, self.attributes, self.wrong),
            *notes_of_runs(self.root, self.config, self.subject, first, self.without_codes),
        ]

    def blocks(
        self, place: tuple[int, int], found: Findings
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """Yield trial ids and responses of a run, at once."""
        own = self._own(place)
        kept = own[~own["is_catch"] & ~self.wrong[own.index.to_numpy()]]
        wanted = Wanted(trial_ids(kept, self.subject), kept["place"].to_numpy() - 1, len(own))
        ids, done = cut_part(
            self.root, self.config, self.subject, place, wanted, self.sensors, found
        )
        if done.times != self.times:
            path = self.root / layout.run_folder(self.subject, *place)
            raise DataError(
                f"{path}: {len(done.times)} samples from {done.times[0]:g} to {done.times[-1]:g} s "
                f"in an epoch, but {len(self.times)} in the subject's first run "
                f"({self.rate:g} samples per second): the sampling rates differ.",
                "Resample all runs to one rate (`preprocess`), or take the session out of "
                "'sessions' in the data set's file.",
            )
        yield ids, done.values

    def _own(self, place: tuple[int, int]) -> pd.DataFrame:
        table = self.attributes
        return table[(table["session"] == place[0]) & (table["run"] == place[1])]

    def _check_runs(self) -> None:
        path = self.root / layout.attributes_file(self.subject)
        for place in self.config.runs_of(self.subject):
            if self._own(place).empty:
                raise DataError(
                    f"{path}: no trials of session {place[0]}, run {place[1]}.",
                    "Correct 'sessions' or 'runs_per_session' in the data set's file.",
                )

    def _disagreeing(self, pictures: list[str] | None) -> np.ndarray:
        wrong = np.zeros(len(self.attributes), dtype=bool)
        for place in self.config.runs_of(self.subject):
            own, path = self._own(place), self.root / layout.events_file(self.subject, *place)
            codes = read_events(path, len(own)).codes
            if codes is None:
                self.without_codes += 1
                continue
            odd = disagreeing(codes, own, pictures)
            check_few(odd, own, codes, self.config.disagreements, path)
            wrong[own.index.to_numpy()] = odd
        return wrong
