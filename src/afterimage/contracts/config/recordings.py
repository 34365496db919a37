"""What an experiment uses of its data set: subjects, sessions, and the settings behind them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterimage.contracts import registry
from afterimage.contracts.config.entries import checked_dataset
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.config.names import unknown_name
from afterimage.contracts.config.readable import Readable
from afterimage.contracts.config.sessions import numbers_of, variation, with_sessions
from afterimage.contracts.seams import (
    Dataset,
    Fetchable,
    KnownSources,
    Parted,
    PerSubject,
    PublishedSplit,
    Simulated,
    Timed,
)


@dataclass(frozen=True)
class Recordings:
    """The part of a data set that an experiment uses.

    Attributes
    ----------
    name : str
        Where its derivatives go: the name of the data set's file, and of the sessions if the
        experiment chooses some.
    entry : dict
        The data set's validated entry, plain values only.
    subjects : list of str
        The experiment's.
    all_subjects : list of str
        Those of the data set.
    subject_entries : dict of str to dict
        What of the entry each subject's recording depends on.
    parts : dict of str to list of str
        The parts in which each subject's recording is read; none if it is read in one job.
    timed : bool
        Whether responses have a time axis.
    known_sources : str
        The published split, if the experiment takes one that trains on tested sources by design.
    simulated : bool
        Whether the raw data are made by the workflow.
    fetchable : bool
        Whether `snakemake fetch` can download them.
    """

    name: str
    entry: dict[str, Any]
    subjects: list[str]
    all_subjects: list[str]
    subject_entries: dict[str, dict[str, Any]]
    parts: dict[str, list[str]]
    timed: bool
    known_sources: str
    simulated: bool
    fetchable: bool


def checked_recordings(readable: Readable, root: Path, mistakes: Mistakes) -> Recordings | None:
    """Read an experiment's data set and check what the experiment asks of it.

    Parameters
    ----------
    readable : Readable
        The experiment.
    root : Path
        The project's folder.
    mistakes : Mistakes
        Those found are added.

    Returns
    -------
    Recordings or None
        None only after a mistake.
    """
    name = readable.text("dataset")
    entry = {} if name is None else checked_dataset(name, root, mistakes)
    if name is None or not entry:
        return None
    adapter = registry.build("dataset", entry)
    subjects = _subjects(readable, adapter, mistakes)
    _check_given(readable, mistakes)
    if numbers := numbers_of(readable.values.get("sessions")):
        chosen = with_sessions(adapter, numbers, subjects, mistakes)
        if not chosen:
            return None
        name, entry, adapter = variation(name, numbers), chosen, registry.build("dataset", chosen)
    simulated = isinstance(adapter, Simulated) and adapter.is_simulated()
    timed = isinstance(adapter, Timed) and adapter.has_times()
    _check_abilities(readable, adapter, mistakes)
    _check_truth(readable, simulated and not timed, mistakes)
    _check_time(readable, timed, mistakes)
    _check_others(readable, subjects, mistakes)
    known = [subject for subject in subjects if subject in adapter.subjects()]
    return Recordings(
        name=name,
        entry=entry,
        subjects=subjects,
        all_subjects=adapter.subjects(),
        subject_entries={s: _entry_of(adapter, entry, s) for s in known},
        parts={s: adapter.parts(s) if isinstance(adapter, Parted) else [] for s in known},
        timed=timed,
        known_sources=_known_sources(readable, adapter),
        simulated=simulated,
        fetchable=isinstance(adapter, Fetchable) and not simulated,
    )


def _entry_of(adapter: Dataset, entry: dict[str, Any], subject: str) -> dict[str, Any]:
    return adapter.of_subject(subject) if isinstance(adapter, PerSubject) else entry


def _subjects(experiment: Readable, adapter: Dataset, mistakes: Mistakes) -> list[str]:
    """Return the subjects chosen."""
    known = adapter.subjects()
    chosen = experiment.values.get("subjects", "all")
    if not isinstance(chosen, list):
        return known
    for name in dict.fromkeys(chosen):
        if name not in known:
            mistakes.add("subjects", unknown_name("subject", str(name), known))
    return list(dict.fromkeys(chosen))


def _check_given(experiment: Readable, mistakes: Mistakes) -> None:
    """Check that lists of subjects and sessions name some, and each once."""
    for key in ("subjects", "sessions"):
        chosen = experiment.values.get(key)
        if not isinstance(chosen, list):
            continue
        if not chosen:
            mistakes.add(key, "expected 'all', or at least one in the list. Found: [].")
        for name in dict.fromkeys(map(str, chosen)):
            if (times := [*map(str, chosen)].count(name)) > 1:
                mistakes.add(key, f"{name} is listed {times} times.")


def _check_truth(experiment: Readable, known: bool, mistakes: Mistakes) -> None:
    """Check that the best linear decoder is known where it is asked for."""
    if experiment.mapping("learning_curve") and not known:
        mistakes.add(
            "learning_curve",
            "the best linear decoder is known for simulated data without a time axis only.",
        )


def _check_time(experiment: Readable, timed: bool, mistakes: Mistakes) -> None:
    """Check that there is a time axis where one is needed."""
    if experiment.mapping("time_resolved") and not timed:
        mistakes.add("time_resolved", "the responses of this data set have no time axis.")


def _check_others(experiment: Readable, subjects: list[str], mistakes: Mistakes) -> None:
    """Check that there are other subjects where a model is fitted on them."""
    if not subjects:
        return
    for key, model in experiment.section("models").items():
        if model.get("learn_from") == "others" and len(set(subjects)) < 2:
            mistakes.add(
                f"models.{key}.learn_from",
                f"'others' needs at least two subjects. Found: {', '.join(subjects)}.",
            )


def _known_sources(experiment: Readable, adapter: Dataset) -> str:
    split = experiment.mapping("split")
    if split.get("protocol") != "published" or not isinstance(adapter, KnownSources):
        return ""
    version = split.get("version", "default")
    version = adapter.published_splits()[0] if version == "default" else str(version)
    return version if version in adapter.splits_with_known_sources() else ""


def _check_abilities(experiment: Readable, adapter: Dataset, mistakes: Mistakes) -> None:
    """Check that the data set can do what the experiment asks of it."""
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
