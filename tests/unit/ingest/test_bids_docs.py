"""The examples of docs/datasets/bids.md and docs/meeg.md are valid."""

import re
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from afterimage.ingest.bids.adapter import Bids
from afterimage.ingest.bids.config import Events, Stimuli
from afterimage.ingest.meeg.check import Preprocess
from afterimage.ingest.meeg.grid import epoch_times
from afterimage.ingest.meeg.presets import PRESETS
from afterimage.ingest.meeg.steps import Step

DOCS = Path(__file__).parents[3] / "docs"
BIDS = (DOCS / "datasets/bids.md").read_text(encoding="utf-8")
MEEG = (DOCS / "meeg.md").read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", text, flags=re.M | re.S)


def test_the_example_of_a_data_set_is_valid():
    [text] = blocks(BIDS)
    adapter = Bids(Bids.Config.model_validate(yaml.safe_load(text)))
    assert adapter.subjects() == ["sub-01", "sub-02"]
    assert len(adapter.parts("sub-01")) == 4


def test_the_short_examples_are_valid():
    found = [yaml.safe_load(line) for line in re.findall(r"^    (\w+: \{.*)$", BIDS, flags=re.M)]
    assert [list(one) for one in found] == [["stimuli"], ["events"]]
    Stimuli.model_validate(found[0]["stimuli"])
    Events.model_validate(found[1]["events"])


def test_every_key_is_in_the_table():
    keys = [key for key in Bids.Config.model_fields if key not in ("name", "title", "citation")]
    for key in keys:
        assert f"`{key}`" in BIDS or f"`{key}." in BIDS, key
    for key in Events.model_fields:
        assert f"`events.{key}`" in BIDS, key


def test_the_example_of_steps_is_the_preset_it_shows():
    [text] = blocks(MEEG)
    steps = yaml.safe_load(text)["preprocess"]
    assert TypeAdapter(Preprocess).validate_python(steps) == PRESETS["things_meg"]


def test_every_step_and_every_preset_is_told_with_its_samples():
    union = Step.__origin__.__args__
    for model in union:
        assert f"| `{model.model_fields['step'].annotation.__args__[0]}` |" in MEEG
    for name, steps in PRESETS.items():
        [row] = re.findall(rf"^\| `{name}` \|.*$", MEEG, flags=re.M)
        rate = 1000 if name == "nice" else 1200
        assert f"| {len(epoch_times(steps, rate))} at" in row
