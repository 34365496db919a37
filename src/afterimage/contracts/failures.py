"""What the terminal shows last when jobs have failed, or when none can make what is asked for."""

import re
from collections.abc import Sequence
from pathlib import Path

from afterimage.contracts.errors import ConfigError
from afterimage.contracts.queue_logs import reasons_in

RESULT = re.compile(r"(?:\./)?results/([^/]+)/")
JOB_OR_LOG = re.compile(r"^\s*(?:jobid: (\d+)$|log: (.+) \(check log file)", re.MULTILINE)
FINISHED = re.compile(r"^Finished jobid: (\d+)", re.MULTILINE)


def failure_lines(log_path: Sequence[str] | str) -> list[str]:
    """Return the error lines of each failed job and where its log lies.

    Parameters
    ----------
    log_path : str or sequence of str
        Snakemake's own log, as it hands it to `onerror`.

    Returns
    -------
    list of str
        A two-line message, preceded by the log's path, of each failed job; jobs that failed for
        the same reason, such as the sessions of a recording, share one.
    """
    path = Path(log_path if isinstance(log_path, str) else log_path[0])
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    reasons: dict[tuple[str, ...], list[str]] = {}
    for job_log, queue_logs in _logs_named(text).items():
        reasons.setdefault(tuple(_told(Path(job_log), queue_logs)), []).append(job_log)
    lines: list[str] = []
    for told, (first, *others) in reasons.items():
        also = f" (and in {len(others)} more)" if others else ""
        lines += ["", f"error in {first}{also}", *told]
    return lines


def _logs_named(text: str) -> dict[str, list[Path]]:
    """Return the log of each job that failed in all its tries, and the logs a queue kept of it.

    Rules name theirs relative to the project, a queue's are absolute. Of jobs that share a job of
    the queue, Snakemake names the queue's log once, before theirs.
    """
    named: dict[str, list[Path]] = {}
    of_group: list[Path] = []
    finished, job = set(FINISHED.findall(text)), ""
    for found in JOB_OR_LOG.finditer(text):
        if found[1]:
            job = found[1]
            continue
        paths = [Path(path) for path in found[2].split(", ")]
        own = [str(path) for path in paths if not path.is_absolute()]
        of_queue = [path for path in paths if path.is_absolute()]
        if not own:
            of_group = of_queue
        elif job not in finished:
            named |= dict.fromkeys(own, of_queue or of_group)
    return named


def _told(job_log: Path, queue_logs: Sequence[Path] = ()) -> list[str]:
    """Return the messages of a job's ERROR lines, or what the queue says of its end."""
    if not job_log.is_file():
        ended = [f"  the job left no log at {job_log}"]
    else:
        content = job_log.read_text(encoding="utf-8", errors="replace").splitlines()
        if told := [line.partition(" ERROR ")[2] for line in content if " ERROR " in line]:
            return [f"  {line}" for line in told]
        ended = [f"  the job was ended from outside; see {job_log}"]
    for queue_log in queue_logs:
        ended += [f"  {reason}" for reason in reasons_in(queue_log)]
        ended += [f"  the queue's log: {queue_log}"]
    return ended


def refuse_other_experiments(arguments: Sequence[str], experiment: str) -> None:
    """Refuse a command line that asks for results of an experiment that is not configured.

    Parameters
    ----------
    arguments : sequence of str
        The command line. Snakemake does not tell a Snakefile its targets, and without this a
        target of another experiment would end as a missing rule.
    experiment : str
        The configured one.

    Raises
    ------
    ConfigError
        Naming the target and the configuration that makes it.
    """
    for argument in arguments:
        found = RESULT.match(argument)
        if found and found[1] != experiment:
            raise ConfigError(
                f"{argument}: the configuration is that of the experiment '{experiment}', "
                f"which makes results/{experiment}/ only.",
                f"Choose the other one: --configfile config/experiments/{found[1]}.yaml",
            )
