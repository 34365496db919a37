"""Metrics of decoded categories are refused before any job where none are decoded."""

import copy
from pathlib import Path

import pytest

from afterimage.contracts.config.default import DEFAULT
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
ANALYSIS = {"model": "ridge", "target": "gabor", "metric": "auc"}


def experiment(metrics=("two_way",), category=None, **sections):
    """The default experiment with these metrics, and perhaps a decoded target `category`."""
    content = copy.deepcopy(DEFAULT)
    content["evaluation"]["metrics"] = list(metrics)
    if category is not None:
        content["targets"]["shown"] = {"extractor": "category", **category}
        content["models"]["ridge"]["targets"] = [*content["models"]["ridge"]["targets"], "shown"]
    return {**content, **sections}


def refused(content) -> str:
    with pytest.raises(ConfigError) as caught:
        load_configuration(content, ROOT, [])
    return str(caught.value)


@pytest.mark.parametrize("metric", ["accuracy", "auc"])
def test_no_decoded_categories_are_a_mistake(metric):
    told = refused(experiment(["two_way", metric]))
    assert told.startswith(f"evaluation.metrics: '{metric}' scores decoded categories: expected a")
    assert "Found: no such decoder." in told


@pytest.mark.parametrize("metric", ["accuracy", "auc", {"name": "auc"}])
def test_decoded_categories_beside_features_are_fine(metric):
    content = experiment(["two_way", metric], category={})
    assert load_configuration(content, ROOT, []).extractors["category"] == {"name": "category"}


def test_categories_that_are_only_encoded_from_are_a_mistake():
    content = experiment(["two_way", "auc"], category={})
    content["models"]["ridge"]["targets"].remove("shown")
    content["models"]["voxelwise"]["targets"] = ["shown"]
    assert "Found: no such decoder." in refused(content)


def test_transformed_categories_are_a_mistake():
    content = experiment(["two_way", "auc"], category={"transform": {"name": "standardise"}})
    told = refused(content)
    assert "targets.shown.transform: 'auc' scores categories as they are" in told
    assert "Found: 'standardise'." in told
    content["evaluation"]["metrics"] = ["two_way"]
    load_configuration(content, ROOT, [])


def test_an_analysis_over_time_scores_features_by_no_such_metric():
    content = experiment(["two_way", "auc"], category={}, time_resolved={"sliding": ANALYSIS})
    told = refused(content)
    assert "time_resolved.sliding.metric: 'auc' scores decoded categories" in told
    assert "Found: the target 'gabor'." in told
    # The demo's responses have no time axis, which is a mistake of its own.
    content["time_resolved"] = {"sliding": {**ANALYSIS, "target": "shown"}}
    assert "scores decoded categories" not in refused(content)


def test_a_misspelt_extractor_or_target_is_told_once():
    wrong_extractor = experiment(["two_way", "auc"], category={"extractor": "categry"})
    wrong_target = experiment(["two_way", "auc"], category={})
    wrong_target["models"]["ridge"]["targets"][-1] = "shwon"
    for content in (wrong_extractor, wrong_target):
        told = refused(content)
        assert "Did you mean" in told
        assert "scores decoded categories" not in told


@pytest.mark.parametrize("broken", [{"sliding": {**ANALYSIS, "metric": []}}, [], 3])
def test_a_wrong_type_elsewhere_is_no_crash(broken):
    assert "time_resolved" in refused(
        experiment(["two_way", "auc"], category={}, time_resolved=broken)
    )
