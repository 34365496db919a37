"""The Natural Scenes Dataset, as published or as simulated in the same layout."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import Recording
from afterimage.contracts.truth import load_truth
from afterimage.ingest import nsd_layout as layout
from afterimage.ingest.nsd_betas import read_betas
from afterimage.ingest.nsd_config import NsdConfig
from afterimage.ingest.nsd_design import Design, is_shared, pictures_of, read_design
from afterimage.ingest.nsd_pictures import read_stimuli
from afterimage.ingest.nsd_volumes import regions_of, voxels_of


class Nsd:
    """Single-trial betas of visual cortex in the 1.8 mm volume.

    Stimuli are named by the 0-based number of the picture among the 73,000 ("nsd00000" is the
    first). The published split: pictures shared by all subjects are the test.

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

    def raw_files(self, root: Path) -> list[str]:
        """Return the needed files relative to the root, sorted; DataError if one is missing."""
        needed = [layout.DESIGN, layout.STIMULUS_TABLE, layout.PICTURES]
        if self.is_simulated() or (root / layout.SIDECAR).exists():
            needed.append(layout.SIDECAR)
        for subject in self.subjects():
            needed += self._files_of(subject)
        missing = sorted(path for path in needed if not (root / path).is_file())
        if missing:
            others = f" and {len(missing) - 1} other files" if len(missing) > 1 else ""
            remedy = (
                "Delete the folder and simulate the recording again."
                if self.is_simulated()
                else "Download from s3://natural-scenes-dataset, or correct data_root."
            )
            raise DataError(f"{root / missing[0]}{others}: missing.", remedy)
        return sorted(needed)

    def stimuli(self, root: Path) -> Iterator[Stimulus]:
        """Yield each picture that a configured subject saw, by ascending number."""
        design = read_design(root / layout.DESIGN)
        seen = [self._pictures(root, design, subject) for subject in self.subjects()]
        return read_stimuli(root, np.unique(np.concatenate(seen)))

    def recording(self, root: Path, subject: str) -> Recording:
        """Return one subject's trials and its responses, session by session."""
        trials = self._trials(root, subject)
        mask, millimetres = voxels_of(root / layout.atlas_file(subject, self.config.mask))
        channels = self._channels(root, subject, mask, millimetres)
        length = self.config.trials_per_session

        def blocks() -> Iterator[tuple[list[str], np.ndarray]]:
            for session in range(1, self.config.sessions[subject] + 1):
                path = root / layout.betas_file(subject, self.config.betas, session)
                rows = slice((session - 1) * length, session * length)
                yield trials["trial_id"].iloc[rows].tolist(), read_betas(path, mask, length)

        return Recording(
            trials=trials,
            channels=channels,
            dims=("voxel",),
            shape=(len(channels),),
            unit="percent signal change",
            blocks=blocks,
            notes=self._notes(),
        )

    def published_splits(self) -> list[str]:
        """Return the names of the published splits."""
        return ["shared1000"]

    def published_roles(self, root: Path, subject: str, split: str) -> dict[str, str]:
        """Return the role of each trial: shared pictures are the test, all others training."""
        design = read_design(root / layout.DESIGN)
        trials = self._trials(root, subject)["trial_id"]
        shared = is_shared(design, len(trials))
        return {
            trial: "test" if common else "train"
            for trial, common in zip(trials, shared, strict=True)
        }

    def is_simulated(self) -> bool:
        """Return whether the configuration asks for simulated raw files."""
        return self.config.simulate is not None

    def truth(self, root: Path, subject: str) -> dict[str, np.ndarray]:
        """Return what the simulator knows of a subject; voxels in the order of the channels."""
        return load_truth(root / layout.truth_file(subject))

    def _files_of(self, subject: str) -> list[str]:
        config = self.config
        sessions = range(1, config.sessions[subject] + 1)
        files = [layout.betas_file(subject, config.betas, session) for session in sessions]
        files.append(layout.atlas_file(subject, config.mask))
        for atlas in config.atlases:
            files += [layout.atlas_file(subject, atlas), layout.names_file(subject, atlas)]
        if self.is_simulated():
            files.append(layout.truth_file(subject))
        return files

    def _pictures(self, root: Path, design: Design, subject: str) -> np.ndarray:
        trials = self.config.sessions[subject] * self.config.trials_per_session
        row = layout.subject_row(subject)
        return pictures_of(design, row, trials, root / layout.DESIGN)

    def _trials(self, root: Path, subject: str) -> pd.DataFrame:
        pictures = self._pictures(root, read_design(root / layout.DESIGN), subject)
        length = self.config.trials_per_session
        session, trial = np.divmod(np.arange(len(pictures)), length)
        # Runs of the published sessions hold 63 and 62 trials in turn: halves are rounded up.
        ends = np.floor(
            np.arange(1, self.config.runs_per_session + 1) * length / self.config.runs_per_session
            + 0.5
        )
        names = [
            f"{subject}-s{s + 1:02d}-t{t + 1:03d}" for s, t in zip(session, trial, strict=True)
        ]
        table = pd.DataFrame({"trial_id": names, "subject": subject})
        table["session"] = (session + 1).astype(np.int32)
        table["run"] = (np.searchsorted(ends, trial, side="right") + 1).astype(np.int32)
        table["onset"] = np.nan
        table["stimulus_id"] = [layout.stimulus_id(number) for number in pictures.tolist()]
        table["repetition"] = table.groupby("stimulus_id").cumcount().astype(np.int32)
        return table

    def _channels(
        self, root: Path, subject: str, mask: np.ndarray, millimetres: np.ndarray
    ) -> pd.DataFrame:
        rois: list[list[str]] = [[self.config.mask] for _ in range(len(millimetres))]
        for atlas in self.config.atlases:
            paths = layout.atlas_file(subject, atlas), layout.names_file(subject, atlas)
            found = regions_of(root / paths[0], root / paths[1], mask)
            rois = [have + more for have, more in zip(rois, found, strict=True)]
        table = pd.DataFrame({"channel": np.arange(len(rois), dtype=np.int32)})
        table["excluded"] = False
        table["reason"] = ""
        table["index"] = np.flatnonzero(mask)
        table[["x", "y", "z"]] = millimetres
        table["rois"] = rois
        return table

    def _notes(self) -> list[str]:
        notes = [
            f"Single-trial betas, version {self.config.betas}, of the voxels of "
            f"{self.config.mask}, which the authors of the data chose by hand from the responses "
            "to all pictures."
        ]
        if self.is_simulated():
            notes = ["The recording is simulated.", f"Version of the betas: {self.config.betas}."]
        return notes
