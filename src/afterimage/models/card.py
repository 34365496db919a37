"""What a reader wants to know of a fitted model: its file's companion in JSON."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from afterimage.contracts.config.base import Entry
from afterimage.models.average import repetitions_of
from afterimage.models.folds import SubjectData, fitted_roles, needs_validation


def model_card(
    model_class: Any,
    config: Entry,
    subject: SubjectData,
    seed: int,
    summaries: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what a reader wants to know of a model file."""
    settings = subject.settings
    return {
        "class": f"{model_class.__module__}:{model_class.__qualname__}",
        "kind": model_class.kind,
        "config": config.model_dump(mode="json"),
        "seed": seed,
        "learnt_from": [one.name for one in subject.learnt_from],
        "uses_test_responses": settings.uses_test_responses,
        "responses": {
            **settings.record(),
            "unit": subject.responses.unit,
            "dims": list(subject.responses.dims),
            "shape": list(subject.responses.shape),
            "channels_used": len(subject.kept),
        },
        "values": {
            "unit": subject.values.unit,
            "dims": list(subject.values.dims),
            "shape": list(subject.values.shape),
        },
        "versions": {name: version(name) for name in ("afterimage", "numpy", "torch")},
        "folds": list(summaries),
    }


def repetitions(model_class: Any, subject: SubjectData, fold: int) -> dict[str, dict[str, int]]:
    """Return how many rows of each side of a fold are the mean of 1, 2, ... trials.

    Returns
    -------
    dict
        By side ("train", "validation", "test") and number of trials. A prediction that is
        averaged after the model counts like one for averaged responses.
    """
    aside = needs_validation(model_class)
    sides = {"train": subject.training_samples(fold, fitted_roles(aside))}
    if aside:
        sides["validation"] = subject.training_samples(fold, ["val"])
    if subject.has_role(fold, "test"):
        sides["test"] = [subject.test_samples(fold)]
    return {side: repetitions_of(samples) for side, samples in sides.items() if samples}
