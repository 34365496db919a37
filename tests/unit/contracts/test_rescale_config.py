"""Where `rescale: test` may stand, and where it is refused."""

from pathlib import Path

import pytest

from afterimage.contracts.config.default import DEFAULT
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.plan import Plan
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError

ROOT = Path(__file__).parents[3]


def load(content):
    return load_configuration(content, ROOT, [ROOT / "config/config.yaml"])


def rescaled(content, model):
    models = {**content["models"], model: {**content["models"][model], "rescale": "test"}}
    return {**content, "models": models}


def test_only_the_model_that_asks_for_it_is_rescaled():
    content = {k: v for k, v in DEFAULT.items() if k != "learning_curve"}
    plan = Plan(load(rescaled(content, "ridge")), ROOT)
    assert plan.model("ridge")["rescale"] == "test"
    assert {plan.model(name)["rescale"] for name in plan.models if name != "ridge"} == {"none"}


def test_an_encoder_has_nothing_to_rescale():
    encoders = [name for name, model in DEFAULT["models"].items() if "encoder" in model]
    with pytest.raises(ConfigError, match=rf"models.{encoders[0]}.*'rescale' is for what a decod"):
        load(rescaled(DEFAULT, encoders[0]))


def test_a_learning_curve_of_a_rescaled_model_is_refused():
    model = DEFAULT["learning_curve"]["model"]
    with pytest.raises(ConfigError, match=rf"learning_curve.model: '{model}' rescales its pred"):
        load(rescaled(DEFAULT, model))


def test_an_analysis_over_time_of_a_rescaled_model_is_refused():
    content = read_yaml(ROOT / "config/experiments/demo_meg.yaml")
    with pytest.raises(ConfigError, match=r"time_resolved.sliding.model: 'ridge' rescales"):
        load(rescaled(content, "ridge"))


def test_another_set_to_rescale_over_is_a_mistake():
    content = rescaled(DEFAULT, "ridge")
    content["models"]["ridge"]["rescale"] = "tset"
    with pytest.raises(ConfigError, match=r"models.ridge.rescale: expected 'none' or 'test'"):
        load(content)
