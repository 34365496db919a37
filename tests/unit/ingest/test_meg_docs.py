"""The page about THINGS-MEG and its configurations are valid."""

import re
from pathlib import Path

import pytest
import yaml

from afterimage.contracts.config.load import load_configuration
from afterimage.ingest.things_meg.adapter import ThingsMeg
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.roles import SPLITS

BASE = Path(__file__).resolve().parents[3]
PAGE = (BASE / "docs/datasets/things_meg.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.M | re.S)


@pytest.mark.parametrize("text", BLOCKS)
def test_every_block_of_the_page_is_valid_and_survives_a_round_trip(text):
    config = ThingsMegConfig.model_validate(yaml.safe_load(text))
    assert ThingsMegConfig.model_validate(config.model_dump(mode="json")) == config


def test_the_page_tells_every_key_and_split():
    assert len(BLOCKS) >= 5
    for name in (*ThingsMegConfig.model_fields, *SPLITS):
        assert name in PAGE, name


def test_the_data_sets_file_is_valid():
    entry = yaml.safe_load((BASE / "config/datasets/things_meg.yaml").read_text())
    adapter = ThingsMeg(ThingsMeg.Config.model_validate(entry))
    assert adapter.subjects() == ["P1", "P2", "P3", "P4"]
    assert len(adapter.needed_files(["P1"])) == 5


def test_the_experiment_is_valid_and_names_a_published_split():
    path = BASE / "config/experiments/things_meg_ridge.yaml"
    content = yaml.safe_load(path.read_text())
    configuration = load_configuration(content, BASE, [path])
    assert configuration.recordings.subjects == ["P1", "P2", "P3", "P4"]
    assert content["split"]["version"] == SPLITS[0]
