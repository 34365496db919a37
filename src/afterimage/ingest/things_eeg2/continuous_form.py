"""Recordings that are cut here from the continuous files."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from afterimage.contracts.parts import Findings, Part
from afterimage.contracts.trials import Recording
from afterimage.ingest.meeg.presets import steps_of
from afterimage.ingest.meeg.run import epoch_times
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.silent import SilentSensors
from afterimage.ingest.meeg.trials import hand_over
from afterimage.ingest.meeg.units import unit_of
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.continuous import Continuous, check_alike, read_continuous
from afterimage.ingest.things_eeg2.cutting import cut_events
from afterimage.ingest.things_eeg2.events import Events, read_events
from afterimage.ingest.things_eeg2.fields import check_finite
from afterimage.ingest.things_eeg2.layout import PARTITIONS, Partition
from afterimage.ingest.things_eeg2.metadata import Conditions
from afterimage.ingest.things_eeg2.notes import continuous_notes
from afterimage.ingest.things_eeg2.sensors import chosen_sensors
from afterimage.ingest.things_eeg2.trials import continuous_trials, ids_of_events

Blocks = Iterator[tuple[list[str], np.ndarray]]
DIMS = ("time", "sensor")
PART = "ses-{:02d}_{}"


class ContinuousForm:
    """Reads the form raw; parts are the files: a session's training or test partition.

    Parameters
    ----------
    config : ThingsEeg2Config
    """

    def __init__(self, config: ThingsEeg2Config) -> None:
        self.config = config
        self.steps = steps_of(config.preprocess)
        # Trials of the training partition come first.
        self.places: dict[str, tuple[int, Partition]] = {
            PART.format(session, part): (session, part)
            for part in PARTITIONS
            for session in sorted(config.sessions)
        }

    def files(self, subject: str) -> dict[str, str]:
        """Return each part's file, in the order of the trials."""
        folder = self.config.recordings()
        return {
            part: layout.raw_file(folder, subject, *place) for part, place in self.places.items()
        }

    def recording(
        self,
        root: Path,
        subject: str,
        conditions: dict[Partition, Conditions],
        blocks: Callable[[], Blocks],
        found: Mapping[str, Findings],
    ) -> Recording:
        """Return one subject's trials; of the recordings only the triggers are read."""
        files = {part: self._open(root, subject, part) for part in self.places}
        first = next(iter(files.values()))
        check_alike(list(files.values()))
        sensors = self._sensors(first)
        times = epoch_times(self.steps, first.rate)
        events = [self._events(file, subject, part, conditions) for part, file in files.items()]
        return Recording(
            trials=continuous_trials(subject, events, first.rate, conditions),
            channels=sensors.channels(),
            dims=DIMS,
            shape=(len(times), len(sensors.names)),
            unit=unit_of(sensors, self.steps),
            blocks=blocks,
            notes=continuous_notes(self.config, self.steps, events),
            found=found,
            times=times,
            layout=sensors.layout,
            no_data=0.0,  # a sensor that was off
        )

    def read_part(
        self, root: Path, subject: str, part: str, conditions: dict[Partition, Conditions]
    ) -> Part:
        """Return the responses of one part, and what is learnt while they are read."""
        first, found = self._open(root, subject, next(iter(self.places))), Findings()
        sensors = self._sensors(first)
        shape = (len(epoch_times(self.steps, first.rate)), len(sensors.names))
        blocks = self.blocks(root, subject, part, conditions, found)
        return Part(DIMS, shape, unit_of(sensors, self.steps), blocks, found)

    def blocks(
        self,
        root: Path,
        subject: str,
        part: str,
        conditions: dict[Partition, Conditions],
        found: Findings,
    ) -> Blocks:
        """Yield (trial ids, responses) of one part, in the order of the trials."""
        # Sensors come in the order of the first file, whatever the order in this one.
        sensors = self._sensors(self._open(root, subject, next(iter(self.places))))
        file = self._open(root, subject, part)
        events = self._events(file, subject, part, conditions)
        ids, done, silent = ids_of_events(subject, events), 0, SilentSensors(sensors.names)
        for epochs in cut_events(file, events, self.steps, sensors):
            own = hand_over(ids[done : done + len(epochs.kept)], epochs, found)
            check_finite(epochs.values, sensors.names, own, file.path)
            silent.see(epochs.values)
            yield own, epochs.values
            done += len(epochs.kept)
        found.tell(silent.notes())

    def _open(self, root: Path, subject: str, part: str) -> Continuous:
        return read_continuous(root / self.files(subject)[part])

    def _sensors(self, first: Continuous) -> Sensors:
        return chosen_sensors(first.sensor_names(), self.config.sensors)

    def _events(
        self,
        file: Continuous,
        subject: str,
        part: str,
        conditions: dict[Partition, Conditions],
    ) -> Events:
        session, partition = self.places[part]
        count = len(conditions[partition])
        return read_events(file, self.config, self.steps, subject, session, partition, count)
