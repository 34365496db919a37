"""What was learnt of a part lies beside its responses, in JSON, until the parts are joined."""

import json
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.contracts.modelfiles import save_card
from afterimage.contracts.parts import Findings, Note


def write_findings(path: Path | str, part: str, findings: Findings) -> None:
    """Write what was learnt of a part.

    Parameters
    ----------
    path : Path or str
    part : str
        Its name.
    findings : Findings
        Complete: the part's blocks are exhausted.
    """
    notes = [{"text": text, "counts": counts} for text, counts in findings.counts.items()]
    save_card(path, {"part": part, "notes": notes, "excluded": findings.excluded})


def read_findings(path: Path | str) -> tuple[str, Findings]:
    """Read the name of a part and what was learnt of it.

    Raises
    ------
    DataError
        If the file is missing, cut short or something else.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return content["part"], _findings(content)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the notes of a part are missing.", "Run snakemake.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: not the notes of a part ({type(error).__name__}: {error}); the file may be "
            "truncated.",
            "Delete it and run snakemake again.",
        ) from error


def _findings(content: dict[str, Any]) -> Findings:
    found = Findings()
    for note in content["notes"]:
        counts = {str(name): int(count) for name, count in note["counts"].items()}
        found.tell([Note(str(note["text"]), counts)])
    for reason, trial_ids in content["excluded"].items():
        if not isinstance(trial_ids, list):
            raise TypeError(f"trials left out are {trial_ids!r}, not a list")
        found.exclude(list(map(str, trial_ids)), reason)
    return found
