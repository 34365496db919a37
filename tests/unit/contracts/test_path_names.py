import copy
from pathlib import Path

import pytest
import yaml

from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.names import names_a_file
from afterimage.contracts.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
OUTSIDE = ("../outside", "/outside", "a/../../outside", "..", ".hidden")


def demo():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


def refused(content, root=ROOT):
    with pytest.raises(ConfigError) as error:
        load_configuration(content, root, [])
    return str(error.value)


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("section", ["targets", "models", "generators", "time_resolved"])
def test_a_named_entry_cannot_lead_out_of_the_results(section, name):
    content = demo()
    entries = content.setdefault(section, {})
    entries[name] = copy.deepcopy(next(iter(entries.values()), {}))
    assert f"{section}.{name}: expected letters, digits" in refused(content)


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("key", ["experiment", "dataset"])
def test_an_experiment_and_a_data_set_cannot_lead_out_of_the_project(key, name):
    assert f"{key}: expected a text like" in refused({**demo(), key: name})


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_extractor_cannot_lead_out_of_the_derivatives(tmp_path, name):
    (tmp_path / "config").mkdir()
    extractors = yaml.safe_load((ROOT / "config/extractors.yaml").read_text())
    extractors[name] = next(iter(extractors.values()))
    (tmp_path / "config/extractors.yaml").write_text(yaml.safe_dump(extractors))
    (tmp_path / "config/datasets").symlink_to(ROOT / "config/datasets")
    content = demo()
    content["targets"]["escaped"] = {"extractor": name}
    assert f"targets.escaped.extractor: '{name}' becomes the name of a file" in refused(
        content, tmp_path
    )


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("kind", ["subjects", "parts"])
def test_a_subject_or_part_of_a_data_set_cannot_lead_out_of_the_derivatives(tmp_path, kind, name):
    (tmp_path / "config/datasets").mkdir(parents=True)
    (tmp_path / "config/extractors.yaml").symlink_to(ROOT / "config/extractors.yaml")
    entry = {
        "name": "arrays",
        "subjects": ["one"],
        "responses": {"file": "x.npy"},
        "stimuli": {"images": {"file": "i.npy"}, "id": {"file": "s.npy"}},
        "parts": {"train": {}, "test": {}},
    }
    entry[kind] = [name] if kind == "subjects" else {**entry["parts"], name: {"role": "train"}}
    (tmp_path / "config/datasets/own.yaml").write_text(yaml.safe_dump(entry))
    told = refused({**demo(), "dataset": "own", "learning_curve": None}, tmp_path)
    assert f"in the name of a subject or part: '{name}'" in told


@pytest.mark.parametrize("name", ["subj01", "sub-01", "clip_l.14", "P 1", "Zürich", "a=b+c"])
def test_usual_names_are_taken(name):
    assert names_a_file(name)


@pytest.mark.parametrize(
    "endpoint", ["https://me:hidden@store.org", "https://store.org?token=hidden", "http://hidden@x"]
)
def test_an_address_with_a_password_is_refused_without_repeating_it(endpoint):
    told = refused({**demo(), "fetch": {"endpoint": endpoint}})
    assert "expected an address without a user, a password or a query" in told
    assert "me:hidden" not in told
    assert "hidden@" not in told
