"""THINGS-MEG, released epochs or raw recordings, as published or simulated in the same layout."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.parts import Findings, Part
from afterimage.contracts.remote import Remote
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import Recording
from afterimage.ingest import narrowed
from afterimage.ingest.things_meg import files, layout
from afterimage.ingest.things_meg.attributes import read_attributes
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.pictures import read_pictures
from afterimage.ingest.things_meg.roles import NEURALBENCH, SPLITS, roles_of
from afterimage.ingest.things_meg.sources import Source, source_of
from afterimage.ingest.things_meg.trials import behaviour_of, trial_ids, trials_of
from afterimage.ingest.things_meg.truth import read_truth, truth_of_sensors

DIMS = ("time", "sensor")
SESSION_PART, RUN_PART = "session{:02d}", "ses-{:02d}_run-{:02d}"
TERMS = (
    "the terms of OpenNeuro (openneuro.org, data set ds004212: the licence is told on its page) "
    "and, for the pictures, the licence of THINGS (osf.io/jum2f)"
)


class ThingsMeg:
    """Responses of axial gradiometers to pictures of 1,854 concepts.

    Stimuli are named by the file stems of their pictures; source and category are the concept.

    Parameters
    ----------
    config : ThingsMegConfig

    References
    ----------
    Hebart et al. (2023), THINGS-data, a multimodal collection of large-scale datasets for
    investigating object representations in human brain and behavior. eLife 12.
    """

    Config = ThingsMegConfig

    def __init__(self, config: ThingsMegConfig) -> None:
        self.config = config

    def subjects(self) -> list[str]:
        """Return the configured subjects, sorted."""
        return sorted(self.config.sessions)

    def stimulus_files(self, root: Path) -> list[str]:
        """Return tables and pictures, relative to the root; DataError if one is missing."""
        return files.stimulus_files(root, self.config)

    def recording_files(self, root: Path, subject: str) -> list[str]:
        """Return what a subject's recording is read from; DataError if a file is missing."""
        return files.recording_files(root, self.config, subject)

    def of_subject(self, subject: str) -> dict[str, Any]:
        """Return the settings with one subject; all of them if subjects are simulated together."""
        return narrowed.of_subject(self.config, subject)

    def sessions_of(self, subject: str) -> list[int]:
        """Return a subject's sessions, ascending, counted from 1."""
        return self.config.sessions_of(subject)

    def of_sessions(self, sessions: Sequence[int]) -> dict[str, Any]:
        """Return the settings with these sessions only, and the subjects that have any."""
        return narrowed.of_sessions(self.config, sessions)

    def stimuli(self, root: Path) -> Iterator[Stimulus]:
        """Yield each picture that a configured subject saw, by name."""
        stems = files.stems_seen(root, self.config)
        return read_pictures(root, self.config.images, stems)

    def recording(self, root: Path, subject: str) -> Recording:
        """Return one subject's trials and its responses, session by session or run by run."""
        source = source_of(root, self.config, subject)
        rows, found = source.rows(), {part: Findings() for part in self.parts(subject)}
        return Recording(
            trials=trials_of(rows, subject),
            channels=source.sensors.channels(),
            dims=DIMS,
            shape=_shape(source),
            unit=source.unit,
            blocks=partial(self._blocks, source, found),
            notes=source.notes(),
            found=found,
            behaviour=behaviour_of(rows, subject),
            times=source.times,
            layout=source.sensors.layout,
            no_data=0.0,  # a sensor that was off
        )

    def parts(self, subject: str) -> list[str]:
        """Return the sessions of epochs, as "session01", or runs, as "ses-01_run-01"."""
        if self.config.form == "raw":
            return [RUN_PART.format(*place) for place in self.config.runs_of(subject)]
        return [SESSION_PART.format(session) for session in self.config.sessions_of(subject)]

    def table_files(self, subject: str) -> list[str]:
        """Return the files behind a recording's tables, those that may be absent included."""
        needed = files.table_files(self.config, subject)
        return sorted({*needed, *files.optional_table_files(self.config, subject)})

    def part_files(self, subject: str, part: str) -> list[str]:
        """Return the files of one part's responses, those that may be absent included."""
        return sorted(files.part_files(self.config, subject, self._place(subject, part)))

    def read_part(self, root: Path, subject: str, part: str) -> Part:
        """Return the responses of one session or run, and what is learnt while they are read."""
        source, found = source_of(root, self.config, subject), Findings()
        blocks = self._blocks(source, {part: found})
        return Part(DIMS, _shape(source), source.unit, blocks, found)

    def published_splits(self) -> list[str]:
        """Return the names of the published splits, the usual one first."""
        return list(SPLITS)

    def splits_with_known_sources(self) -> list[str]:
        """Return the split whose tested concepts are trained on, with other pictures."""
        return [NEURALBENCH]

    def published_roles(self, root: Path, subject: str, split: str) -> dict[str, str]:
        """Return the role of each trial under a published split, by the table of attributes."""
        table = read_attributes(root / layout.attributes_file(subject))
        sessions = self.config.sessions_of(subject)
        roles = roles_of(table, split)
        own = (table["session"].isin(sessions) & ~table["is_catch"]).to_numpy()
        return dict(zip(trial_ids(table[own], subject), roles[own].tolist(), strict=True))

    def remote(self) -> Remote:
        """Return the public bucket of OpenNeuro."""
        return Remote(files.BUCKET, "us-east-1", TERMS)

    def needed_files(self, subjects: Sequence[str]) -> list[str]:
        """Return what these subjects need, relative to the root, sorted; pictures apart."""
        return files.needed_files(self.config, subjects)

    def optional_files(self, subjects: Sequence[str]) -> list[str]:
        """Return what is used where it exists, sorted; the list of pictures lies elsewhere."""
        found = files.optional_files(self.config, subjects)
        return [name for name in found if name != layout.IMAGE_PATHS]

    def has_times(self) -> bool:
        """Return that responses are epochs."""
        return True

    def is_simulated(self) -> bool:
        """Return whether the configuration asks for simulated raw files."""
        return self.config.simulate is not None

    def truth(self, root: Path, subject: str) -> dict[str, np.ndarray]:
        """Return what the simulator knows, at the sensors and times of the recording."""
        source = source_of(root, self.config, subject)
        truth = read_truth(root / layout.truth_file(subject))
        return truth_of_sensors(truth, source.sensors.names, source.times)

    def _places(self, subject: str) -> list[tuple[int, int]]:
        """Return session and run of each part; 0 is any run."""
        if self.config.form == "raw":
            return self.config.runs_of(subject)
        return [(session, 0) for session in self.config.sessions_of(subject)]

    def _place(self, subject: str, part: str) -> tuple[int, int]:
        return dict(zip(self.parts(subject), self._places(subject), strict=True))[part]

    def _blocks(
        self, source: Source, found: Mapping[str, Findings]
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        for part, own in found.items():
            own.clear()
            yield from source.blocks(self._place(source.subject, part), own)


def _shape(source: Source) -> tuple[int, int]:
    return len(source.times), len(source.sensors.names)
