"""From YAML files to one validated experiment, or to all of its mistakes at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from afterimage.contracts import registry
from afterimage.contracts.config.entries import (
    checked_dataset,
    checked_entry,
    checked_extractors,
)
from afterimage.contracts.config.experiment import Experiment
from afterimage.contracts.config.mistakes import Mistakes, describe, unknown_name
from afterimage.contracts.config.readable import Readable
from afterimage.contracts.config.references import check_references
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError
from afterimage.contracts.seams import Dataset, Fetchable, Parted, PublishedSplit, Simulated


@dataclass(frozen=True)
class Configuration:
    """A validated experiment with the shared entries that it names.

    Attributes
    ----------
    experiment : Experiment
    dataset : dict
        The data set's validated entry, plain values only.
    extractors : dict of str to dict
        The extractors that the experiment uses, validated, plain values only.
    subjects : list of str
    simulated : bool
        Whether the raw data are made by the workflow.
    fetchable : bool
        Whether `snakemake fetch` can download them.
    parts : dict of str to list of str
        The parts in which each subject's recording is read; none if it is read in one job.
    """

    experiment: Experiment
    dataset: dict[str, Any]
    extractors: dict[str, dict[str, Any]]
    subjects: list[str]
    simulated: bool
    fetchable: bool
    parts: dict[str, list[str]]


def load_configuration(
    merged: dict[str, Any], root: Path, files: Sequence[Path | str]
) -> Configuration:
    """Validate an experiment and everything that it refers to.

    Parameters
    ----------
    merged : dict
        The experiment as Snakemake merged it from files and ``--config``.
    root : Path
        The project's folder, which holds ``config/``.
    files : sequence of path
        The files it was read from: read again, because duplicate keys do not survive merging.

    Raises
    ------
    ConfigError
        With every mistake, each with its file, path, what was found and what was expected.
    """
    mistakes = Mistakes(merged)
    for path in files:
        try:
            mistakes.read_from(path, root, read_yaml(path))
        except ConfigError as error:
            mistakes.lines.append(error.what)
    experiment = _validated(merged, mistakes)
    readable = Readable(merged)
    name = readable.text("dataset")
    dataset = {} if name is None else checked_dataset(name, root, mistakes)
    extractors = checked_extractors(readable, root, mistakes)
    seams = {
        setting.keys: checked_entry(
            setting.seam, setting.entry, ".".join(map(str, setting.keys)), mistakes
        )
        for setting in readable.seams()
    }
    check_references(readable, mistakes)
    adapter = registry.build("dataset", dataset) if dataset else None
    subjects = [] if adapter is None else _subjects(readable, adapter, mistakes)
    simulated = isinstance(adapter, Simulated) and adapter.is_simulated()
    if adapter is not None:
        _check_abilities(readable, adapter, simulated, mistakes)
    mistakes.raise_if_any()
    assert experiment is not None, "an experiment without mistakes is valid"
    parts = {name: adapter.parts(name) if isinstance(adapter, Parted) else [] for name in subjects}
    fetchable = isinstance(adapter, Fetchable) and not simulated
    return Configuration(
        _filled(experiment, seams), dataset, extractors, subjects, simulated, fetchable, parts
    )


def _validated(merged: dict[str, Any], mistakes: Mistakes) -> Experiment | None:
    try:
        return Experiment.model_validate(merged)
    except ValidationError as error:
        for place, line in describe(error, Experiment):
            mistakes.add(place, line)
        return None


def _filled(
    experiment: Experiment, seams: dict[tuple[str | int, ...], dict[str, Any]]
) -> Experiment:
    """Return the experiment with the settings of its classes complete."""
    values = experiment.model_dump(mode="json")
    for keys, entry in seams.items():
        place: Any = values
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = entry
    return Experiment.model_validate(values)


def _subjects(experiment: Readable, adapter: Dataset, mistakes: Mistakes) -> list[str]:
    """Return the subjects chosen."""
    known = adapter.subjects()
    chosen = experiment.values.get("subjects", "all")
    if not isinstance(chosen, list):
        return known
    for name in chosen:
        if name not in known:
            mistakes.add("subjects", unknown_name("subject", str(name), known))
    return list(chosen)


def _check_abilities(
    experiment: Readable, adapter: Dataset, simulated: bool, mistakes: Mistakes
) -> None:
    """Check that the data set can do what the experiment asks of it."""
    if experiment.mapping("learning_curve") and not simulated:
        mistakes.add("learning_curve", "the best linear decoder is known for simulated data only.")
    split = experiment.mapping("split")
    known = adapter.published_splits() if isinstance(adapter, PublishedSplit) else []
    if split.get("pool") == "train" and not known:
        mistakes.add("split.pool", "the data set has no published split: expected 'all'.")
    if split.get("protocol") != "published":
        return
    version = split.get("version", "default")
    if not known:
        mistakes.add("split.protocol", "the data set has no published split: choose another one.")
    elif version != "default" and version not in known:
        mistakes.add("split.version", unknown_name("published split", str(version), known))
