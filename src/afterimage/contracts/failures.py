"""What the terminal shows last when jobs have failed, or when none can make what is asked for."""

import re
from collections.abc import Sequence
from pathlib import Path

from afterimage.contracts.errors import ConfigError

RESULT = re.compile(r"(?:\./)?results/([^/]+)/")
LOG_LINE = re.compile(r"^\s*log: (\S+) \(check log file", re.MULTILINE)


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
    for job_log in dict.fromkeys(LOG_LINE.findall(text)):
        reasons.setdefault(tuple(_told(Path(job_log))), []).append(job_log)
    lines: list[str] = []
    for told, (first, *others) in reasons.items():
        also = f" (and in {len(others)} more)" if others else ""
        lines += ["", f"error in {first}{also}", *told]
    return lines


def _told(job_log: Path) -> list[str]:
    """Return the messages of a job's ERROR lines."""
    if not job_log.is_file():
        return [f"  the job left no log at {job_log}"]
    content = job_log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line.partition(" ERROR ")[2] for line in content if " ERROR " in line]
    return [f"  {line}" for line in told] or [f"  the job was ended from outside; see {job_log}"]


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
