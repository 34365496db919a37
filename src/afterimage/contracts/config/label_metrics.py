"""What metrics of decoded categories demand of an experiment."""

from collections.abc import Mapping
from typing import Any

from afterimage.contracts import registry
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.config.readable import Readable, texts
from afterimage.contracts.errors import UserError

CATEGORY = "category"


def check_label_metrics(
    experiment: Readable, extractors: Mapping[str, dict[str, Any]], mistakes: Mistakes
) -> None:
    """Refuse metrics of decoded categories where no categories are decoded.

    Such a metric takes each column for a category, which means nothing for features.

    Parameters
    ----------
    experiment : Readable
    extractors : mapping
        The validated ones that the experiment uses.
    mistakes : Mistakes
        Those found are added.
    """
    asked = [s.entry["name"] for s in experiment.seams() if s.seam == "metric" and _labels(s.entry)]
    targets = experiment.section("targets")
    described = {key: target.get("extractor") for key, target in targets.items()}
    decoded = _decoded(experiment)
    # A misspelt extractor or target is told by itself; it may be the one that is meant here.
    misspelt = {name for name in described.values() if isinstance(name, str)} - set(extractors)
    if not asked or misspelt or not decoded <= set(targets):
        return
    categories = [
        key for key, name in described.items() if name and extractors[name]["name"] == CATEGORY
    ]
    if not decoded & set(categories):
        mistakes.add(
            "evaluation.metrics",
            f"'{asked[0]}' scores decoded categories: expected a decoder of a target whose "
            f"extractor is '{CATEGORY}', or no such metric. Found: no such decoder.",
        )
    _check_transforms(targets, categories, asked, mistakes)
    _check_analyses(experiment, categories, asked, mistakes)


def _labels(entry: Mapping[str, Any]) -> bool:
    """Return whether a metric scores categories; an unknown one is told elsewhere."""
    try:
        return bool(registry.find_class("metric", entry.get("name", "")).kind == "labels")
    except UserError:
        return False


def _decoded(experiment: Readable) -> set[str]:
    models = experiment.section("models").values()
    decoders = [model for model in models if model.get("decoder") is not None]
    return {name for model in decoders for name in texts(model.get("targets"))}


def _check_transforms(
    targets: Mapping[str, dict[str, Any]],
    categories: list[str],
    asked: list[str],
    mistakes: Mistakes,
) -> None:
    """Check that decoded categories stay one column each."""
    for key in categories:
        transform = targets[key].get("transform")
        name = transform.get("name") if isinstance(transform, dict) else None
        if name not in (None, "none"):
            mistakes.add(
                f"targets.{key}.transform",
                f"'{asked[0]}' scores categories as they are: expected none. Found: '{name}'.",
            )


def _check_analyses(
    experiment: Readable, categories: list[str], asked: list[str], mistakes: Mistakes
) -> None:
    """Check that analyses over time score nothing but categories by such a metric."""
    others = [key for key in experiment.section("targets") if key not in categories]
    for key, analysis in experiment.section("time_resolved").items():
        metric, target = analysis.get("metric"), analysis.get("target")
        if metric in asked and target in others:
            mistakes.add(
                f"time_resolved.{key}.metric",
                f"'{metric}' scores decoded categories: expected a target whose extractor is "
                f"'{CATEGORY}', or a metric of features. Found: the target '{target}'.",
            )
