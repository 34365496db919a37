"""Bring what was published, check every byte, and prove that nothing is left to run."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from afterimage.contracts.config.experiment import Publish
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.progress import tell
from afterimage.contracts.records import JobRecord, write_record
from afterimage.publish.hashes import hashes_of
from afterimage.publish.ledger import object_of, params_path
from afterimage.publish.manifest import Manifest, read_manifest
from afterimage.publish.metadata import write_metadata
from afterimage.publish.packing import unpack
from afterimage.publish.plan import Planned, planned
from afterimage.publish.repository import Repository
from afterimage.publish.stages import manifest_path, metadata_path, results_stage
from afterimage.publish.values import differing_values

NAMED = 5


def restore(
    root: Path,
    experiment: str,
    parameters: Mapping[str, Any],
    settings: Publish,
    snakefile: Path,
    configuration: Mapping[str, Any],
) -> None:
    """Restore a published experiment.

    Safe to be killed at any moment and to be called again. A file of one's own is never replaced.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    experiment : str
    parameters : mapping
        The resolved configuration here, as far as it decides about results.
    settings : Publish
    snakefile : Path
    configuration : mapping
        The configuration as Snakemake merged it.

    Raises
    ------
    ConfigError
        If the experiment was not published in this commit.
    DataError
        If a file is damaged or missing, differs from one's own, or jobs would run all the same:
        the code or the value that differs is named.
    """
    repository = Repository(root, settings.remote)
    manifests = _manifests(root, experiment)
    here, missing = _look(root, manifests)
    _bring(root, repository, here, missing)
    for manifest in here:
        _remember(root, manifest)
    _prove(planned(snakefile, configuration), root / params_path(here[-1].stage), parameters)
    away = [manifest.stage for manifest in manifests if manifest not in here]
    _say(here, missing, away)


def _manifests(root: Path, experiment: str) -> list[Manifest]:
    """Return the manifests of an experiment and of all that it was made from, its own last."""
    name = results_stage(experiment)
    own = read_manifest(root, name)
    if own is None:
        raise ConfigError(
            f"{manifest_path(name)}: there is no such file, so '{experiment}' was not published "
            "in this commit.",
            "Check out a commit that holds it, or make the results: run `snakemake`.",
        )
    manifests = []
    for needed in own.needs:
        manifest = read_manifest(root, needed)
        if manifest is None:
            raise DataError(
                f"{manifest_path(needed)}: missing, but '{name}' was made from it.",
                "Restore the file from git, or ask who published to commit it.",
            )
        manifests.append(manifest)
    return [*manifests, own]


def _look(root: Path, manifests: Sequence[Manifest]) -> tuple[list[Manifest], dict[str, str]]:
    """Return the stages that can be here, and the hashes of their files that are not yet.

    What is kept elsewhere counts as here if its files are, all of them.
    """
    here, missing = [], {}
    for manifest in manifests:
        files = manifest.files()
        absent = {file: digest for file, digest in files.items() if not (root / file).is_file()}
        if absent and not manifest.pushed:
            continue
        here.append(manifest)
        missing.update(absent)
    expected = {file: digest for one in here for file, digest in one.files().items()}
    present = [file for file in expected if file not in missing]
    if different := _different(root, present, expected):
        raise DataError(
            f"{_named(different)}: not as published. A file of your own is never replaced.",
            "Move it away, or delete it (and dvc.lock's version comes); then run again.",
        )
    return here, missing


def _bring(
    root: Path, repository: Repository, here: Sequence[Manifest], missing: Mapping[str, str]
) -> None:
    """Pull the stages of missing files by name; refuse what does not have its hash.

    DVC may leave a damaged file in place, or leave it out and report success.
    """
    if not missing:
        return
    tell(f"bringing {len(missing)} files")
    complaint = ""
    try:
        repository.pull([one.stage for one in here if not missing.keys().isdisjoint(one.files())])
    except DataError as error:
        complaint = f" ({error.what})"
    came = [file for file in missing if (root / file).is_file()]
    damaged = _different(root, came, missing)
    for file in damaged:
        # It came a moment ago, and must not be taken for a result.
        (root / file).unlink()
    lost = sorted({*missing} - {*came})
    if damaged or lost:
        bad = [*damaged, *lost]
        objects = [place for file in bad if (place := object_of(root, file))]
        where = f" ({_named(objects)})" if objects else ""
        raise DataError(
            f"{_named(bad)}: what was published is damaged or missing{where}, in the remote or in "
            f"the cache of this clone{complaint}. Nothing damaged was kept.",
            "Empty this clone's cache (rm -r .dvc/cache) and run again. If that does not help, "
            "delete the object in the remote, and ask who published it to publish again.",
        )
    if complaint:
        raise DataError(f"dvc pull{complaint}", "Mend it and run again.")
    # One time for all: Snakemake need not read every file again to see that none is newer.
    now = time.time_ns()
    for file in came:
        os.utime(root / file, ns=(now, now))


def _different(root: Path, files: Iterable[str], expected: Mapping[str, str]) -> list[str]:
    found = hashes_of(root, files, "checking")
    return sorted(file for file, digest in found.items() if digest != expected[file])


def _remember(root: Path, manifest: Manifest) -> None:
    """Give Snakemake its records, and each output what its job left about itself."""
    outputs = manifest.outputs()
    write_metadata(root, unpack(root / metadata_path(manifest.stage), outputs))
    files = manifest.files()
    for job in manifest.jobs:
        for output, record in job["outputs"].items():
            if record is not None:
                write_record(root, _record(root, job, output, record, files.get(output)))


def _record(
    root: Path, job: Mapping[str, Any], output: str, kept: Mapping[str, Any], digest: str | None
) -> JobRecord:
    """Return the record of a job that ran elsewhere, for the file as it lies here."""
    state = (root / output).stat() if digest else None
    return JobRecord(
        output=output,
        rule=job["rule"],
        inputs=job["inputs"],
        size=state.st_size if state else None,
        modified=state.st_mtime_ns if state else None,
        sha256=digest,
        **kept,
    )


def _prove(plan: Planned, published: Path, parameters: Mapping[str, Any]) -> None:
    """Refuse if jobs are planned, and say what differs."""
    if not plan.jobs:
        return
    values = differing_values(published, parameters)
    causes = [
        *([f"code that differs from what was published: {', '.join(plan.code)}"] * bool(plan.code)),
        *([f"values that differ: {', '.join(values)}"] * bool(values)),
    ]
    raise DataError(
        f"the files were restored and checked, but jobs would run: {plan.told()}; "
        f"{'; '.join(causes) or 'see `snakemake -n` for the reasons'}.",
        "Check out the commit that was published, with its configuration; or run `snakemake`, "
        "which runs just these jobs.",
    )


def _named(files: Sequence[str]) -> str:
    more = len(files) - NAMED
    return ", ".join(files[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _say(here: Sequence[Manifest], missing: Mapping[str, str], away: Sequence[str]) -> None:
    count = sum(len(manifest.files()) for manifest in here)
    tell(f"restored {here[-1].stage}: {count} files checked, {len(missing)} of them brought now")
    if away:
        tell(f"not published (push: false), and not here: {', '.join(away)}")
    tell("nothing is left to run")
