"""From YAML files to one validated experiment, or to all of its mistakes at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from afterimage.contracts.config.describe import describe
from afterimage.contracts.config.entries import checked_entry, checked_extractors
from afterimage.contracts.config.experiment import Experiment
from afterimage.contracts.config.label_metrics import check_label_metrics
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.config.readable import Readable
from afterimage.contracts.config.recordings import Recordings, checked_recordings
from afterimage.contracts.config.references import check_references
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError


@dataclass(frozen=True)
class Configuration:
    """A validated experiment with the shared entries that it names.

    Attributes
    ----------
    experiment : Experiment
    recordings : Recordings
        What it uses of its data set.
    extractors : dict of str to dict
        The extractors that the experiment uses, validated, plain values only.
    """

    experiment: Experiment
    recordings: Recordings
    extractors: dict[str, dict[str, Any]]


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
    extractors = checked_extractors(readable, root, mistakes)
    seams = {
        setting.keys: checked_entry(
            setting.seam, setting.entry, ".".join(map(str, setting.keys)), mistakes
        )
        for setting in readable.seams()
    }
    check_references(readable, mistakes)
    check_label_metrics(readable, extractors, mistakes)
    recordings = checked_recordings(readable, root, mistakes)
    mistakes.raise_if_any()
    assert experiment is not None, "told as a mistake otherwise"
    assert recordings is not None, "told as a mistake otherwise"
    return Configuration(_filled(experiment, seams), recordings, extractors)


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
