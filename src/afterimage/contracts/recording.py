"""Watch a job while it runs, and leave its records when it has ended well."""

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from afterimage.contracts.files import sha256_of
from afterimage.contracts.records import JobRecord, is_code, write_record

PROJECT = Path(__file__).resolve().parents[3]
NAMED_VERSIONS = ("afterimage", "snakemake", "numpy", "scipy", "pyarrow", "torch")
CODE = ("Snakefile", "workflow", "scripts", "src", "requirements.lock")
# Hashing this much takes hundredths of a second; a larger output is told by size and time.
HASHED_BYTES = 16 << 20
QUEUES = {
    "SLURM_JOB_ID": "slurm",
    "LSB_JOBID": "lsf",
    "PBS_JOBID": "pbs",
    "KUBERNETES_SERVICE_HOST": "kubernetes",
}


class Watch:
    """The clock of one job, and the state of the code when it started.

    git answers while the job works, so that no job waits for it.

    Parameters
    ----------
    snakemake : object
        The object that Snakemake puts into a script.
    """

    def __init__(self, snakemake: Any) -> None:
        self.snakemake = snakemake
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.clock = time.perf_counter()
        self.git = _ask_git(PROJECT)

    def leave_records(self, root: Path) -> None:
        """Write one record per output.

        Parameters
        ----------
        root : Path
            The working directory of the workflow.

        Raises
        ------
        OSError
            If a record cannot be written.
        """
        if not list(self.snakemake.output):
            return
        commit, dirty = _answer(self.git)
        named = self.snakemake.params.items()
        common: dict[str, Any] = {
            "rule": str(self.snakemake.rule),
            "wildcards": {name: str(value) for name, value in self.snakemake.wildcards.items()},
            "inputs": [_relative(path, root) for path in self.snakemake.input],
            "parameters": {name: value for name, value in named if not is_code(value)},
            "commit": commit,
            "dirty": dirty,
            "started": self.started,
            "seconds": round(time.perf_counter() - self.clock, 3),
            "peak_rss_mb": _peak_rss_mb(),
            "machine": machine(),
            "python": platform.python_version(),
            "versions": versions(),
            "lock": lock_hash(PROJECT),
            "executor": executor(os.environ),
        }
        for path in self.snakemake.output:
            output = _relative(path, root)
            write_record(root, JobRecord(output=output, **common, **_state_of(Path(path))))


def _relative(path: str, root: Path) -> str:
    return os.path.relpath(root / path, root).replace(os.sep, "/")


def _state_of(path: Path) -> dict[str, Any]:
    """Return what a later look can compare an output with."""
    if not path.is_file():
        return {"size": None, "modified": None, "sha256": None}
    state = path.stat()
    small = state.st_size <= HASHED_BYTES
    return {
        "size": state.st_size,
        "modified": state.st_mtime_ns,
        "sha256": sha256_of(path) if small else None,
    }


def _ask_git(project: Path) -> subprocess.Popen[str] | None:
    """Start git on the question which commit this is and whether the code differs from it."""
    if not (project / ".git").exists():
        return None
    # Set by hooks, these would send git to another repository.
    own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-C", str(project), "status"]
    try:
        return subprocess.Popen(
            [*command, "--porcelain=v2", "--branch", "--untracked-files=normal", "--", *CODE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=own,
        )
    except OSError:
        return None


def _answer(git: subprocess.Popen[str] | None) -> tuple[str | None, bool | None]:
    """Return the commit and whether the code differs from it; None for what git did not say."""
    if git is None:
        return None, None
    text, _ = git.communicate()
    lines = text.splitlines()
    commits = [line.split()[-1] for line in lines if line.startswith("# branch.oid ")]
    if git.returncode != 0 or not commits or commits[0] == "(initial)":
        return None, None
    return commits[0], any(not line.startswith("#") for line in lines)


def _peak_rss_mb() -> float:
    """Return the process's largest resident memory in MiB."""
    # Linux hands a parent's peak on to its children in getrusage, but not here.
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


@cache
def versions() -> dict[str, str]:
    """Return the versions of the packages that the numbers come from."""
    return {name: version(name) for name in NAMED_VERSIONS}


def machine() -> dict[str, Any]:
    """Return the kind of this machine: no name, no address.

    Returns
    -------
    dict
        system, processor, cores, and the name of the GPU that this process has used, or None.
    """
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "gpu": _used_gpu(),
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    if known.is_file():
        with known.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _used_gpu() -> str | None:
    """Name the GPU without importing torch or waking a device up."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return str(torch.cuda.get_device_name())


def lock_hash(project: Path) -> str | None:
    """Return the SHA-256 of the lock file of a project, None if there is none."""
    lock = project / "requirements.lock"
    return sha256_of(lock) if lock.is_file() else None


def executor(environment: Any) -> str:
    """Return the queue on whose machine this runs, by the variable that each sets."""
    return next((name for key, name in QUEUES.items() if key in environment), "local")
