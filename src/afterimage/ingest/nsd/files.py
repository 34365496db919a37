"""Which files a configuration needs, and whether they are there."""

from collections.abc import Iterable
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.atlases import atlases_read, needs_names
from afterimage.ingest.nsd.coco import REMEDY as COCO_REMEDY
from afterimage.ingest.nsd.coco import SPLITS
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.selection import Choice, sides_of
from afterimage.ingest.nsd.series_runs import run_numbers
from afterimage.ingest.present import SIMULATE_AGAIN, check_present, there

BUCKET = "s3://natural-scenes-dataset"


def shared_files(config: NsdConfig) -> list[str]:
    """Return the tables that all subjects share."""
    known = [layout.SIDECAR] if config.simulate is not None else []
    return [layout.DESIGN, layout.STIMULUS_TABLE, *known]


def table_files(config: NsdConfig, subject: str) -> list[str]:
    """Return what a subject's tables are read from."""
    files = [layout.responses_table(subject), *_label_files(config, subject)]
    if config.series is not None:
        # A resting run needs none; it is the first run of a session, if there is one.
        files += [
            layout.series_design_file(subject, config.space, session, run)
            for session in config.sessions_of(subject)
            for run in range(2, config.runs_per_session + 1)
        ]
    return files


def optional_table_files(config: NsdConfig, subject: str) -> list[str]:
    """Return what a subject's tables are also read from where it exists."""
    files: list[str] = []
    if config.space not in layout.VOLUMES:
        files += layout.surface_files(subject, config.space)
    if config.series is None:
        files += layout.ncsnr_files(subject, config.space, config.betas)
    else:
        files += [
            layout.series_design_file(subject, config.space, session, run)
            for session in config.sessions_of(subject)
            for run in (1, *_further_runs(config))
        ]
    return files


def session_files(config: NsdConfig, subject: str, session: int) -> list[str]:
    """Return what the responses of one session are read from."""
    if config.series is not None:
        return [
            layout.series_file(subject, config.space, session, run)
            for run in range(1, config.runs_per_session + 1)
        ]
    form = config.file_format()
    files = layout.betas_files(subject, config.space, config.betas, session, form)
    if config.space in layout.VOLUMES:
        return list(files)
    sides = sides_of(config.voxels)
    both = zip(layout.HEMISPHERES, files, strict=True)
    return [file for side, file in both if side in sides]


def optional_session_files(config: NsdConfig, subject: str, session: int) -> list[str]:
    """Return what a session with rest has more."""
    if config.series is None:
        return []
    return [
        layout.series_file(subject, config.space, session, run) for run in _further_runs(config)
    ]


def all_files(config: NsdConfig, subjects: Iterable[str]) -> list[str]:
    """Return every file that some subjects need, apart from COCO's, sorted."""
    files = {layout.PICTURES, *shared_files(config)}
    for subject in subjects:
        files.update(table_files(config, subject))
        for session in config.sessions_of(subject):
            files.update(session_files(config, subject, session))
        if config.simulate is not None:
            files.add(layout.truth_file(subject))
    return sorted(files)


def optional_files(config: NsdConfig, subjects: Iterable[str]) -> list[str]:
    """Return every file that is used where it exists, sorted."""
    files: set[str] = set()
    for subject in subjects:
        files.update(optional_table_files(config, subject))
        for session in config.sessions_of(subject):
            files.update(optional_session_files(config, subject, session))
    return sorted(files)


def stimulus_files(root: Path, config: NsdConfig) -> list[str]:
    """Return every file that stimuli are read from, sorted; DataError if one is missing."""
    needed = [layout.PICTURES, *shared_files(config)]
    check_present(root, needed, _remedy(config))
    coco = [name for split in SPLITS for name in layout.coco_files(split)] if config.coco else []
    check_present(root, coco, COCO_REMEDY)
    return sorted({*needed, *coco, *there(root, [layout.SIDECAR])})


def recording_files(root: Path, config: NsdConfig, subject: str) -> list[str]:
    """Return every file that a subject's recording is read from, sorted.

    Raises
    ------
    DataError
        If a file is missing, or two files hold the same session.
    """
    needed = [name for name in all_files(config, [subject]) if name != layout.PICTURES]
    check_present(root, needed, _remedy(config))
    for session in config.sessions_of(subject):
        _check_one_format(root, config, subject, session)
    others = [layout.SIDECAR, *optional_files(config, [subject])]
    return sorted({*needed, *there(root, others)})


def _label_files(config: NsdConfig, subject: str) -> list[str]:
    space = config.space
    chosen = [Choice.parse(text) for text in config.voxels]
    named = [one.atlas for one in chosen if needs_names(one)] + list(config.atlases)
    files = [layout.names_file(subject, space, atlas) for atlas in named]
    if space not in layout.VOLUMES:
        for atlas in atlases_read(config):
            files += layout.atlas_files(subject, space, atlas)
        return files
    if any(one.is_brain for one in chosen):
        files.append(layout.brain_mask_file(subject, space))
    for one in chosen:
        if not one.is_brain:
            side = f"{one.side}." if one.side else ""
            files += layout.atlas_files(subject, space, f"{side}{one.atlas}")
    for atlas in config.atlases:
        files += layout.atlas_files(subject, space, atlas)
    return files


def _further_runs(config: NsdConfig) -> Iterable[int]:
    return run_numbers(config)[config.runs_per_session :]


def _remedy(config: NsdConfig) -> str:
    if config.simulate is not None:
        return SIMULATE_AGAIN
    return (
        "Fetch it with `snakemake fetch` (docs/fetch.md), correct data_root, or take its subject "
        "or session out of 'sessions' in the data set's file."
    )


def _check_one_format(root: Path, config: NsdConfig, subject: str, session: int) -> None:
    """Refuse to choose silently between two files of one session."""
    if config.format is not None or config.series is not None:
        return
    chosen, *others = layout.FORMATS[config.space]
    for form in others:
        names = layout.betas_files(subject, config.space, config.betas, session, form)
        twice = [name for name in names if (root / name).is_file()]
        if twice:
            first = session_files(config, subject, session)[0]
            raise DataError(
                f"{root / first} and {root / twice[0]}: two files hold session {session} of "
                f"{subject}.",
                f"Say which is read: `format: {chosen}` or `format: {form}` in the data set's "
                "file.",
            )
