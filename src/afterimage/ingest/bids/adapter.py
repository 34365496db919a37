"""Any M/EEG data set in BIDS."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.parts import Findings, Part
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import Recording
from afterimage.ingest.bids import files
from afterimage.ingest.bids.config import BidsConfig
from afterimage.ingest.bids.layout import Run, numbers_of, runs_of
from afterimage.ingest.bids.notes import notes_of
from afterimage.ingest.bids.opening import open_run
from afterimage.ingest.bids.pictures import picture_files, read_stimuli
from afterimage.ingest.bids.sensors import Montage, check_same, montage_of
from afterimage.ingest.bids.trials import RunTrials, read_trials, trials_table
from afterimage.ingest.meeg.grid import is_rate
from afterimage.ingest.meeg.trials import cut_trials
from afterimage.ingest.meeg.units import unit_of

DIMS = ("time", "sensor")


class Bids:
    """Epochs of MEG or EEG around pictures that a table of events names.

    Recordings are read run by run.

    Parameters
    ----------
    config : BidsConfig

    References
    ----------
    Niso et al. (2018), MEG-BIDS. Scientific Data 5. Pernet et al. (2019), EEG-BIDS. Scientific
    Data 6. Appelhoff et al. (2019), MNE-BIDS. Journal of Open Source Software 4.
    """

    Config = BidsConfig

    def __init__(self, config: BidsConfig) -> None:
        self.config = config

    def subjects(self) -> list[str]:
        """Return the configured subjects, sorted."""
        return sorted(self.config.subjects)

    def stimulus_files(self, root: Path) -> list[str]:
        """Return the tables of events of all subjects and the pictures that they name, sorted.

        Raises
        ------
        DataError
            If one is missing.
        """
        return sorted({*files.events_files(root, self.config), *picture_files(root, self.config)})

    def recording_files(self, root: Path, subject: str) -> list[str]:
        """Return what a subject's recording is read from, relative to the root, sorted.

        Raises
        ------
        DataError
            If a run is missing.
        """
        return files.recording_files(root, self.config, subject)

    def of_subject(self, subject: str) -> dict[str, Any]:
        """Return the settings with one subject, and without the pictures' files."""
        return {**self.config.model_dump(mode="json"), "subjects": [subject]}

    def has_times(self) -> bool:
        """Return that responses are epochs."""
        return True

    def sessions_of(self, subject: str) -> list[int]:
        """Return the numbers of the sessions, ascending; 1 if there are none."""
        return sorted(numbers_of(self.config.sessions).values()) or [1]

    def of_sessions(self, sessions: Sequence[int]) -> dict[str, Any]:
        """Return the settings with these sessions only."""
        numbers = numbers_of(self.config.sessions)
        chosen = [label for label, number in numbers.items() if number in sessions]
        return {**self.config.model_dump(mode="json"), "sessions": chosen}

    def stimuli(self, root: Path) -> Iterator[Stimulus]:
        """Yield each stimulus that a subject saw, by name."""
        return read_stimuli(root, self.config)

    def recording(self, root: Path, subject: str) -> Recording:
        """Return one subject's trials and its responses, run by run."""
        runs = files.present_runs(root, self.config, subject)
        montage = montage_of(root, self.config, runs)
        trials = [self._trials(root, run, subject, montage.rate) for run in runs]
        found = {run.part: Findings() for run in runs}
        return Recording(
            trials=trials_table(subject, trials),
            channels=montage.sensors.channels(),
            dims=DIMS,
            shape=(len(montage.times), len(montage.sensors.names)),
            unit=unit_of(montage.sensors, self.config.preprocess),
            blocks=partial(self._blocks, root, subject, trials, montage, found),
            notes=notes_of(self.config, subject, montage, trials),
            found=found,
            times=montage.times,
            layout=montage.sensors.layout,
            no_data=0.0,  # a sensor that was off
        )

    def parts(self, subject: str) -> list[str]:
        """Return the runs that are read, as "ses-01_run-02"."""
        return [run.part for run in runs_of(self.config, subject)]

    def table_files(self, subject: str) -> list[str]:
        """Return the tables of all runs, and the recording whose header names the sensors.

        That is the first run's; where runs may be missing, it can be any.
        """
        runs = runs_of(self.config, subject)
        headers = runs if self.config.missing_runs == "skip" else runs[:1]
        tables = {name for run in runs for name in run.tables()}
        return sorted(tables | {name for run in headers for name in run.candidates()})

    def part_files(self, subject: str, part: str) -> list[str]:
        """Return the files that a run's recording can consist of."""
        return sorted(self._run(subject, part).candidates())

    def read_part(self, root: Path, subject: str, part: str) -> Part:
        """Return the responses of one run, none of a run that is skipped, and what is learnt."""
        runs = files.present_runs(root, self.config, subject)
        montage, found = montage_of(root, self.config, runs), Findings()
        own = [run for run in runs if run.part == part]
        trials = [self._trials(root, run, subject, montage.rate) for run in own]
        shape = (len(montage.times), len(montage.sensors.names))
        unit = unit_of(montage.sensors, self.config.preprocess)
        blocks = self._blocks(root, subject, trials, montage, {part: found})
        return Part(DIMS, shape, unit, blocks, found)

    def _run(self, subject: str, part: str) -> Run:
        return {run.part: run for run in runs_of(self.config, subject)}[part]

    def _trials(self, root: Path, run: Run, subject: str, rate: float) -> RunTrials:
        return read_trials(root, run, self.config, subject, rate)

    def _blocks(
        self,
        root: Path,
        subject: str,
        trials: Sequence[RunTrials],
        montage: Montage,
        found: Mapping[str, Findings],
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        steps, incomplete = self.config.preprocess, self.config.events.incomplete
        for one in trials:
            own = found[one.run.part]
            own.clear()
            raw = open_run(root, one.run, self.config)
            check_same(raw, one.run, montage, self.config, root)
            where, rate, samples = str(root / one.run.stem), raw.info["sfreq"], one.samples
            if not is_rate(rate, montage.rate):  # which counts samples of onsets in seconds
                samples = self._trials(root, one.run, subject, rate).samples
            shown = (one.ids, samples)
            ids, cut = cut_trials(raw, shown, steps, montage.sensors, where, incomplete, own)
            yield ids, cut.values
