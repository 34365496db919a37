"""Why a cluster ended a job: the job itself cannot say it, only the queue's log of it does."""

import re
from pathlib import Path

# SLURM's daemon on the node (named, if the machine has several): limits, cancelled, node failure.
ENDED = re.compile(r"^(?:slurmstepd(?:-\S+)?|srun): error: \**\s*(.*?)\s*\**$", re.MULTILINE)
TELLING = ("LIMIT", "CANCELLED", "memory", "FAILURE", "oom")


def reasons_in(queue_log: Path) -> list[str]:
    """Return what SLURM says about the end of a job.

    Parameters
    ----------
    queue_log : Path
        The log of the queue, which need not exist.

    Returns
    -------
    list of str
        One line for each reason, in order; empty if there is none.
    """
    if not queue_log.is_file():
        return []
    found = ENDED.findall(queue_log.read_text(encoding="utf-8", errors="replace"))
    return list(dict.fromkeys(line for line in found if any(word in line for word in TELLING)))
