"""What a published stage consists of: each file's hash, and how each job came about.

A manifest is a text file in git. Whoever trusts the commit can check every file against it,
whichever way the file came.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text
from afterimage.contracts.records import JobRecord, record_of
from afterimage.publish.code_lines import code_in, fingerprint, without_code
from afterimage.publish.hashes import files_of
from afterimage.publish.jobs import Job
from afterimage.publish.stages import Stage, manifest_path, metadata_path

FORMAT = 1

# What a job's record says of the file as it lay on one machine, or what stands in the entry.
OF_THE_FILE = ("output", "rule", "inputs", "size", "modified", "sha256")
KEYS = {"format", "stage", "needs", "pushed", "metadata", "code", "jobs"}


@dataclass(frozen=True)
class Manifest:
    """The content of ``provenance/<stage>.json``.

    Attributes
    ----------
    stage : str
    needs : list of str
        The other stages whose files this one was made from; empty for a derivative.
    pushed : bool
        Whether the files were allowed to leave the machine they were made on.
    metadata : str
        SHA-256 of the file of Snakemake's records.
    code : dict of str to str
        A hash of each module that the jobs reached, without comments and docstrings.
    jobs : list of dict
        Of each job: log, rule, inputs, params (without code), code (one hash of all its modules),
        outputs (each with the record its job left, or null), and files, each with sha256 and size.
    """

    stage: str
    needs: list[str]
    pushed: bool
    metadata: str
    code: dict[str, str]
    jobs: list[dict[str, Any]]

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of each file, that of Snakemake's records included."""
        own = {metadata_path(self.stage).as_posix(): self.metadata}
        made = {file: entry["sha256"] for job in self.jobs for file, entry in job["files"].items()}
        return {**made, **own}

    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(entry["size"] for job in self.jobs for entry in job["files"].values())

    def outputs(self) -> dict[str, dict[str, Any] | None]:
        """Return the record of each output, None where its job left none."""
        return {output: record for job in self.jobs for output, record in job["outputs"].items()}

    def write(self, root: Path) -> None:
        """Write it to its place."""
        content = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True)
        write_text(root / manifest_path(self.stage), content + "\n")


def read_manifest(root: Path, stage: str) -> Manifest | None:
    """Return the manifest of a stage, None if there is none.

    Raises
    ------
    DataError
        If it is damaged, or of another version of Afterimage.
    """
    path = root / manifest_path(stage)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    if not isinstance(content, dict) or set(content) != KEYS:
        raise _damaged(path, f"expected an object with the keys {', '.join(sorted(KEYS))}")
    if content.pop("format") != FORMAT:
        raise _damaged(path, f"expected format {FORMAT}")
    return Manifest(**content)


def manifest_of(
    root: Path,
    stage: Stage,
    needs: list[str],
    hashes: Mapping[str, str],
    known: Manifest | None,
) -> Manifest:
    """Describe a stage as it lies on disk.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    stage : Stage
    needs : list of str
        The other stages that it was made from.
    hashes : mapping of str to str
        SHA-256 of each of its files, and of the file of Snakemake's records.
    known : Manifest or None
        The one that was published before. A job that made the same bytes from the same code and
        values keeps its entry, and with it the commit and the machine that really made them.

    Returns
    -------
    Manifest
    """
    before = {job["log"]: job for job in known.jobs} if known else {}
    jobs = []
    for job in stage.jobs:
        if there := job.there(root):
            entry = _entry_of(root, job, there, hashes)
            old = before.get(job.log)
            jobs.append(old if old is not None and _is_same(old, entry) else entry)
    code = {name: digest for job in stage.jobs for name, digest in code_in(job.params).items()}
    metadata = hashes[metadata_path(stage.name).as_posix()]
    return Manifest(stage.name, needs, stage.pushed, metadata, code, jobs)


def _entry_of(root: Path, job: Job, there: list[str], hashes: Mapping[str, str]) -> dict[str, Any]:
    files = {
        file: {"sha256": hashes[file], "size": (root / file).stat().st_size}
        for file in files_of(root, there)
    }
    return {
        "log": job.log,
        "rule": job.rule,
        "inputs": list(job.inputs),
        "params": without_code(job.params),
        "code": fingerprint(job.params),
        "outputs": {output: _kept(record_of(root, output)) for output in there},
        "files": files,
    }


def _kept(record: JobRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {key: value for key, value in asdict(record).items() if key not in OF_THE_FILE}


def _is_same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two entries differ at most in what the jobs' records say of time and place."""
    return {**old, "outputs": sorted(old["outputs"])} == {**new, "outputs": sorted(new["outputs"])}


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not a manifest of this version of Afterimage ({why}).",
        "Take it from git again (`git checkout -- FILE`), or publish again.",
    )
