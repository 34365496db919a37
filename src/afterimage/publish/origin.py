"""Where a file comes from: the job that made it, as Snakemake and the job itself remember it."""

import ast
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import sha256_of
from afterimage.contracts.records import JobRecord, is_code, record_of

METADATA = Path(".snakemake") / "metadata"
LONGEST_NAME = 254


@dataclass(frozen=True)
class Origin:
    """What made one output.

    Attributes
    ----------
    output : str
        Relative to the working directory; a folder, if the rule declares one.
    rule : str
    log : str or None
        The job's log; None if Snakemake remembers nothing.
    inputs : dict of str to str or None
        SHA-256 of each input when the job ran; None where Snakemake has noted none.
    parameters : dict
        By name; numbered if only Snakemake remembers them, which keeps no names.
    code : dict of str to str
        A hash of each module that the job reached.
    record : JobRecord or None
        What the job left about itself; None if it ran elsewhere, or before there were records.
    """

    output: str
    rule: str
    log: str | None
    inputs: dict[str, str | None]
    parameters: dict[str, Any]
    code: dict[str, str]
    record: JobRecord | None

    @property
    def job(self) -> str:
        """What the outputs of one job share, and no two jobs do."""
        return self.log or f"{self.rule} {sorted(self.inputs)} {self.output}"


def origin_of(root: Path, output: str) -> Origin | None:
    """Return what made an output.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    output : str
        Relative to it, as a rule declares it.

    Returns
    -------
    Origin or None
        None if no job is known to have made it.

    Raises
    ------
    DataError
        If what is remembered of it is damaged.
    """
    record = record_of(root, output)
    kept = _metadata(root, output)
    if kept is None:
        if record is None:
            return None
        inputs: dict[str, str | None] = dict.fromkeys(record.inputs)
        return Origin(output, record.rule, None, inputs, record.parameters, {}, record)
    values = [_value(text) for text in kept.get("params") or []]
    others = [value for value in values if not is_code(value)]
    checksums = kept.get("input_checksums") or {}
    return Origin(
        output=output,
        rule=str(kept.get("rule")),
        log=next(iter(kept.get("log") or []), None),
        inputs={path: _hash(checksums.get(path)) for path in kept.get("input") or []},
        parameters=record.parameters if record else _numbered(others),
        code=dict(sorted(line.rsplit(" ", 1) for value in values for line in _lines(value))),
        record=record,
    )


def owner_of(root: Path, file: Path) -> Origin:
    """Return what made a file: the file as an output, or the folder of an output that holds it.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    file : Path
        Any file or folder.

    Raises
    ------
    DataError
        If it does not exist, lies outside of the working directory, or was made by no job.
    """
    absolute = Path(os.path.abspath(root / file))
    if not absolute.exists():
        raise DataError(
            f"{file}: expected an artifact of the workflow, found no such file.",
            "Name a file under derivatives/ or results/; `snakemake --summary` lists them.",
        )
    if not absolute.is_relative_to(root):
        raise _raw_file(root, absolute) or DataError(
            f"{file}: expected a file below the working directory, found one outside of it.",
            "Go to the folder in which snakemake was started, and name the file from there.",
        )
    relative = absolute.relative_to(root)
    for candidate in (relative, *relative.parents[:-1]):
        if (origin := origin_of(root, candidate.as_posix())) is not None:
            return origin
    raise _raw_file(root, absolute) or DataError(
        f"{file}: no job is known to have made this file: neither Snakemake "
        f"({METADATA}) nor provenance/jobs remembers it.",
        "Name an output of the workflow. If it is one, its records were deleted: make it again "
        f"with `snakemake --force {relative.as_posix()}`.",
    )


def refuse_changed(root: Path, origin: Origin) -> None:
    """Refuse an output that is no longer what its job made.

    Parameters
    ----------
    root : Path
    origin : Origin

    Raises
    ------
    DataError
        Naming what was recorded and what was found.
    """
    record, path = origin.record, root / origin.output
    if record is None or record.size is None:
        return
    if (found := path.stat().st_size) != record.size:
        changed = f"expected {record.size} bytes, found {found}"
    elif record.sha256 is not None and (digest := sha256_of(path)) != record.sha256:
        changed = f"expected sha256 {record.sha256}, found {digest}"
    else:
        return
    raise DataError(
        f"{origin.output}: changed after rule {origin.rule} made it ({changed}); what is known "
        "about the job says nothing about this file.",
        f"Make it again with `snakemake --force {origin.output}`, or bring the old file back.",
    )


def outputs_below(root: Path, folder: Path) -> list[str]:
    """Return the outputs in a folder that Snakemake remembers and that are there, sorted."""
    kept = root / METADATA
    names = [
        "".join(part.removeprefix("@") for part in path.relative_to(kept).parts)
        for path in kept.rglob("*")
        if path.is_file()
    ]
    outputs = [Path(urlsafe_b64decode(name).decode()) for name in names]
    inside = Path(os.path.relpath(root / folder, root))
    return sorted(
        path.as_posix()
        for path in outputs
        if path.is_relative_to(inside) and (root / path).exists()
    )


def listed_raw_files(root: Path, manifest: str) -> list[dict[str, Any]]:
    """Return the raw files that a manifest of raw files lists, each with path and size."""
    content = json.loads((root / manifest).read_text(encoding="utf-8"))
    return list(content["files"])


def _raw_file(root: Path, file: Path) -> DataError | None:
    """Return what to say of a raw file, None of any other."""
    for manifest in sorted((root / "derivatives").glob("**/raw.json")):
        name = manifest.relative_to(root).as_posix()
        for entry in listed_raw_files(root, name):
            if file.as_posix().endswith(f"/{entry['path']}"):
                digest = f", sha256 {entry['sha256']}" if "sha256" in entry else ""
                return DataError(
                    f"{file.name}: a raw file, not the output of a job; {name} pins it "
                    f"as {entry['path']}, {entry['size']} bytes{digest}.",
                    f"For the manifest itself: python -m afterimage explain {name}",
                )
    return None


def _metadata(root: Path, output: str) -> dict[str, Any] | None:
    """Read Snakemake's own record of an output."""
    name = urlsafe_b64encode(output.encode()).decode()
    *folders, last = [name[i : i + LONGEST_NAME] for i in range(0, len(name), LONGEST_NAME)]
    path = root.joinpath(METADATA, *(f"@{folder}" for folder in folders), last)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    if not isinstance(content, dict):
        raise _damaged(path, "expected a JSON object")
    return content


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not a record of Snakemake's ({why}).",
        "Delete it, and make the file again with `snakemake --force FILE`.",
    )


def _value(text: str) -> Any:
    """Return a parameter from Snakemake's text of it; text that is no literal stays text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _lines(value: Any) -> list[str]:
    """Return the "module hash" lines of a parameter that is code."""
    if not is_code(value):
        return []
    return [value] if isinstance(value, str) else [line for item in value for line in _lines(item)]


def _numbered(values: list[Any]) -> dict[str, Any]:
    return {f"parameter {number}": value for number, value in enumerate(values, 1)}


def _hash(checksum: str | None) -> str | None:
    """Return Snakemake's "sha256:..." without its prefix."""
    return checksum.removeprefix("sha256:") if checksum else None
