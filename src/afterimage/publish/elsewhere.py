"""The stages whose files are under a licence and were never in this clone."""

from collections.abc import Iterable
from pathlib import Path

from afterimage.publish.jobs import Job
from afterimage.publish.ledger import read_ledger
from afterimage.publish.manifest import read_manifest
from afterimage.publish.metadata import Metadata


def stages_elsewhere(
    root: Path, jobs: Iterable[Job], metadata: Metadata
) -> tuple[set[str], set[str]]:
    """Return the stages of inputs that Snakemake has no record of, and what those came from.

    A clone that may not have the derivatives has no records of them either; what they were made
    from stands in their manifests.

    Parameters
    ----------
    root : Path
    jobs : iterable of Job
    metadata : dict of str to dict

    Returns
    -------
    stages : set of str
    files : set of str
        Outputs of this clone's jobs from which the files of these stages were made.
    """
    owners = {
        output: name
        for name, entry in read_ledger(root).items()
        for out in entry.get("outs", [])
        for output in (out if isinstance(out, dict) else [out])
    }
    waiting = [file for job in jobs for file in job.inputs]
    found: set[str] = set()
    here: set[str] = set()
    while waiting:
        file = waiting.pop()
        owner = owners.get(file)
        if file in metadata:
            here.add(file)
            continue
        if owner is None or owner in found:
            continue
        found.add(owner)
        manifest = read_manifest(root, owner)
        waiting += [one for job in (manifest.jobs if manifest else []) for one in job["inputs"]]
    return found, here
