"""Record an experiment's files in DVC's ledger, and send them to a remote."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from afterimage.contracts.config.experiment import Publish
from afterimage.contracts.files import write_text
from afterimage.contracts.progress import tell
from afterimage.publish.elsewhere import stages_elsewhere
from afterimage.publish.hashes import files_of, hashes_of
from afterimage.publish.jobs import jobs_behind
from afterimage.publish.ledger import (
    experiment_entry,
    metrics_path,
    params_path,
    plots_path,
    read_ledger,
    shared_entry,
    update_ledger,
)
from afterimage.publish.manifest import manifest_of, read_manifest
from afterimage.publish.metadata import Metadata, chosen, read_metadata
from afterimage.publish.packing import pack
from afterimage.publish.repository import Repository
from afterimage.publish.scores import write_scores
from afterimage.publish.stages import Stage, metadata_path, results_stage, stages_of

HEADLINE = "results/{}/tables/headline.csv"


def publish(
    root: Path,
    experiment: str,
    targets: Sequence[str],
    parameters: Mapping[str, Any],
    settings: Publish,
    licensed: bool,
) -> None:
    """Publish what an experiment's targets were made from, and the targets.

    Safe to be killed at any moment and to be called again: each step writes the same, and what
    the remote has is not sent again.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    experiment : str
    targets : sequence of str
        The files and folders of rule `all`, up to date.
    parameters : mapping
        The resolved configuration, as far as it decides about results.
    settings : Publish
    licensed : bool
        Whether the recordings are under a licence; decides what `settings.pushed` leaves open.

    Raises
    ------
    ConfigError
        If there is no DVC, repository or remote.
    DataError
        If a target is of unknown origin, or DVC or the remote refuses.
    """
    repository = Repository(root, settings.remote)
    metadata = read_metadata(root)
    away, behind = stages_elsewhere(root, jobs_behind(targets, metadata), metadata)
    jobs = jobs_behind([*targets, *behind], metadata)
    everything = settings.pushed == "everything" or (settings.pushed is None and not licensed)
    stages = stages_of(experiment, jobs, everything)
    there, deleted = _sorted(root, stages)
    away |= deleted
    name = results_stage(experiment)
    write_text(root / params_path(name), _dumped(parameters))
    write_scores(
        root / HEADLINE.format(experiment), root / metrics_path(name), root / plots_path(name)
    )
    needs = sorted({*away, *(stage.name for stage in there if stage.name != name)})
    _describe(root, there, name, needs, metadata)
    update_ledger(root, {stage.name: _entry(root, stage, name) for stage in there})
    repository.commit([stage.name for stage in there])
    sent = repository.push([stage.name for stage in there if stage.pushed])
    _say(there, away, sent)


def _sorted(root: Path, stages: Sequence[Stage]) -> tuple[list[Stage], set[str]]:
    """Return the stages whose files are there, and the names of those that were deleted.

    What the ledger has of a derivative whose files are not here stays as it is. A stage that
    neither has was temporary.
    """
    ledger = read_ledger(root)
    there: list[Stage] = []
    deleted: set[str] = set()
    for stage in stages:
        entry = ledger.get(stage.name)
        if stage.jobs[0].outputs[0].startswith("results/") or (
            stage.outputs(root) and (entry is None or _is_complete(root, entry))
        ):
            there.append(stage)
        elif entry is not None:
            deleted.add(stage.name)
    return there, deleted


def _is_complete(root: Path, entry: Mapping[str, Any]) -> bool:
    """Whether everything that the ledger has of a stage is here, Snakemake's records apart."""
    outputs = [output for out in entry["outs"] for output in dict(out)]
    return all((root / output).exists() for output in outputs if not output.endswith(".tar"))


def _describe(
    root: Path, stages: Sequence[Stage], name: str, needs: list[str], metadata: Metadata
) -> None:
    """Write each stage's file of Snakemake's records and its manifest."""
    for stage in stages:
        pack(chosen(metadata, stage.outputs(root)), root / metadata_path(stage.name))
    files = [
        file
        for stage in stages
        for file in files_of(root, [*stage.outputs(root), metadata_path(stage.name).as_posix()])
    ]
    hashes = hashes_of(root, files)
    for stage in stages:
        needed = needs if stage.name == name else []
        known = read_manifest(root, stage.name)
        manifest_of(root, stage, needed, hashes, known).write(root)


def _entry(root: Path, stage: Stage, name: str) -> dict[str, Any]:
    entry = experiment_entry if stage.name == name else shared_entry
    return entry(stage, stage.outputs(root))


def _dumped(parameters: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(parameters), sort_keys=False, allow_unicode=True)


def _say(there: Sequence[Stage], away: Collection[str], sent: int) -> None:
    kept = [stage.name for stage in there if not stage.pushed]
    tell(f"published {there[-1].name} and {len(there) - 1} derivatives; {sent} objects uploaded")
    if kept:
        tell(f"kept on this machine (push: false): {', '.join(kept)}")
    if away:
        tell(f"not here, left in the ledger as they are: {', '.join(sorted(away))}")
    tell("now tell git: git add dvc.yaml dvc.lock provenance && git commit")
