"""What each finished job leaves about itself, one small file per output, outside the results.

Times, machines and commits differ between two runs that make the same bytes, so they may not be
in the results. ``provenance/jobs/`` holds them, by the name of the output.
"""

import json
import re
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError

FOLDER = Path("provenance") / "jobs"
LONGEST_NAME = 200
CODE = re.compile(r"[\w./-]+ ([0-9a-f]{16}|[0-9a-f]{64}|missing)")


@dataclass(frozen=True)
class JobRecord:
    """What made one output, and at what cost.

    Attributes
    ----------
    output : str
        Relative to the working directory, as are the inputs.
    rule : str
    wildcards : dict of str to str
    inputs : list of str
    parameters : dict
        The rule's named parameters, hashes of code apart; what JSON cannot hold is text.
    commit : str or None
        The commit of the code when the job started; None outside a clone.
    dirty : bool or None
        Whether the code differed from that commit; None if git could not tell.
    started : str
        ISO 8601, UTC, in seconds.
    seconds : float
        From the start of the job's work to its end; imports apart.
    peak_rss_mb : float
        The largest resident memory of the job's process, in MiB.
    machine : dict
        Its kind only: system, processor, cores, gpu (the name of the one that was used, or None).
    python : str
    versions : dict of str to str
        Of the packages that the numbers come from.
    lock : str or None
        SHA-256 of ``requirements.lock``.
    executor : str
        "local", or the queue that ran the job: "slurm", "lsf", "pbs", "kubernetes".
    size : int or None
        Bytes of the output when the job ended; None for a folder.
    modified : int or None
        Its time of modification in nanoseconds since 1970; None for a folder.
    sha256 : str or None
        Of the output, if it is small enough to be hashed in passing.
    """

    output: str
    rule: str
    wildcards: dict[str, str]
    inputs: list[str]
    parameters: dict[str, Any]
    commit: str | None
    dirty: bool | None
    started: str
    seconds: float
    peak_rss_mb: float
    machine: dict[str, Any]
    python: str
    versions: dict[str, str]
    lock: str | None
    executor: str
    size: int | None
    modified: int | None
    sha256: str | None


def record_path(root: Path, output: str) -> Path:
    """Return where the record of an output lies.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    output : str
        Relative to it.

    Returns
    -------
    Path
        Named by the URL-safe base64 of the output's name, without padding. A name that is too
        long for one file is cut into folders.
    """
    name = urlsafe_b64encode(output.encode()).decode().rstrip("=")
    *folders, last = [name[i : i + LONGEST_NAME] for i in range(0, len(name), LONGEST_NAME)]
    return root.joinpath(FOLDER, *(f"@{folder}" for folder in folders), f"{last}.json")


def record_of(root: Path, output: str) -> JobRecord | None:
    """Read what the job that made an output left about itself.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    output : str
        Relative to it.

    Returns
    -------
    JobRecord or None
        None if no job left a record.

    Raises
    ------
    DataError
        If the record is damaged.
    """
    path = record_path(root, output)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    wanted = {field.name for field in fields(JobRecord)}
    if not isinstance(content, dict) or set(content) != wanted:
        raise _damaged(path, f"expected an object with the keys {', '.join(sorted(wanted))}")
    return JobRecord(**content)


def write_record(root: Path, record: JobRecord) -> None:
    """Write a record beside its place and rename it.

    It is not forced to the disk: a record that is lost with the power costs no result. The
    temporary name is always the same, so what a killed job left is overwritten by the next one.
    """
    path = record_path(root, record.output)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    text = json.dumps(asdict(record), indent=1, sort_keys=True, default=str)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def is_code(value: Any) -> bool:
    """Say whether a rule's parameter is code: "module hash", or a list of such.

    Parameters
    ----------
    value : object
        A parameter as :mod:`afterimage.contracts.code` makes them, or any other.
    """
    if isinstance(value, str):
        return CODE.fullmatch(value) is not None
    return isinstance(value, list) and bool(value) and all(is_code(item) for item in value)


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not the record of a job ({why}).",
        "Delete it; the job that runs next for this file writes a new one.",
    )
