"""What a run left in SLURM's queue, because its head was killed or let go of a job."""

import re
import shutil
import subprocess
from pathlib import Path
from warnings import warn

from afterimage.contracts.errors import ConfigError

SECONDS = 60
# What the SLURM executor calls its jobs, with the prefix of our profile or without.
RUN = re.compile(r"^SLURM run ID: (\S+)$", re.MULTILINE)
OURS = re.compile(r"(?:[\w-]+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def refuse_while_jobs_are_queued(folder: Path) -> None:
    """Refuse to start while jobs of a killed run are queued or at work in a folder.

    They outlive their head, and one that writes the same file as a job of the new run would
    compute it twice and could lose it.

    Parameters
    ----------
    folder : Path
        Where Snakemake works. SLURM is asked only if an earlier run was cut off here.

    Raises
    ------
    ConfigError
        With the number of jobs and what to do about them.
    """
    marks = folder / ".snakemake" / "incomplete"
    if not marks.is_dir() or not any(marks.iterdir()) or not shutil.which("squeue"):
        return
    if left := jobs_of(folder, _queue()):
        numbers = " ".join(left)
        raise ConfigError(
            f"{folder}: jobs of an earlier run are still in SLURM's queue ({len(left)}), and would "
            "write the same files.",
            f"Wait until they have ended (squeue --me), or stop them: scancel {numbers}",
        )


def cancel_jobs_of_run(text: str) -> None:
    """Cancel what is left of a run that has ended, of which nothing should be left.

    The executor forgets its jobs while it asks for their state, so one that Ctrl-C comes upon in
    that moment cancels none.

    Parameters
    ----------
    text : str
        Snakemake's own log, where the executor names its run; of other executors nothing is done.
    """
    found = RUN.search(text)
    if found and shutil.which("scancel"):
        subprocess.run(["scancel", "--me", f"--name={found[1]}"], timeout=SECONDS, check=False)


def jobs_of(folder: Path, queue: str) -> list[str]:
    """Return the numbers of the executor's jobs that work in a folder.

    Parameters
    ----------
    folder : Path
        Where Snakemake works.
    queue : str
        Lines of `number|name|folder`.
    """
    found = []
    for line in queue.splitlines():
        number, name, place = line.split("|", 2)
        if OURS.fullmatch(name) and Path(place).resolve() == folder.resolve():
            found.append(number)
    return found


def _queue() -> str:
    """Return what the user has in the queue."""
    command = ["squeue", "--me", "--noheader", "--states=PD,R,S,CF", "--format=%i|%j|%Z"]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        # A run on this machine alone must not depend on a cluster that is down.
        warn(
            f"an earlier run was cut off here, and SLURM does not say what is left of it: {error}",
            stacklevel=2,
        )
        return ""
