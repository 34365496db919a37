"""What a reader wants to know of a fitted model: its file's companion in JSON."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from afterimage.contracts.config.base import Entry
from afterimage.models.folds import SubjectData


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
        "responses": {
            "normalise": settings.normalise,
            "average_train": settings.average_train,
            "average_test": settings.average_test,
            "roi": settings.roi,
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
