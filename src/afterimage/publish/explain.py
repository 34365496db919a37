"""Say what made a file: ``python -m afterimage explain FILE``."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import UserError
from afterimage.contracts.files import sha256_of
from afterimage.contracts.recording import PROJECT, lock_hash
from afterimage.contracts.records import JobRecord
from afterimage.publish.chain import chain_of
from afterimage.publish.origin import Origin, owner_of, refuse_changed

UNKNOWN = "unknown: the job left no record here"


def add_command(commands: Any) -> None:
    """Add ``explain`` to the commands of ``python -m afterimage``."""
    parser = commands.add_parser("explain", help="say what made a file, a figure included")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--deep", action="store_true", help="also the files it was made from, up to the raw data"
    )
    parser.set_defaults(run=explain)


def explain(arguments: argparse.Namespace) -> int:
    """Print what made a file, or why that cannot be told."""
    root = Path.cwd()
    try:
        origin = owner_of(root, arguments.file)
        refuse_changed(root, origin)
        lines = explanation(root, origin)
        if arguments.deep:
            lines += ["", *ancestry(root, origin)]
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


def explanation(root: Path, origin: Origin) -> list[str]:
    """Return lines that say what made an output.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    origin : Origin

    Returns
    -------
    list of str
        Names on the left; what is not known says so.
    """
    log = f" (log {origin.log})" if origin.log else ""
    inputs = [f"{path}  {_seen(root, path, was)}" for path, was in origin.inputs.items()]
    parameters = [f"{key}: {_short(value)}" for key, value in origin.parameters.items()]
    code = [f"{module} {digest}" for module, digest in origin.code.items()]
    return [
        origin.output,
        f"  file         {_content(root / origin.output)}",
        f"  made by      rule {origin.rule}{log}",
        *_facts(origin.record),
        *_block("parameters", parameters),
        *_block("code", code),
        *_block("inputs", inputs),
    ]


def ancestry(root: Path, origin: Origin) -> list[str]:
    """Return one line for each output that a file was made from, the nearest first.

    Parameters
    ----------
    root : Path
    origin : Origin

    Returns
    -------
    list of str
        The last line sums up what all jobs cost, this file's included.
    """
    chain = chain_of(root, origin)
    lines = ["made from, the nearest first:"]
    for ancestor in chain.origins[1:]:
        record = ancestor.record
        known = f"{_commit(record)}, {record.seconds:.1f} s" if record else UNKNOWN
        lines.append(f"  {ancestor.output}  rule {ancestor.rule}, {known}")
    lines += [f"  {path}  which no job made" for path in chain.sources]
    return [*lines, f"{chain.jobs()} jobs, {chain.seconds():.1f} s of work in all"]


def _facts(record: JobRecord | None) -> list[str]:
    if record is None:
        return [f"  job          {UNKNOWN}"]
    machine = record.machine
    versions = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    return [
        f"  wildcards    {', '.join(f'{k}={v}' for k, v in record.wildcards.items()) or 'none'}",
        f"  started      {record.started}",
        f"  cost         {record.seconds:.1f} s, {record.peak_rss_mb:.0f} MiB of memory at most",
        f"  machine      {machine['system']}, {machine['processor']}, {machine['cores']} cores, "
        f"GPU {machine['gpu'] or 'not used'}; executor {record.executor}",
        f"  commit       {_commit(record)}",
        f"  environment  python {record.python}; {versions}",
        f"  lock file    {_lock(record)}",
    ]


def _commit(record: JobRecord) -> str:
    if record.commit is None:
        return "no commit known"
    state = {True: " with changes that are not in it", False: "", None: ""}[record.dirty]
    return f"commit {record.commit}{state}"


def _lock(record: JobRecord) -> str:
    if record.lock is None:
        return "none"
    same = "the same as now" if record.lock == lock_hash(PROJECT) else "another one than now"
    return f"requirements.lock, sha256 {record.lock}, {same}"


def _content(path: Path) -> str:
    if path.is_dir():
        return f"a folder of {sum(1 for each in path.rglob('*') if each.is_file())} files"
    return f"sha256 {sha256_of(path)}, {path.stat().st_size} bytes"


def _seen(root: Path, path: str, was: str | None) -> str:
    """Return an input's hash when the job ran, and what became of it."""
    noted = f"sha256 {was}" if was else "no hash noted"
    file = root / path
    if not file.exists():
        return f"{noted}, no longer there"
    if was and file.is_file() and sha256_of(file) != was:
        return f"{noted}, CHANGED since"
    return noted


def _short(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _block(title: str, lines: list[str]) -> list[str]:
    return [f"  {title}", *(f"    {line}" for line in lines or ["none"])]
