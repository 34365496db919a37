"""THINGS-EEG2, as released in three forms or as simulated in the same layouts."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.parts import Findings, Part
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import Recording
from afterimage.ingest.present import SIMULATE_AGAIN, check_present
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.continuous_form import ContinuousForm
from afterimage.ingest.things_eeg2.metadata import read_conditions
from afterimage.ingest.things_eeg2.pictures import check_pictures, read_pictures
from afterimage.ingest.things_eeg2.released_form import ReleasedForm
from afterimage.ingest.things_eeg2.sensors import chosen_sensors
from afterimage.ingest.things_eeg2.trials import roles_of


class ThingsEeg2:
    """Single-trial EEG of pictures that followed each other every 200 ms.

    Stimuli are named by their picture files; source and category is the concept. Trials of the
    training partition come before those of the test partition.

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
        self._form: ReleasedForm | ContinuousForm = (
            ContinuousForm(config) if config.form == "raw" else ReleasedForm(config)
        )

    def subjects(self) -> list[str]:
        """Return the configured subjects, sorted."""
        return sorted(self.config.subjects)

    def stimulus_files(self, root: Path) -> list[str]:
        """Return what stimuli are read from, relative to the root; DataError if one is missing."""
        conditions = read_conditions(root, self.config)
        check_pictures(root, conditions)
        pictures = [name for known in conditions.values() for name in known.files]
        return sorted({self.config.metadata, *pictures})

    def recording_files(self, root: Path, subject: str) -> list[str]:
        """Return what a subject's recording is read from, sorted; DataError if one is missing."""
        files = {*self.table_files(subject)}
        if self.is_simulated():
            files.add(layout.truth_file(subject))
        check_present(
            root,
            files,
            SIMULATE_AGAIN
            if self.is_simulated()
            else "Download it (docs/datasets/things_eeg2.md), correct data_root or `folder`, "
            "or leave its subject or session out.",
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
        """Return one subject's trials and its responses, part by part.

        Raises
        ------
        DataError
            If a file is missing, damaged or refused, or files contradict each other.
        """
        conditions = read_conditions(root, self.config)
        found = {part: Findings() for part in self.parts(subject)}
        blocks = partial(self._blocks, root, subject, found)
        return self._form.recording(root, subject, conditions, blocks, found)

    def parts(self, subject: str) -> list[str]:
        """Return the partitions, or the files of the form raw, such as "ses-01_training"."""
        return list(self._form.files(subject))

    def table_files(self, subject: str) -> list[str]:
        """Return the files behind a recording's tables: all, for they say how many trials."""
        return sorted({self.config.metadata, *self._form.files(subject).values()})

    def part_files(self, subject: str, part: str) -> list[str]:
        """Return the file of one part's responses."""
        return [self._form.files(subject)[part]]

    def read_part(self, root: Path, subject: str, part: str) -> Part:
        """Return the responses of one part, and what is learnt while they are read."""
        return self._form.read_part(root, subject, part, read_conditions(root, self.config))

    def published_splits(self) -> list[str]:
        """Return the split of every paper: 200 concepts that no training picture shows."""
        return [layout.SPLIT]

    def published_roles(self, root: Path, subject: str, split: str) -> dict[str, str]:
        """Return each trial's role: the training partition trains, the test partition tests."""
        trials = self.recording(root, subject).trials
        return roles_of(trials, read_conditions(root, self.config))

    def has_times(self) -> bool:
        """Return whether responses have a time axis: always."""
        return True

    def is_simulated(self) -> bool:
        """Return whether the configuration asks for simulated raw files."""
        return self.config.simulate is not None

    def truth(self, root: Path, subject: str) -> dict[str, np.ndarray]:
        """Return what the simulator knows of a subject's sensors; its times are its own.

        The arrays are told in docs/datasets/things_eeg2.md.
        """
        written = layout.sensors_of_form(self.config.form)
        chosen = chosen_sensors(written, self.config.sensors).names
        rows = [written.index(name) for name in chosen]
        truth = load_tensors(root / layout.truth_file(subject))
        return {name: v[:, rows] if v.ndim == 2 else v for name, v in truth.items()}

    def _blocks(
        self, root: Path, subject: str, found: Mapping[str, Findings]
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        conditions = read_conditions(root, self.config)
        for part, own in found.items():
            own.clear()
            yield from self._form.blocks(root, subject, part, conditions, own)
