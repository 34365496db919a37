import re
from pathlib import Path

import pytest

from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.plan import Plan
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
CLUSTERS = {"extractor": "gabor", "count": 5}


def load(experiment="digits69", **split):
    content = read_yaml(ROOT / f"config/experiments/{experiment}.yaml")
    return load_configuration({**content, "split": split}, ROOT, [])


@pytest.mark.parametrize("protocol", ["kfold", "leave_out", "holdout"])
def test_the_extractor_of_the_clusters_is_one_of_those_in_use(protocol, tmp_path):
    configuration = load(protocol=protocol, group="cluster", clusters=CLUSTERS)
    assert "gabor" in configuration.extractors
    # The folder of raw files is not needed once they are listed.
    for part in ("", "sub-01"):
        manifest = tmp_path / "derivatives/digits69" / part / "raw.json"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text("{}")
    plan = Plan(configuration, tmp_path)
    assert plan.clusters() == CLUSTERS
    without = Plan(load(protocol="published"), tmp_path)
    assert without.clusters() is None
    assert "gabor" not in without.extractors


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (
            {"protocol": "kfold", "group": "cluster"},
            r"split\.clusters: group 'cluster' needs it: \{extractor: NAME, count: K\}",
        ),
        (
            {"protocol": "leave_out", "clusters": CLUSTERS},
            r"split\.clusters: only group 'cluster' uses it",
        ),
        (
            {"protocol": "published", "clusters": CLUSTERS},
            r"^split\.clusters: unknown key",
        ),
        (
            {"protocol": "holdout", "group": "cluster", "clusters": {**CLUSTERS, "count": 1}},
            r"split\.clusters\.count: expected greater than or equal to 2\. Found: 1",
        ),
        (
            {"protocol": "kfold", "group": "clusters"},
            r"split\.group: expected .*'cluster'.* Found: 'clusters'",
        ),
        (
            {
                "protocol": "kfold",
                "group": "cluster",
                "clusters": {"extractor": "gabr", "count": 3},
            },
            r"split\.clusters\.extractor: there is no extractor named 'gabr'\. Did you mean 'gabor",
        ),
        ({"protocol": "kfold", "first_sessions": 0}, r"split\.first_sessions: expected greater"),
        ({"protocol": "kfold", "exclude_tested": True}, r"split\.exclude_tested: expected 'none'"),
        ({"protocol": "kfold", "expect": {"tests": 3}}, r"split\.expect\.tests: .*'test'"),
    ],
)
def test_a_mistake_in_a_split_is_told_with_path_value_and_expectation(split, expected):
    with pytest.raises(ConfigError) as caught:
        load(**split)
    assert re.search(expected, str(caught.value)), str(caught.value)


def test_a_pool_of_published_training_trials_needs_a_published_split():
    with pytest.raises(ConfigError, match=r"split\.pool: the data set has no published split"):
        load("haxby", protocol="kfold", pool="train")


def test_mistakes_of_a_split_are_told_together():
    with pytest.raises(ConfigError) as caught:
        load(
            protocol="kfold",
            first_sessions=0,
            clusters={"extractor": "gabr", "count": 1},
            expect={"train": 0},
        )
    text = str(caught.value)
    assert "5 mistakes" in text, text
    for part in ("first_sessions", "'gabr'", "clusters.count", "group 'cluster'", "expect.train"):
        assert part in text, text


@pytest.mark.parametrize(
    ("split", "normalise"),
    [
        ({"protocol": "kfold", "first_sessions": 1}, "session_train"),
        ({"protocol": "leave_out", "group": "session"}, "session_train"),
        ({"protocol": "leave_out", "group": "run"}, "run_train"),
    ],
)
def test_a_mean_that_no_training_trial_gives_is_refused_before_any_job(split, normalise):
    content = read_yaml(ROOT / "config/experiments/digits69.yaml") | {"split": split}
    with pytest.raises(ConfigError, match=r"responses\.normalise: with split\..* no training"):
        load_configuration(content | {"responses": {"normalise": normalise}}, ROOT, [])
    load_configuration(content | {"responses": {"normalise": "train"}}, ROOT, [])
