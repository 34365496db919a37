"""Which files a configuration needs, and whether they are there."""

from collections.abc import Iterable
from pathlib import Path

from afterimage.ingest.present import SIMULATE_AGAIN, check_present, there
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.attributes import read_attributes
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.pictures import picture_files, pictures_seen

BUCKET = "s3://openneuro.org/ds004212"


def table_files(config: ThingsMegConfig, subject: str) -> list[str]:
    """Return what a recording's tables are read from.

    The first run of a raw recording is among it: rate, sensors and latency come from there.
    """
    files = [layout.attributes_file(subject)]
    if config.form == "epochs":
        return files + epoch_files(config, subject)
    runs = config.runs_of(subject)
    files += [layout.events_file(subject, *run) for run in runs]
    files += [layout.head_file(subject, *run) for run in runs]
    return [*files, *layout.run_files(subject, *runs[0])]


def optional_table_files(config: ThingsMegConfig, subject: str) -> list[str]:
    """Return what tables are also read from where it exists."""
    if config.form == "epochs":
        return [layout.IMAGE_PATHS]
    return [layout.IMAGE_PATHS, *layout.other_run_files(subject, *config.runs_of(subject)[0])]


def part_files(config: ThingsMegConfig, subject: str, place: tuple[int, int]) -> list[str]:
    """Return what the responses of a part are read from, those that may be absent included.

    Parameters
    ----------
    config : ThingsMegConfig
    subject : str
    place : (int, int)
        Session and run. Any file of the epochs may hold some of a session.
    """
    if config.form == "epochs":
        return epoch_files(config, subject)
    return [*layout.run_files(subject, *place), *layout.other_run_files(subject, *place)]


def epoch_files(config: ThingsMegConfig, subject: str) -> list[str]:
    """Return all files of a subject's released epochs."""
    return [layout.epochs_file(subject, number) for number in range(config.epoch_files)]


def needed_files(config: ThingsMegConfig, subjects: Iterable[str]) -> list[str]:
    """Return every file that some subjects need, apart from pictures, sorted."""
    files: set[str] = set()
    for subject in subjects:
        files.update(table_files(config, subject))
        if config.form == "raw":
            for place in config.runs_of(subject):
                files.update(layout.run_files(subject, *place))
        if config.simulate is not None:
            files.add(layout.truth_file(subject))
    return sorted(files)


def optional_files(config: ThingsMegConfig, subjects: Iterable[str]) -> list[str]:
    """Return every file that is used where it exists, sorted."""
    files: set[str] = set()
    for subject in subjects:
        files.update(optional_table_files(config, subject))
        if config.form == "raw":
            for place in config.runs_of(subject):
                files.update(layout.other_run_files(subject, *place))
    return sorted(files)


def recording_files(root: Path, config: ThingsMegConfig, subject: str) -> list[str]:
    """Return every file that a subject's recording is read from, sorted.

    Raises
    ------
    DataError
        If one is missing.
    """
    needed = needed_files(config, [subject])
    check_present(root, needed, _remedy(config))
    return sorted({*needed, *there(root, optional_files(config, [subject]))})


def stimulus_files(root: Path, config: ThingsMegConfig) -> list[str]:
    """Return tables and pictures, sorted; DataError if one is missing."""
    tables = [layout.attributes_file(subject) for subject in sorted(config.sessions)]
    check_present(root, tables, _remedy(config))
    return sorted([*tables, *picture_files(root, config.images, stems_seen(root, config))])


def stems_seen(root: Path, config: ThingsMegConfig) -> list[str]:
    """Return the file stems of the pictures that the subjects saw in their sessions, sorted."""
    shown = []
    for subject in config.sessions:
        table = read_attributes(root / layout.attributes_file(subject))
        shown.append(table[table["session"].isin(config.sessions_of(subject))])
    return pictures_seen(shown)


def _remedy(config: ThingsMegConfig) -> str:
    if config.simulate is not None:
        return SIMULATE_AGAIN
    return (
        "Fetch it with `snakemake fetch` (docs/datasets/things_meg.md), correct data_root, or "
        "take its subject or session out of 'sessions' in the data set's file."
    )
