"""What DVC stores together: each derivative job for itself, each experiment as a whole."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.publish.jobs import Job

FOLDER = Path("provenance")
DERIVATIVES = "derivatives/"

# Their outputs are names, sizes and hashes of raw files; without these a clone that may not have
# the raw files could not even plan.
ONLY_LIST = frozenset({"list_stimuli", "list_recording"})


@dataclass(frozen=True)
class Stage:
    """What one entry of the ledger stores.

    Attributes
    ----------
    name : str
        Its name in ``dvc.yaml``.
    jobs : tuple of Job
    pushed : bool
        Whether its files may leave this machine.
    """

    name: str
    jobs: tuple[Job, ...]
    pushed: bool

    def outputs(self, root: Path) -> list[str]:
        """Return the outputs that are there, sorted; a temporary one is gone by now."""
        return sorted(output for job in self.jobs for output in job.there(root))


def results_stage(experiment: str) -> str:
    """Return the name of an experiment's stage."""
    return f"results-{experiment}"


def manifest_path(stage: str) -> Path:
    """Return where a stage's manifest lies; git keeps it."""
    return FOLDER / f"{stage}.json"


def metadata_path(stage: str) -> Path:
    """Return where Snakemake's records of a stage lie; DVC keeps them."""
    return FOLDER / f"{stage}.tar"


def stages_of(experiment: str, jobs: Iterable[Job], derivatives_pushed: bool) -> list[Stage]:
    """Distribute the jobs behind an experiment over stages.

    A stage of its own for each derivative job: another experiment, or another clone, may have
    made other derivatives of the same data set, and neither may drop what the other has.

    Parameters
    ----------
    experiment : str
    jobs : iterable of Job
    derivatives_pushed : bool
        Whether derivatives may leave this machine.

    Returns
    -------
    list of Stage
        The experiment's last.
    """
    own, shared = [], []
    for job in jobs:
        if not job.outputs[0].startswith(DERIVATIVES):
            own.append(job)
            continue
        pushed = derivatives_pushed or job.rule in ONLY_LIST
        shared.append(Stage(_name_of(job), (job,), pushed))
    stages = [*shared, Stage(results_stage(experiment), tuple(own), pushed=True)]
    _check_names(stages)
    return stages


def _check_names(stages: Iterable[Stage]) -> None:
    taken: dict[str, Stage] = {}
    for stage in stages:
        if other := taken.get(stage.name):
            raise DataError(
                f"{stage.name}: two jobs would have this name in dvc.yaml, those of the logs "
                f"{other.jobs[0].log} and {stage.jobs[0].log}.",
                "Rename one of the data sets, subjects or extractors.",
            )
        taken[stage.name] = stage


def _name_of(job: Job) -> str:
    """Return a name in letters that DVC allows, from the job's log."""
    unique = job.log.removeprefix("logs/").removesuffix(".log")
    return "derivatives-" + re.sub(r"[^A-Za-z0-9_-]+", "-", unique)
