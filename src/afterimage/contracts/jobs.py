"""What every job does around its one function: log, threads, errors, dying with the head."""

import ctypes
import errno
import logging
import os
import platform
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from afterimage.contracts import progress
from afterimage.contracts.errors import UserError
from afterimage.contracts.heap import return_large_blocks
from afterimage.contracts.privacy import keep_private
from afterimage.contracts.recording import Watch, versions

PR_SET_PDEATHSIG = 1
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
NOT_ALLOWED = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Run a rule's work with its log, its threads and its way of failing.

    Parameters
    ----------
    snakemake : object
        The object that Snakemake puts into a script.

    Yields
    ------
    logging.Logger
        Writes to the rule's log file.
    """
    _die_with_the_head()
    return_large_blocks()
    # Before the first file is made, the log included.
    raw = snakemake.resources.get("data_root")
    keep_private([*snakemake.input, *([raw] if raw else [])])
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    log = _open_log(path)
    _write_header(log, snakemake)
    watch = Watch(snakemake)
    threads = int(snakemake.resources.get("blas_threads", 1))
    try:
        with _limited_threads(threads):
            yield log
    except UserError as error:
        for line in error.details:
            log.info("%s", line)
        _fail(log, error.what, error.remedy)
    except MemoryError as error:
        _fail(
            log,
            f"{snakemake.rule}: the machine's memory is used up ({error}).",
            "Close other programs, or run on a machine with more memory.",
        )
    except OSError as error:
        _fail_for_the_disk(log, error, str(next(iter(snakemake.output), snakemake.rule)))
    except Exception:
        log.error("this is a bug in Afterimage; the traceback stands above in this log: %s", path)
        traceback.print_exc()
        raise SystemExit(1) from None
    _leave_records(log, watch)
    log.info("done")


def _die_with_the_head() -> None:
    """Ask Linux to kill this process when Snakemake's head dies, so that no job goes on alone."""
    if platform.system() != "Linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent == 1 or os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _open_log(path: Path) -> logging.Logger:
    """Send logging, warnings and everything printed to the log file; keep the terminal for bars."""
    stream = path.open("w", encoding="utf-8", buffering=1)
    progress.TERMINAL = os.fdopen(os.dup(2), "w", buffering=1)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)
    logging.basicConfig(
        stream=stream,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        force=True,
    )
    logging.captureWarnings(True)
    return logging.getLogger("afterimage")


def _write_header(log: logging.Logger, snakemake: Any) -> None:
    log.info("rule %s, wildcards %s", snakemake.rule, dict(snakemake.wildcards.items()))
    log.info(
        "python %s; %s",
        platform.python_version(),
        ", ".join(f"{name} {number}" for name, number in versions().items()),
    )
    resources = snakemake.resources
    log.info(
        "device %s, blas_threads %s, seed %s, process %d",
        resources.get("device", "cpu"),
        resources.get("blas_threads", 1),
        snakemake.params.get("seed", "none"),
        os.getpid(),
    )


@contextmanager
def _limited_threads(threads: int) -> Iterator[None]:
    """Set the threads of BLAS now, and of torch now or when it is imported."""
    from threadpoolctl import threadpool_limits

    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    with threadpool_limits(threads):
        yield


def _leave_records(log: logging.Logger, watch: Watch) -> None:
    """Leave the job's records; a job that has made its outputs does not fail for one of them."""
    try:
        watch.leave_records(Path.cwd())
    except Exception as error:
        log.warning("no record of this job for `explain` and `publish`: %s", error)


def _fail(log: logging.Logger, what: str, remedy: str) -> None:
    """Write the two lines that the terminal repeats, and end the job."""
    log.error("%s", what)
    log.error("%s", remedy)
    raise SystemExit(1)


def _fail_for_the_disk(log: logging.Logger, error: OSError, output: str) -> None:
    """Tell a full or read-only disk in two lines; anything else is a bug."""
    where = error.filename or output
    if error.errno in NO_SPACE or "No space left" in str(error):
        _fail(
            log,
            f"{where}: no space left on the disk.",
            "Free some space and run again; nothing half-written was left behind.",
        )
    if error.errno in NOT_ALLOWED:
        _fail(
            log,
            f"{where}: {error.strerror}.",
            "Make the folder writable (or readable) for you and run again.",
        )
    traceback.print_exc()
    _fail(log, f"{where}: {error}.", "The log has the details; check the file and run again.")
