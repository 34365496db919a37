"""Every YAML block of docs/datasets/things_eeg2.md is valid, and so are the files of config/."""

import re
from pathlib import Path

import pytest
import yaml

from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.adapter import ThingsEeg2

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/datasets/things_eeg2.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)]
EXPERIMENT = ROOT / "config/experiments/things_eeg2_ridge.yaml"


@pytest.mark.parametrize("entry", [b for b in BLOCKS if "name" in b])
def test_every_data_set_of_the_page_is_valid_and_survives_a_round_trip(entry):
    config = ThingsEeg2.Config.model_validate(entry)
    assert ThingsEeg2.Config.model_validate(config.model_dump(mode="json")) == config
    assert ThingsEeg2(config).subjects() == entry["subjects"]


@pytest.mark.parametrize("changes", [{}, *(b for b in BLOCKS if "name" not in b)])
def test_the_experiment_is_valid_with_every_split_of_the_page(changes):
    content = {**read_yaml(EXPERIMENT), **changes}
    configuration = load_configuration(content, ROOT, [EXPERIMENT])
    assert configuration.recordings.parts == {"sub-01": ["training", "test"]}


def test_the_page_names_every_form_folder_and_split():
    assert {b["form"] for b in BLOCKS if "name" in b} >= {"official", "raw"}
    for form, folder in layout.FOLDERS.items():
        assert f"`{form}`" in PAGE
        assert f"{folder}/" in PAGE
    assert layout.SPLIT in PAGE
    assert layout.METADATA in PAGE
