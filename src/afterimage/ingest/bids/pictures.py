"""Stimuli of a data set, by the tables of events of all subjects."""

from collections.abc import Iterator
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.contracts.stimuli import Stimulus
from afterimage.ingest.arrays.images import decoded
from afterimage.ingest.bids.config import BidsConfig
from afterimage.ingest.bids.files import present_runs
from afterimage.ingest.bids.trials import Shown, shown_in

NAMED = 3  # pictures that an error names


def all_shown(root: Path, config: BidsConfig) -> dict[str, Shown]:
    """Return what was shown, by stimulus id, sorted.

    Raises
    ------
    DataError
        If a stimulus is not the same wherever it is named.
    """
    found: dict[str, Shown] = {}
    for subject in config.subjects:
        for run in present_runs(root, config, subject):
            for shown in shown_in(root, run, config, subject):
                first = found.setdefault(shown.stimulus_id, shown)
                if first != shown:
                    raise _differs(root / run.sidecar("events.tsv"), first, shown)
    return dict(sorted(found.items()))


def picture_files(root: Path, config: BidsConfig) -> list[str]:
    """Return the files of all pictures, sorted.

    Raises
    ------
    DataError
        If some are not there.
    """
    named = [shown.file for shown in all_shown(root, config).values()]
    files = sorted({name for name in named if name})
    missing = [name for name in files if not (root / name).is_file()]
    if missing:
        first = ", ".join(str(root / name) for name in missing[:NAMED])
        more = " and others" if len(missing) > NAMED else ""
        raise DataError(
            f"{len(missing)} of {len(files)} pictures in the tables of events are not there: "
            f"{first}{more}.",
            "Correct `stimuli.folder` or `stimuli.pattern`, put the files there, or leave the "
            "trials out by `events.keep`.",
            missing,
        )
    return files


def read_stimuli(root: Path, config: BidsConfig) -> Iterator[Stimulus]:
    """Yield each stimulus once, sorted by name."""
    picture_files(root, config)
    for shown in all_shown(root, config).values():
        image = None
        if shown.file is not None:
            path = root / shown.file
            image = decoded(path.read_bytes(), str(path))
        yield Stimulus(shown.stimulus_id, shown.source_id, shown.category, image)


def _differs(path: Path, first: Shown, other: Shown) -> DataError:
    for field in ("file", "source_id", "category"):
        one, two = getattr(first, field), getattr(other, field)
        if one != two:
            break
    word = {"file": "file", "source_id": "concept", "category": "category"}[field]
    return DataError(
        f"{path}: stimulus '{first.stimulus_id}' has the {word} '{two}' here and '{one}' before.",
        "A picture's name (without folder and ending) stands for one picture: correct the tables, "
        "or `events` and `stimuli.pattern`.",
    )
