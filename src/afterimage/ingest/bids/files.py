"""Which files a configuration needs, and whether they are there."""

from collections.abc import Sequence
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.ingest.bids.config import BidsConfig
from afterimage.ingest.bids.layout import Run, is_recording, runs_of

EVENTS = "events.tsv"
NAMED = 3  # files that an error names


def present_runs(root: Path, config: BidsConfig, subject: str) -> list[Run]:
    """Return a subject's runs that have a recording and events.

    If none may be missing, recordings are not looked for, but for the first one, of which the
    header is read: a job that reads one run needs no other.

    Raises
    ------
    DataError
        If one is missing and `missing_runs` does not allow it, or none is left.
    """
    runs = runs_of(config, subject)
    sought = runs if config.missing_runs == "skip" else runs[:1]
    return _present(root, config, subject, sought)


def _present(root: Path, config: BidsConfig, subject: str, sought: Sequence[Run]) -> list[Run]:
    """Return the runs that are there; the recordings of some of them are looked for."""
    runs = runs_of(config, subject)
    found = {run.part: _missing(root, run, run in sought) for run in runs}
    lacking = {part: missing for part, missing in found.items() if missing}
    if lacking and config.missing_runs == "error":
        lost = next(run for run in runs if run.part in lacking)
        missing = lacking[lost.part]
        others = f" and files of {len(lacking) - 1} other runs" if len(lacking) > 1 else ""
        raise DataError(
            f"{root / missing}{others}: missing ({subject}, {lost.part}).",
            f"{_there(root, lost)} Correct `sessions`, `runs`, `task` or data_root, or say "
            "`missing_runs: skip`.",
            list(lacking.values()),
        )
    present = [run for run in runs if run.part not in lacking]
    if not present:
        raise DataError(
            f"{root / lacking[runs[0].part]}: missing, and so are all {len(runs)} runs of "
            f"{subject}.",
            f"{_there(root, runs[0])} Correct `subjects`, `sessions`, `runs`, `task` or data_root.",
        )
    return present


def _missing(root: Path, run: Run, recording: bool) -> str | None:
    if recording and run.recording(root) is None:
        return f"{run.stem}_{run.datatype}.*"
    events = run.sidecar(EVENTS)
    return None if (root / events).is_file() else events


def _there(root: Path, run: Run) -> str:
    """Say which recordings the folder holds, or what is in the last folder that exists."""
    wanted = (root / run.stem).parent
    folder = wanted
    while not folder.is_dir() and folder != root:
        folder = folder.parent
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if folder != wanted:
        return f"{folder} holds {_named(names)}."
    recordings = [name for name in names if is_recording(name)]
    what = f"the recordings {_named(recordings)}" if recordings else "no recording"
    return f"{folder} holds {what}."


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "") or "nothing"


def recording_files(root: Path, config: BidsConfig, subject: str) -> list[str]:
    """Return every file that a subject's recording is read from, sorted."""
    runs = _present(root, config, subject, runs_of(config, subject))
    names = {name for run in runs for name in (*run.tables(), *run.candidates())}
    return sorted(name for name in names if (root / name).is_file())


def events_files(root: Path, config: BidsConfig) -> list[str]:
    """Return the tables of events of all subjects, sorted."""
    runs = [run for subject in config.subjects for run in present_runs(root, config, subject)]
    return sorted(run.sidecar(EVENTS) for run in runs)
