"""Recordings of which epochs were released."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from afterimage.contracts.parts import Findings, Part
from afterimage.contracts.trials import Recording
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.silent import SilentSensors
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.layout import PARTITIONS, Partition
from afterimage.ingest.things_eeg2.metadata import Conditions
from afterimage.ingest.things_eeg2.notes import released_notes
from afterimage.ingest.things_eeg2.released import Released, read_released
from afterimage.ingest.things_eeg2.sensors import chosen_sensors
from afterimage.ingest.things_eeg2.trials import ids_of_released, released_trials

Blocks = Iterator[tuple[list[str], np.ndarray]]
DIMS = ("time", "sensor")
UNIT = "arbitrary"  # whitening mixes sensors


class ReleasedForm:
    """Reads the forms official and nice; parts are the two partitions.

    Parameters
    ----------
    config : ThingsEeg2Config
    """

    def __init__(self, config: ThingsEeg2Config) -> None:
        self.config = config

    def files(self, subject: str) -> dict[str, str]:
        """Return each part's file, in the order of the trials."""
        folder = self.config.recordings()
        return {part: layout.preprocessed_file(folder, subject, part) for part in PARTITIONS}

    def recording(
        self,
        root: Path,
        subject: str,
        conditions: dict[Partition, Conditions],
        blocks: Callable[[], Blocks],
        found: Mapping[str, Findings],
    ) -> Recording:
        """Return one subject's trials; of the epochs nothing is read."""
        both = self._open(root, subject, conditions)
        sensors, times = self._sensors(both), both["training"].times
        repetitions = {part: both[part].values.shape[1] for part in PARTITIONS}
        return Recording(
            trials=released_trials(subject, conditions, repetitions),
            channels=sensors.channels(),
            dims=DIMS,
            shape=(len(times), len(sensors.names)),
            unit=UNIT,
            blocks=blocks,
            notes=released_notes(self.config, both),
            found=found,
            times=times,
            layout=sensors.layout,
            no_data=0.0,  # a sensor that was off
        )

    def read_part(
        self, root: Path, subject: str, part: str, conditions: dict[Partition, Conditions]
    ) -> Part:
        """Return the responses of one part, and what is learnt while they are read."""
        both, found = self._open(root, subject, conditions), Findings()
        shape = (len(both["training"].times), len(self._sensors(both).names))
        return Part(DIMS, shape, UNIT, self.blocks(root, subject, part, conditions, found), found)

    def blocks(
        self,
        root: Path,
        subject: str,
        part: str,
        conditions: dict[Partition, Conditions],
        found: Findings,
    ) -> Blocks:
        """Yield (trial ids, responses) of one part, in the order of the trials."""
        both = self._open(root, subject, conditions)
        partition: Partition = "training" if part == "training" else "test"
        released = both[partition]
        names = self._sensors(both).names
        rows, silent = [released.names.index(name) for name in names], SilentSensors(names)
        ids, done = ids_of_released(subject, partition, released.values.shape[:2]), 0
        for block in released.blocks(rows, ids):
            silent.see(block)
            yield ids[done : done + len(block)], block
            done += len(block)
        found.tell(silent.notes())

    def _open(
        self, root: Path, subject: str, conditions: dict[Partition, Conditions]
    ) -> dict[Partition, Released]:
        counts = {part: len(known) for part, known in conditions.items()}
        return read_released(root, self.config, subject, counts)

    def _sensors(self, both: dict[Partition, Released]) -> Sensors:
        return chosen_sensors(both["training"].names, self.config.sensors)
