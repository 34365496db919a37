"""The entries of ``dvc.yaml``: what DVC stores of each stage, and how its users see it.

DVC runs nothing: stages are frozen, and their command is the same for everybody, so that two
experiments which share a derivative write the same entry.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text
from afterimage.publish.stages import FOLDER, Stage, metadata_path

LEDGER = Path("dvc.yaml")
COMMAND = "snakemake"


def params_path(stage: str) -> Path:
    """Return where the resolved configuration of an experiment's stage lies; git keeps it."""
    return FOLDER / f"{stage}.params.yaml"


def metrics_path(stage: str) -> Path:
    """Return where the headline scores lie as DVC's metrics; git keeps it."""
    return FOLDER / f"{stage}.metrics.json"


def plots_path(stage: str) -> Path:
    """Return where the headline scores lie as a table to be drawn; git keeps it."""
    return FOLDER / f"{stage}.scores.csv"


def shared_entry(stage: Stage, outputs: Sequence[str]) -> dict[str, Any]:
    """Return the entry of a derivative.

    Parameters
    ----------
    stage : Stage
    outputs : sequence of str
        Files and folders that are there.

    Returns
    -------
    dict
        `persist`, as DVC may never delete what Snakemake made. What is kept here is not copied
        into the cache either: there it would be readable for everybody on this machine, and it
        is large.
    """
    flags: dict[str, Any] = {"persist": True}
    if not stage.pushed:
        flags = {"cache": False, "persist": True, "push": False}
    stored = [*outputs, metadata_path(stage.name).as_posix()]
    return {
        "cmd": COMMAND,
        "frozen": True,
        "outs": [{output: dict(flags)} for output in sorted(stored)],
    }


def experiment_entry(stage: Stage, outputs: Sequence[str]) -> dict[str, Any]:
    """Return the entry of an experiment: the same with params, metrics and plots.

    These three are small and lie in git, so that they can be compared between any two commits
    without downloading anything.
    """
    drawn = {
        "cache": False,
        "persist": True,
        "template": "bar_horizontal",
        "x": "value",
        "y": "score",
        "title": stage.name,
    }
    return {
        **shared_entry(stage, outputs),
        "params": [{params_path(stage.name).as_posix(): None}],
        "metrics": [{metrics_path(stage.name).as_posix(): {"cache": False, "persist": True}}],
        "plots": [{plots_path(stage.name).as_posix(): drawn}],
    }


def read_ledger(root: Path) -> dict[str, dict[str, Any]]:
    """Return the entries of ``dvc.yaml`` by stage; none if there is no such file."""
    stages: dict[str, dict[str, Any]] = dict(_load(root / LEDGER).get("stages") or {})
    return stages


def update_ledger(root: Path, entries: Mapping[str, dict[str, Any]]) -> None:
    """Add or replace entries of ``dvc.yaml``; all others, and comments, stay as they are.

    Raises
    ------
    DataError
        If it is no YAML, or an entry would let files leave that another experiment keeps here.
    """
    path = root / LEDGER
    content = _load(path)
    stages = content.setdefault("stages", {})
    for name, entry in entries.items():
        _check_privacy(name, stages.get(name), entry)
        stages[name] = entry
    text = io.StringIO()
    _yaml().dump(content, text)
    if not path.is_file() or path.read_text(encoding="utf-8") != text.getvalue():
        write_text(path, text.getvalue())


def object_of(root: Path, file: str) -> str | None:
    """Return where a remote keeps a file, relative to its address; None inside of folders."""
    lock = root / "dvc.lock"
    stages = (_load(lock).get("stages") or {}).values()
    for out in [out for stage in stages for out in stage.get("outs", [])]:
        if out["path"] == file and "md5" in out:
            return f"files/md5/{out['md5'][:2]}/{out['md5'][2:]}"
    return None


def is_kept_here(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry says `push: false` of anything."""
    flags = [flags for out in entry.get("outs", []) for flags in dict(out).values()]
    return any(flag.get("push") is False for flag in flags if flag)


def _check_privacy(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
    if old is not None and is_kept_here(old) and not is_kept_here(new):
        raise DataError(
            f"{LEDGER}: '{name}' is kept on this machine (push: false), and this experiment "
            "would let it leave (publish.pushed).",
            "Set publish.pushed to 'results', as the others have it; or, if its licence allows "
            f"it, delete '{name}' from {LEDGER} and publish again.",
        )


def _load(path: Path) -> Any:
    if not path.is_file():
        return {}
    try:
        content = _yaml().load(path.read_text(encoding="utf-8")) or {}
    except Exception as error:
        # The library's errors share no class that it names.
        raise DataError(
            f"{path}: not YAML ({error}).",
            "If git left both sides of a merge in it, take one side and publish again.",
        ) from None
    if not isinstance(content, dict) or not isinstance(content.get("stages") or {}, dict):
        raise DataError(f"{path}: expected a mapping with the key 'stages'.", "Correct it by hand.")
    return content


def _yaml() -> Any:
    """Return the YAML library that DVC itself uses: it keeps comments."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 1000
    return yaml
