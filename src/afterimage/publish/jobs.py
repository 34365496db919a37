"""The jobs behind some files, found by following Snakemake's records backwards."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.publish.metadata import Metadata


@dataclass(frozen=True)
class Job:
    """One job that was run.

    Attributes
    ----------
    rule : str
    log : str
        The job's log file: unique to it, and the same on every machine.
    outputs : tuple of str
        What it made and what is still there, or may come from elsewhere; files and folders.
    inputs : tuple of str
    params : tuple of str
        As Snakemake keeps them: the text of each value.
    """

    rule: str
    log: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    params: tuple[str, ...]

    def there(self, root: Path) -> list[str]:
        """Return the outputs that exist."""
        return [output for output in self.outputs if (root / output).exists()]


def jobs_behind(targets: Iterable[str], metadata: Metadata) -> list[Job]:
    """Return the jobs that made some files, what those were made from, and so on.

    Outputs of one job share its rule, log, inputs and params. A record that only shares the log
    is of an older version of the job, and no file of its own.

    Parameters
    ----------
    targets : iterable of str
        Outputs of the workflow.
    metadata : dict of str to dict
        See :func:`read_metadata`.

    Returns
    -------
    list of Job
        Sorted by log.

    Raises
    ------
    DataError
        If Snakemake has no record of a target.
    """
    together: dict[str, list[str]] = {}
    for output, record in metadata.items():
        together.setdefault(_identity(record), []).append(output)
    found: dict[str, Job] = {}
    waiting = list(targets)
    for target in waiting:
        if target not in metadata:
            raise DataError(
                f"{target}: Snakemake has no record of what made it.",
                "Make it with this workflow: delete it and run `snakemake`.",
            )
    while waiting:
        output = waiting.pop()
        if output not in metadata or (identity := _identity(metadata[output])) in found:
            continue
        record = metadata[output]
        found[identity] = Job(
            rule=record["rule"],
            log=record["log"][0],
            outputs=tuple(sorted(together[identity])),
            inputs=tuple(record["input"]),
            params=tuple(record["params"]),
        )
        waiting += record["input"]
    return sorted(found.values(), key=lambda job: job.log)


def _identity(record: dict[str, object]) -> str:
    return json.dumps([record.get(key) for key in ("rule", "log", "input", "params")])
