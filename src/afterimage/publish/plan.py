"""What Snakemake would do now, asked in a process of its own."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from afterimage.contracts.errors import DataError
from afterimage.publish.code_lines import LINE

COUNT = re.compile(r"^(\w+)\s+(\d+)\s*$")
CHANGED = re.compile(r"before: (.*?) ?now: (.*)$")
TOLD = 3


@dataclass(frozen=True)
class Planned:
    """A dry run.

    Attributes
    ----------
    jobs : dict of str to int
        How many jobs of each rule would run.
    code : list of str
        The modules that differ from what made the files.
    """

    jobs: dict[str, int]
    code: list[str]

    def told(self) -> str:
        """Return the jobs in words."""
        named = [f"{count} {rule}" for rule, count in list(self.jobs.items())[:TOLD]]
        more = len(self.jobs) - len(named)
        return ", ".join(named) + (f" and those of {more} more rules" if more else "")


def planned(snakefile: Path, configuration: Mapping[str, Any]) -> Planned:
    """Ask Snakemake what it would run, in the current folder.

    Parameters
    ----------
    snakefile : Path
    configuration : mapping
        As Snakemake merged it: a value of ``--config`` must count here too.

    Returns
    -------
    Planned

    Raises
    ------
    DataError
        If Snakemake fails, in its own words.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        yaml.safe_dump(dict(configuration), file)
        file.flush()
        # No file is locked: the run that asks holds the lock.
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "all", "--dry-run", "--nolock",
             "--snakefile", str(snakefile), "--configfile", file.name],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise DataError(
            "`snakemake --dry-run` failed, so it is not known what would run: "
            f"{said.strip()[-500:]}",
            "Run it yourself and mend what it says.",
        )
    return understood(said)


def understood(said: str) -> Planned:
    """Read what a dry run says."""
    jobs: dict[str, int] = {}
    for line in said[said.find("Job stats") :].splitlines() if "Job stats" in said else []:
        if found := COUNT.match(line):
            jobs[found[1]] = int(found[2])
    jobs.pop("total", None)
    jobs.pop("all", None)
    code: set[str] = set()
    for line in said.splitlines():
        if change := CHANGED.search(line):
            before, now = set(LINE.findall(change[1])), set(LINE.findall(change[2]))
            code |= {name for name, _ in before ^ now}
    return Planned(jobs, sorted(code))
