"""THINGS-EEG2, as released in three forms or as simulated in the same layouts."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import Recording
from afterimage.ingest.meeg.presets import steps_of
from afterimage.ingest.meeg.run import epoch_times
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import Baseline
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.continuous import Continuous, check_alike, read_continuous
from afterimage.ingest.things_eeg2.cutting import cut_events
from afterimage.ingest.things_eeg2.events import Events, read_events
from afterimage.ingest.things_eeg2.fields import check_finite
from afterimage.ingest.things_eeg2.layout import PARTITIONS, Partition
from afterimage.ingest.things_eeg2.metadata import Conditions, read_conditions
from afterimage.ingest.things_eeg2.notes import continuous_notes, released_notes
from afterimage.ingest.things_eeg2.pictures import check_pictures, read_pictures
from afterimage.ingest.things_eeg2.released import Released, read_released
from afterimage.ingest.things_eeg2.sensors import chosen_sensors
from afterimage.ingest.things_eeg2.trials import (
    continuous_trials,
    ids_of_events,
    ids_of_released,
    released_trials,
    roles_of,
)

PART = "ses-{:02d}_{}"
Blocks = Iterator[tuple[list[str], np.ndarray]]


class ThingsEeg2:
    """Single-trial EEG of pictures that followed each other every 200 ms.

    Stimuli are named by their picture files; source and category is the concept. Released epochs
    are read partition by partition, continuous recordings file by file.

    Parameters
    ----------
    config : ThingsEeg2Config

    References
    ----------
    Gifford et al. (2022), A large and rich EEG dataset for modeling human visual object
    recognition. NeuroImage 264.
    """

    Config = ThingsEeg2Config

    def __init__(self, config: ThingsEeg2Config) -> None:
        self.config = config

    def subjects(self) -> list[str]:
        """Return the configured subjects, sorted."""
        return sorted(self.config.subjects)

    def stimulus_files(self, root: Path) -> list[str]:
        """Return what stimuli are read from, relative to the root; DataError if one is missing."""
        conditions = read_conditions(root, self.config)
        check_pictures(root, conditions)
        return sorted({self.config.metadata, *(n for c in conditions.values() for n in c.files)})

    def recording_files(self, root: Path, subject: str) -> list[str]:
        """Return what a subject's recording is read from, sorted; DataError if one is missing."""
        files = {*self.table_files(subject)}
        if self.is_simulated():
            files.add(layout.truth_file(subject))
        missing = sorted(name for name in files if not (root / name).is_file())
        if missing:
            others = f" and {len(missing) - 1} other files" if len(missing) > 1 else ""
            raise DataError(
                f"{root / missing[0]}{others}: missing.",
                "Delete the folder and simulate the recording again."
                if self.is_simulated()
                else "Download it (docs/datasets/things_eeg2.md), correct data_root or `folder`, "
                "or leave its subject or session out.",
                missing,
            )
        return sorted(files)

    def of_subject(self, subject: str) -> dict[str, Any]:
        """Return the settings with one subject; all of them if subjects are simulated together."""
        entry = self.config.model_dump(mode="json")
        return entry if self.is_simulated() else {**entry, "subjects": [subject]}

    def stimuli(self, root: Path) -> Iterator[Stimulus]:
        """Yield each picture of both partitions, training pictures first."""
        return read_pictures(root, read_conditions(root, self.config))

    def recording(self, root: Path, subject: str) -> Recording:
        """Return one subject's trials and its responses.

        Raises
        ------
        DataError
            If a file is missing, damaged or refused, or files contradict each other.
        """
        conditions = read_conditions(root, self.config)
        if self.config.form == "raw":
            return self._continuous_recording(root, subject, conditions)
        both = self._released(root, subject, conditions)
        sensors, times = self._released_sensors(both), both["training"].times
        repetitions = {part: both[part].values.shape[1] for part in PARTITIONS}
        return Recording(
            trials=released_trials(subject, conditions, repetitions),
            channels=sensors.channels(),
            dims=("time", "sensor"),
            shape=(len(times), len(sensors.names)),
            unit="arbitrary",  # multivariate whitening mixes sensors
            blocks=partial(self._all_blocks, root, subject),
            notes=released_notes(self.config, both),
            times=times,
            layout=sensors.layout,
        )

    def parts(self, subject: str) -> list[str]:
        """Return the partitions, or the files of the continuous recordings ("ses-01_training")."""
        if self.config.form != "raw":
            return list(PARTITIONS)
        return [PART.format(session, part) for session, part in self._files()]

    def table_files(self, subject: str) -> list[str]:
        """Return the files behind a recording's tables: all, for they say how many trials.

        They are opened, and the channels of triggers are read.
        """
        return sorted({self.config.metadata, *self._part_files(subject).values()})

    def part_files(self, subject: str, part: str) -> list[str]:
        """Return the file of one part's responses."""
        return [self._part_files(subject)[part]]

    def part_blocks(self, root: Path, subject: str, part: str) -> Blocks:
        """Yield (trial ids, responses) of one part, in the order of the trials."""
        conditions = read_conditions(root, self.config)
        if self.config.form == "raw":
            place = dict(zip(self.parts(subject), self._files(), strict=True))[part]
            return self._continuous_blocks(root, subject, *place, conditions)
        partition: Partition = "training" if part == "training" else "test"
        return self._released_blocks(root, subject, partition, conditions)

    def published_splits(self) -> list[str]:
        """Return the split that every paper uses: 200 concepts that no training picture shows."""
        return [layout.SPLIT]

    def published_roles(self, root: Path, subject: str, split: str) -> dict[str, str]:
        """Return the role of each trial: the training partition trains, the test partition tests."""
        conditions = read_conditions(root, self.config)
        return roles_of(self.recording(root, subject).trials, conditions)

    def is_simulated(self) -> bool:
        """Return whether the configuration asks for simulated raw files."""
        return self.config.simulate is not None

    def truth(self, root: Path, subject: str) -> dict[str, np.ndarray]:
        """Return what the simulator knows of a subject; see things_eeg2/simulator/truth.py."""
        return load_tensors(root / layout.truth_file(subject))

    def _files(self) -> list[tuple[int, Partition]]:
        """Return session and partition of each continuous file, in the order of the trials."""
        return [(session, part) for part in PARTITIONS for session in sorted(self.config.sessions)]

    def _part_files(self, subject: str) -> dict[str, str]:
        folder = self.config.recordings()
        if self.config.form == "raw":
            found = [layout.raw_file(folder, subject, *place) for place in self._files()]
        else:
            found = [layout.preprocessed_file(folder, subject, part) for part in PARTITIONS]
        return dict(zip(self.parts(subject), found, strict=True))

    def _all_blocks(self, root: Path, subject: str) -> Blocks:
        for part in self.parts(subject):
            yield from self.part_blocks(root, subject, part)

    # ------------------------------------------------------------------ released epochs

    def _released(
        self, root: Path, subject: str, conditions: dict[Partition, Conditions]
    ) -> dict[Partition, Released]:
        counts = {part: len(known) for part, known in conditions.items()}
        return read_released(root, self.config, subject, counts)

    def _released_sensors(self, both: dict[Partition, Released]) -> Sensors:
        return chosen_sensors(both["training"].names, self.config.sensors)

    def _released_blocks(
        self,
        root: Path,
        subject: str,
        partition: Partition,
        conditions: dict[Partition, Conditions],
    ) -> Blocks:
        both = self._released(root, subject, conditions)
        chosen, released = self._released_sensors(both), both[partition]
        rows = [released.names.index(name) for name in chosen.names]
        ids, done = ids_of_released(subject, partition, released.values.shape[:2]), 0
        for block in released.blocks(rows, ids):
            yield ids[done : done + len(block)], block
            done += len(block)

    # ------------------------------------------------------------ continuous recordings

    def _continuous_recording(
        self, root: Path, subject: str, conditions: dict[Partition, Conditions]
    ) -> Recording:
        steps = steps_of(self.config.preprocess)
        files = [self._open(root, subject, *place) for place in self._files()]
        check_alike(files)
        sensors = chosen_sensors(files[0].sensor_names(), self.config.sensors)
        times = epoch_times(steps, files[0].rate)
        events = [
            self._events(file, subject, *place, conditions)
            for file, place in zip(files, self._files(), strict=True)
        ]
        scaled = any(isinstance(step, Baseline) and step.kind == "zscore" for step in steps)
        return Recording(
            trials=continuous_trials(subject, events, files[0].rate, conditions),
            channels=sensors.channels(),
            dims=("time", "sensor"),
            shape=(len(times), len(sensors.names)),
            unit="sd" if scaled else "V",
            blocks=partial(self._all_blocks, root, subject),
            notes=continuous_notes(self.config, steps, events),
            times=times,
            layout=sensors.layout,
        )

    def _open(self, root: Path, subject: str, session: int, partition: Partition) -> Continuous:
        folder = self.config.recordings()
        return read_continuous(root / layout.raw_file(folder, subject, session, partition))

    def _events(
        self,
        file: Continuous,
        subject: str,
        session: int,
        partition: Partition,
        conditions: dict[Partition, Conditions],
    ) -> Events:
        steps, pictures = steps_of(self.config.preprocess), len(conditions[partition])
        return read_events(file, self.config, steps, subject, session, partition, pictures)

    def _continuous_blocks(
        self,
        root: Path,
        subject: str,
        session: int,
        partition: Partition,
        conditions: dict[Partition, Conditions],
    ) -> Blocks:
        # Sensors come in the order of the first file, whatever the order of this one.
        first = self._open(root, subject, *self._files()[0])
        file = self._open(root, subject, session, partition)
        sensors = chosen_sensors(first.sensor_names(), self.config.sensors)
        events = self._events(file, subject, session, partition, conditions)
        ids, done = ids_of_events(subject, events), 0
        for epochs in cut_events(file, events, steps_of(self.config.preprocess), sensors):
            own = ids[done : done + len(epochs.values)]
            check_finite(epochs.values, sensors.names, own, file.path)
            yield own, epochs.values
            done += len(own)
