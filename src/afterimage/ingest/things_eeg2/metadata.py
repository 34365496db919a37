"""Which pictures there are: the conditions of both partitions, named by ``image_metadata.npy``."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.fields import texts
from afterimage.ingest.things_eeg2.layout import PARTITIONS, SHORT, Partition
from afterimage.ingest.things_eeg2.pickles import AGAIN, read_dictionary

NUMBER = re.compile(r"^\d+_")


@dataclass(frozen=True)
class Conditions:
    """The pictures of one partition; row i is condition i + 1 of the recordings.

    Attributes
    ----------
    stimuli : list of str
        Stems of the picture files.
    concepts : list of str
        Without the number in front, which is another one in each list of concepts.
    files : list of str
        Relative to the data set's root.
    """

    stimuli: list[str]
    concepts: list[str]
    files: list[str]

    def __len__(self) -> int:
        return len(self.stimuli)


def read_conditions(root: Path, config: ThingsEeg2Config) -> dict[Partition, Conditions]:
    """Read the conditions of both partitions.

    Parameters
    ----------
    root : Path
    config : ThingsEeg2Config

    Raises
    ------
    DataError
        If the file is missing, damaged or refused, lists differ in length, a picture comes twice,
        or a concept is in both partitions.
    """
    path = root / config.metadata
    content = read_dictionary(path)
    both = {part: _conditions(path, content, part, config.pictures(part)) for part in PARTITIONS}
    _check_unlike(path, both)
    return both


def _conditions(
    path: Path, content: dict[str, Any], partition: Partition, folder: str
) -> Conditions:
    start = SHORT[partition]
    concepts, files = (
        texts(path, content, f"{start}_img_{kind}") for kind in ("concepts", "files")
    )
    if len(concepts) != len(files):
        raise ShapeError(
            f"{path}: {len(concepts)} entries of '{start}_img_concepts' for {len(files)} of "
            f"'{start}_img_files'.",
            AGAIN,
        )
    return Conditions(
        stimuli=[Path(file).stem for file in files],
        concepts=[NUMBER.sub("", concept) for concept in concepts],
        files=[f"{folder}/{both[0]}/{both[1]}" for both in zip(concepts, files, strict=True)],
    )


def _check_unlike(path: Path, both: dict[Partition, Conditions]) -> None:
    counted = Counter(stimulus for part in both.values() for stimulus in part.stimuli)
    if twice := [stimulus for stimulus, count in counted.items() if count > 1]:
        raise DataError(f"{path}: {_some(twice)} come twice among the pictures.", AGAIN, twice)
    shared = sorted(set(both["training"].concepts) & set(both["test"].concepts))
    if shared:
        raise DataError(
            f"{path}: {_some(shared)} among the concepts of both the training and the test "
            "pictures, which have none in common in THINGS-EEG2.",
            AGAIN,
            shared,
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"'{names[0]}'{more}"
