"""The Natural Scenes Dataset, as published or as simulated in the same layout."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.parts import Part
from afterimage.contracts.remote import Remote
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import Recording
from afterimage.contracts.truth import load_truth, truth_of_channels
from afterimage.ingest import narrowed
from afterimage.ingest.nsd import files, layout
from afterimage.ingest.nsd.betas import read_betas
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.design import positions_of, read_design
from afterimage.ingest.nsd.notes import notes_of
from afterimage.ingest.nsd.pictures import read_stimuli
from afterimage.ingest.nsd.released import read_released
from afterimage.ingest.nsd.roles import roles_of, split_names
from afterimage.ingest.nsd.series import read_windows, trial_volumes
from afterimage.ingest.nsd.series_runs import SeriesRun, onsets_of
from afterimage.ingest.nsd.trials import numbers_of_trials, pictures_seen, read_trials
from afterimage.ingest.nsd.volumes import check_responses_place
from afterimage.ingest.nsd.voxels import Voxels, read_voxels

PART = "session{:02d}"
TERMS = (
    "the terms of the Natural Scenes Dataset: fill in the NSD Data Access Form and agree to the "
    "terms and conditions at naturalscenesdataset.org"
)
# What betas hold for a voxel in a session that has no data of it.
NO_DATA = 0.0


class Nsd:
    """Single-trial responses of a volume's voxels or a surface's vertices.

    Stimuli are named by the 0-based number of the picture among the 73,000 ("nsd00000" is the
    first). Recordings are read session by session.

    Parameters
    ----------
    config : NsdConfig

    References
    ----------
    Allen et al. (2022), A massive 7T fMRI dataset to bridge cognitive neuroscience and artificial
    intelligence. Nature Neuroscience 25.
    """

    Config = NsdConfig

    def __init__(self, config: NsdConfig) -> None:
        self.config = config

    def subjects(self) -> list[str]:
        """Return the configured subjects, sorted."""
        return sorted(self.config.sessions)

    def stimulus_files(self, root: Path) -> list[str]:
        """Return what stimuli are read from, relative to the root; DataError if one is missing."""
        return files.stimulus_files(root, self.config)

    def recording_files(self, root: Path, subject: str) -> list[str]:
        """Return what a subject's recording is read from, relative to the root, sorted.

        Raises
        ------
        DataError
            If a file is missing, or two files hold the same session.
        """
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
        """Yield each picture that a configured subject saw, by ascending number."""
        seen = [pictures_seen(root, self.config, subject) for subject in self.subjects()]
        return read_stimuli(root, np.unique(np.concatenate(seen)), self.config.coco)

    def recording(self, root: Path, subject: str) -> Recording:
        """Return one subject's trials and its responses, session by session."""
        config, series = self.config, self.config.series
        trials, behaviour = read_trials(root, config, subject)
        if series is not None:
            onsets, _ = onsets_of(root, config, subject, trials)
            trials["onset"] = onsets * layout.VOLUME_SECONDS[config.space]
        voxels = read_voxels(root, config, subject)
        dims, shape, unit = self._response(voxels)
        return Recording(
            trials=trials,
            channels=voxels.channels(),
            dims=dims,
            shape=shape,
            unit=unit,
            blocks=partial(self._blocks, root, subject, voxels, trials),
            notes=notes_of(config, subject) + voxels.notes,
            geometry=voxels.geometry,
            behaviour=behaviour,
            times=None if series is None else series.times(layout.VOLUME_SECONDS[config.space]),
            no_data=NO_DATA if series is None else None,
        )

    def parts(self, subject: str) -> list[str]:
        """Return the sessions that are read, as "session01"."""
        return [PART.format(session) for session in self.config.sessions_of(subject)]

    def table_files(self, subject: str) -> list[str]:
        """Return the files behind a recording's tables, those that may be absent included."""
        needed = files.shared_files(self.config) + files.table_files(self.config, subject)
        return sorted({*needed, *files.optional_table_files(self.config, subject)})

    def part_files(self, subject: str, part: str) -> list[str]:
        """Return the files of one session's responses, those that may be absent included."""
        session = self._session(subject, part)
        needed = files.session_files(self.config, subject, session)
        return sorted({*needed, *files.optional_session_files(self.config, subject, session)})

    def read_part(self, root: Path, subject: str, part: str) -> Part:
        """Return the responses of one session; its notes are known from the tables."""
        trials, _ = read_trials(root, self.config, subject)
        session = self._session(subject, part)
        own = trials[trials["session"] == session].reset_index(drop=True)
        voxels = read_voxels(root, self.config, subject)
        return Part(*self._response(voxels), self._blocks(root, subject, voxels, own))

    def published_splits(self) -> list[str]:
        """Return the names of the published splits that the sessions allow, the usual one first."""
        return split_names(self.config)

    def published_roles(self, root: Path, subject: str, split: str) -> dict[str, str]:
        """Return the role of each trial under a published split, by the design file."""
        path = root / layout.DESIGN
        design, numbers = read_design(path), numbers_of_trials(self.config, subject)
        positions = positions_of(design, numbers.overall, path)
        roles = roles_of(design, self.config, subject, numbers.session, positions)[split]
        return dict(zip(numbers.ids, roles.tolist(), strict=True))

    def remote(self) -> Remote:
        """Return the public bucket."""
        return Remote(files.BUCKET, "us-east-2", TERMS)

    def needed_files(self, subjects: Sequence[str]) -> list[str]:
        """Return what these subjects need, relative to the root, sorted; COCO's files apart."""
        return files.all_files(self.config, subjects)

    def optional_files(self, subjects: Sequence[str]) -> list[str]:
        """Return what is used where it exists: surfaces, runs of sessions with rest; sorted."""
        return files.optional_files(self.config, subjects)

    def has_times(self) -> bool:
        """Return whether windows of the series are read."""
        return self.config.series is not None

    def is_simulated(self) -> bool:
        """Return whether the configuration asks for simulated raw files."""
        return self.config.simulate is not None

    def truth(self, root: Path, subject: str) -> dict[str, np.ndarray]:
        """Return what the simulator knows of a subject; voxels in the order of the channels."""
        voxels = read_voxels(root, self.config, subject)
        return truth_of_channels(load_truth(root / layout.truth_file(subject)), voxels.index)

    def released_ncsnr(self, root: Path, subject: str) -> np.ndarray | None:
        """Return the released noise-ceiling ratio of each channel, if the file is there."""
        voxels = read_voxels(root, self.config, subject)
        return read_released(root, self.config, subject, voxels)

    def _response(self, voxels: Voxels) -> tuple[tuple[str, ...], tuple[int, ...], str]:
        """Return dimensions, shape and unit of a response."""
        series, count = self.config.series, len(voxels.index)
        if series is None:
            return ("voxel",), (count,), "percent signal change"
        steps = series.last - series.first + 1
        return ("time", "voxel"), (steps, count), "sd" if series.normalise == "run" else "arbitrary"

    def _session(self, subject: str, part: str) -> int:
        return dict(zip(self.parts(subject), self.config.sessions_of(subject), strict=True))[part]

    def _blocks(
        self, root: Path, subject: str, voxels: Voxels, trials: pd.DataFrame
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """Yield the responses of some whole sessions with the ids of their trials."""
        ids, done = trials["trial_id"].tolist(), 0
        runs: dict[int, list[SeriesRun]] = {}
        if self.config.series is not None:
            _, runs = onsets_of(root, self.config, subject, trials)
        for session in dict.fromkeys(trials["session"].tolist()):
            for block in self._session_blocks(root, subject, session, voxels, runs):
                yield ids[done : done + len(block)], block
                done += len(block)

    def _session_blocks(
        self,
        root: Path,
        subject: str,
        session: int,
        voxels: Voxels,
        runs: dict[int, list[SeriesRun]],
    ) -> Iterator[np.ndarray]:
        config = self.config
        if config.series is None:
            form = config.file_format()
            names = layout.betas_files(subject, config.space, config.betas, session, form)
            paths = [root / name for name in names]
            _check_places(paths, voxels)
            return read_betas(paths, voxels.masks, config.trials_per_session)
        paths = [
            root / layout.series_file(subject, config.space, session, run.number)
            for run in runs[session]
        ]
        _check_places(paths, voxels)
        volumes = trial_volumes(config.space)
        return read_windows(paths, runs[session], voxels.masks[0], config.series, volumes)


def _check_places(paths: Sequence[Path], voxels: Voxels) -> None:
    for path in paths:
        check_responses_place(path, voxels.geometry)
