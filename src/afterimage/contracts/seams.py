"""The five seams: what can be added without touching the core, one class of one file each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd

from afterimage.contracts.config.base import Entry
from afterimage.contracts.parts import Part
from afterimage.contracts.remote import Remote
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import Recording


@runtime_checkable
class Dataset(Protocol):
    """Reads one kind of recording; the raw files lie under a root folder."""

    Config: ClassVar[type[Entry]]

    def subjects(self) -> list[str]:
        """Return the subjects that the configuration names."""
        ...

    def stimulus_files(self, root: Path) -> list[str]:
        """Return what stimuli are read from, relative to the root; DataError if one is missing."""
        ...

    def recording_files(self, root: Path, subject: str) -> list[str]:
        """Return what a subject's recording is read from, in the same way."""
        ...

    def stimuli(self, root: Path) -> Iterator[Stimulus]:
        """Yield each stimulus once."""
        ...

    def recording(self, root: Path, subject: str) -> Recording:
        """Return one subject's trials and a stream of responses."""
        ...


@runtime_checkable
class PublishedSplit(Protocol):
    """A data set that comes with a split of its own."""

    def published_splits(self) -> list[str]:
        """Return the names of the splits, the usual one first; from the configuration alone."""
        ...

    def published_roles(self, root: Path, subject: str, split: str) -> dict[str, str]:
        """Return the role (train, val, test, unused) of each trial under a published split."""
        ...


@runtime_checkable
class KnownSources(PublishedSplit, Protocol):
    """A data set that comes with splits whose tested sources (concepts) are trained on."""

    def splits_with_known_sources(self) -> list[str]:
        """Return those of the published splits that mean to do so; no file is read."""
        ...


@runtime_checkable
class Parted(Protocol):
    """A data set whose recordings are read in parts, by jobs that can run side by side."""

    def parts(self, subject: str) -> list[str]:
        """Return the parts of a recording in the order of its trials; no file is read."""
        ...

    def table_files(self, subject: str) -> list[str]:
        """Return the raw files behind a recording's tables, relative to the root.

        Those that are read only where they exist are among them.
        """
        ...

    def part_files(self, subject: str, part: str) -> list[str]:
        """Return the raw files that only a part's responses are read from, in the same way."""
        ...

    def read_part(self, root: Path, subject: str, part: str) -> Part:
        """Return a stream of a part's responses, and what is learnt while they are read."""
        ...


@runtime_checkable
class PerSubject(Protocol):
    """A data set whose recordings depend only on some of its settings."""

    def of_subject(self, subject: str) -> dict[str, Any]:
        """Return the data set's entry without what concerns other subjects only.

        A subject that is added to the data set's file then plans nothing for the others.
        """
        ...


@runtime_checkable
class Sessions(Protocol):
    """A data set of which an experiment may take some sessions only."""

    def sessions_of(self, subject: str) -> list[int]:
        """Return a subject's sessions, ascending; no file is read."""
        ...

    def of_sessions(self, sessions: Sequence[int]) -> dict[str, Any]:
        """Return the data set's entry with these sessions only, and the subjects that have any."""
        ...


@runtime_checkable
class Timed(Protocol):
    """A data set whose responses may have a time axis."""

    def has_times(self) -> bool:
        """Return whether they have; from the configuration alone."""
        ...


@runtime_checkable
class Simulated(Protocol):
    """A data set that can be made (by a simulator of its name), with a known right answer."""

    def is_simulated(self) -> bool:
        """Return whether the configuration asks for simulated raw files."""
        ...

    def truth(self, root: Path, subject: str) -> dict[str, np.ndarray]:
        """Return what the simulator knows of a subject."""
        ...


@runtime_checkable
class ReleasedCeilings(Protocol):
    """A data set whose authors released noise-ceiling ratios."""

    def released_ncsnr(self, root: Path, subject: str) -> np.ndarray | None:
        """Return one per channel, shape (v,); None where the file is not there."""
        ...


@runtime_checkable
class Fetchable(Protocol):
    """A data set whose raw files can be downloaded."""

    def remote(self) -> Remote:
        """Return where they are."""
        ...

    def needed_files(self, subjects: Sequence[str]) -> list[str]:
        """Return what these subjects need, relative to the root, sorted; no file is read.

        Files that come from elsewhere (COCO's annotations) are not among them.
        """
        ...


@runtime_checkable
class OptionallyFetchable(Fetchable, Protocol):
    """A data set that also uses files which only some subjects or sessions have."""

    def optional_files(self, subjects: Sequence[str]) -> list[str]:
        """Return what is used where it exists, relative to the root, sorted; no file is read."""
        ...


@runtime_checkable
class Extractor(Protocol):
    """Describes stimuli by numbers."""

    Config: ClassVar[type[Entry]]
    needs: Literal["image", "table", "captions"]
    shape: tuple[int, ...]
    dims: tuple[str, ...]
    unit: str

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """See the whole table of stimuli once, before the first batch."""
        ...

    def extract(self, images: Sequence[np.ndarray] | None, stimuli: pd.DataFrame) -> np.ndarray:
        """Return float32 features of shape (n, *shape)."""
        ...


class TrainingRows(Protocol):
    """What a model is fitted on; rows are read when asked for."""

    n: int
    groups: np.ndarray
    validation: Self | None

    @property
    def x(self) -> np.ndarray:
        """All inputs, shape (n, p)."""
        ...

    @property
    def y(self) -> np.ndarray:
        """All outputs, shape (n, q)."""
        ...

    def shuffled(self, seed: int) -> Self:
        """Return the same rows with the pairing of x and y permuted over stimuli."""
        ...

    def batches(
        self, size: int, rng: np.random.Generator
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield (x, y, groups) in random order, read from the memory-mapped files."""
        ...


@runtime_checkable
class Model(Protocol):
    """A decoder (responses to features) or an encoder (features to responses)."""

    Config: ClassVar[type[Entry]]
    kind: ClassVar[Literal["decoder", "encoder"]]

    def fit(self, data: TrainingRows, work: Path) -> Self:
        """Learn from the training rows; ``work`` is a scratch folder for checkpoints."""
        ...

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions of shape (n, q) for inputs of shape (n, p)."""
        ...

    def refits(self, data: TrainingRows, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield the same analysis, once per seed, with the training pairs shuffled."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that was learnt."""
        ...

    def card(self) -> dict[str, Any]:
        """Return what a reader wants to know of the fit: penalties, epochs."""
        ...

    @classmethod
    def restore(cls, config: Entry, tensors: Mapping[str, np.ndarray], device: str = "cpu") -> Self:
        """Rebuild a fitted model from its configuration and state; it predicts on ``device``."""
        ...


@runtime_checkable
class Generator(Protocol):
    """Turns decoded features into pictures."""

    Config: ClassVar[type[Entry]]
    trained: ClassVar[bool]

    def generate(self, decoded: np.ndarray, context: Any) -> np.ndarray:
        """Return uint8 pictures of shape (n, height, width, 3), all of one size."""
        ...


@runtime_checkable
class Metric(Protocol):
    """Compares predictions with what was shown or measured."""

    Config: ClassVar[type[Entry]]
    kind: ClassVar[Literal["features", "images", "labels", "encoding"]]
