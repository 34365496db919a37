import copy
import re
from pathlib import Path

import pytest
import yaml

from afterimage.__main__ import main
from afterimage.contracts.config.default import DEFAULT
from afterimage.contracts.config.document import documents
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.plan import Plan
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]


def changed(**changes):
    """The default experiment with some keys (dotted with __) changed; None removes a key."""
    content = copy.deepcopy(DEFAULT)
    for key, value in changes.items():
        *parents, last = key.split("__")
        place = content
        for parent in parents:
            place = place[parent]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return content


def load(content, files=()):
    return load_configuration(content, ROOT, files)


def test_the_default_is_valid_and_complete():
    configuration = load(DEFAULT)
    assert configuration.recordings.subjects == ["subj01", "subj02", "subj03"]
    assert configuration.recordings.simulated


@pytest.mark.parametrize("file", sorted((ROOT / "config/experiments").glob("*.yaml")))
def test_every_experiment_of_the_repository_is_valid(file):
    assert load(read_yaml(file), [file]).experiment.experiment == file.stem


@pytest.mark.parametrize("path", documents())
def test_generated_documents_have_not_drifted(path):
    assert (ROOT / path).read_text() == documents()[path], "run python -m afterimage document"


def test_the_default_file_says_what_the_default_is():
    assert yaml.safe_load((ROOT / "config/config.yaml").read_text()) == DEFAULT


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sede": 3}, r"sede: unknown key\. Did you mean 'seed'\?"),
        ({"split__validaton": 0.1}, r"split\.validaton: unknown key\. Did you mean 'validation'"),
        ({"dataset": "dmo"}, r"no data set named 'dmo'\. Did you mean 'demo'\?"),
        ({"dataset": None}, r"dataset: this key is required"),
        ({"seed": -1}, r"seed: expected greater than or equal to 0\. Found: -1"),
        ({"seed": "x"}, r"seed: expected a valid integer.*Found: 'x'"),
        ({"split": {"protocol": "kfould"}}, r"protocol: one of .*kfold.*Found: 'kfould'"),
        ({"models__ridge__decoder": {"name": "rigde"}}, r"named 'rigde'\. Did you mean 'ridge'\?"),
        ({"models__ridge__decoder": "rigde"}, r"named 'rigde'\. Did you mean 'ridge'\?"),
        ({"models__ridge__targets": ["thumbnial"]}, r"Did you mean 'thumbnail'\?"),
        ({"targets__gabor__extractor": "gabr"}, r"no extractor named 'gabr'\. Did you mean"),
        ({"generators__vae__target": "laetnts"}, r"Did you mean 'latents'\?"),
        ({"generators__linear__models": ["voxelwise"]}, r"'voxelwise' is an encoder"),
        ({"generators__linear__null_refits": 99}, r"at most the 50 null refits"),
        ({"targets__latents": {"generator": "linear"}}, r"expected a trained generator"),
        ({"targets__latents": {}}, r"either an 'extractor' or a 'generator'"),
        ({"evaluation__metrics": ["two_wya"]}, r"named 'two_wya'\. Did you mean 'two_way'"),
        ({"report__rank_by": "accuracies"}, r"rank_by: expected one of evaluation\.metrics"),
        ({"subjects": ["subj09"]}, r"no subject named 'subj09'"),
        ({"experiment": "a b"}, r"experiment: expected a text like .* Found: 'a b'"),
    ],
)
def test_a_mistake_is_told_with_path_value_and_expectation(changes, expected):
    with pytest.raises(ConfigError) as caught:
        load(changed(**changes))
    assert re.search(expected, str(caught.value)), str(caught.value)


def test_all_mistakes_are_told_at_once():
    content = changed(sede=1, seed=-1, dataset="dmo", evaluation__bootstrap=3)
    with pytest.raises(ConfigError) as caught:
        load(content)
    text = str(caught.value)
    for part in ("4 mistakes", "sede", "seed: expected", "'dmo'", "evaluation.bootstrap"):
        assert part in text, text


def test_a_wrong_value_does_not_hide_wrong_references():
    content = changed(
        seed="x",
        targets__gabor__extractor="gabr",
        models__mean__targets=["pixls", "latents"],
        generators__vae__target="latnts",
        subjects=["subj01", "subj9"],
        split__protocol="kfould",
        learning_curve__model="rige",
    )
    with pytest.raises(ConfigError) as caught:
        load(content)
    text = str(caught.value)
    assert "8 mistakes" in text, text
    for part in ("'x'", "'gabr'", "'pixls'", "'latnts'", "'subj9'", "kfould", "'rige'"):
        assert part in text, text


@pytest.mark.parametrize("broken", [None, 3, "text", ["list"], {"a": None}, {"a": [1]}])
@pytest.mark.parametrize("section", ["targets", "models", "generators", "evaluation"])
def test_a_section_of_any_wrong_type_is_a_mistake_and_no_crash(section, broken):
    with pytest.raises(ConfigError, match=section):
        load({**DEFAULT, section: broken})


def test_a_mistake_names_the_file_or_the_command_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump({**DEFAULT, "sede": 1}))
    with pytest.raises(ConfigError) as caught:
        load({**read_yaml(path), "seeed": 3, "seed": -4}, [path])
    text = str(caught.value)
    assert f"{path}: sede: unknown key" in text
    assert "--config: seeed: unknown key" in text
    assert "--config: seed: expected greater" in text


def test_the_command_check_names_the_line_of_broken_yaml(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    path = tmp_path / "x.yaml"
    path.write_text("experiment: [\n")
    assert main(["check", str(path)]) == 1
    shown = capsys.readouterr().err.splitlines()
    assert f"{path}, line 2" in shown[0]
    assert len(shown) == 2
    assert main(["check", str(tmp_path / "none.yaml")]) == 1
    assert main(["check", "config/experiments/digits69.yaml"]) == 0


def test_a_single_mistake_takes_two_lines():
    with pytest.raises(ConfigError) as caught:
        load(changed(sede=1))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: 1\nseed: 2\n", r"line 2: the key 'seed' is given twice"),
        ("a: {b: 1, b: 2}\n", r"line 1: the key 'b' is given twice"),
        ("a: [1\n", r"line \d: .*expected"),
        ("just text\n", "expected 'key: value' lines"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, text, expected):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"x\.yaml.*{expected}"):
        read_yaml(path)


def test_a_duplicate_key_in_an_experiment_file_is_a_mistake(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(DEFAULT) + "seed: 4\n")
    with pytest.raises(ConfigError, match="'seed' is given twice"):
        load(DEFAULT, [path])


def manifests(folder):
    """Return the two lists of raw files that digits69 has."""
    derivatives = folder / "derivatives/digits69"
    return [derivatives / "raw.json", derivatives / "sub-01/raw.json"]


def test_raw_files_without_a_folder_are_a_mistake_until_they_are_listed(tmp_path):
    content = read_yaml(ROOT / "config/experiments/digits69.yaml")
    configuration = load(content)
    with pytest.raises(ConfigError, match=r"data_root.*digits69.*nothing"):
        Plan(configuration, tmp_path)
    for manifest in manifests(tmp_path):
        with pytest.raises(ConfigError, match=r"data_root.*digits69.*nothing"):
            Plan(configuration, tmp_path)
        manifest.parent.mkdir(parents=True)
        manifest.write_text("{}")
    assert Plan(configuration, tmp_path).data_root == ""
    with pytest.raises(ConfigError, match="does not exist"):
        Plan(load({**content, "data_root": "nowhere"}), tmp_path / "elsewhere")


def test_raw_files_that_are_to_be_fetched_need_a_name_for_their_folder_and_no_folder(tmp_path):
    content = read_yaml(ROOT / "config/experiments/digits69.yaml")
    for listed in (False, True):
        with pytest.raises(ConfigError, match=r"data_root.*nothing"):
            Plan(load(content), tmp_path, fetching=True)
        plan = Plan(load({**content, "data_root": "nowhere"}), tmp_path, fetching=True)
        assert plan.data_root == "nowhere", f"listed: {listed}"
        for manifest in manifests(tmp_path):
            manifest.parent.mkdir(parents=True, exist_ok=True)
            manifest.write_text("{}")


def test_what_is_fetched_and_how_is_no_result_parameter(tmp_path):
    content = {**read_yaml(ROOT / "config/experiments/digits69.yaml"), "data_root": str(tmp_path)}
    changed = {**content, "fetch": {"accept_terms": True, "connections": 2, "through": "dvc"}}
    plain, other = (Plan(load(given), tmp_path).result_parameters() for given in (content, changed))
    assert plain == other
    assert "fetch" not in plain


def test_an_endpoint_without_its_protocol_is_a_mistake():
    with pytest.raises(ConfigError, match=r"fetch\.endpoint.*https\?://"):
        load({**DEFAULT, "fetch": {"endpoint": "localhost:5000"}})


def nsd(**chosen):
    """Load the NSD baseline with some sessions."""
    content = read_yaml(ROOT / "config/experiments/nsd_ridge.yaml")
    return load({**content, **chosen}).recordings


def test_an_experiment_chooses_sessions_and_the_derivatives_get_a_name_of_their_own(tmp_path):
    assert nsd().name == "nsd"
    assert len(nsd().parts["subj01"]) == 40
    first = nsd(sessions=3)
    assert first == nsd(sessions=[3, 1, 2]) == nsd(sessions=["1", "2", "3"])
    assert first.name == "nsd--first3"
    assert first.entry["sessions"] == {"subj01": [1, 2, 3]}
    assert first.parts["subj01"] == ["session01", "session02", "session03"]
    assert nsd(sessions=[2, 5]).name == "nsd--sessions-2-5"
    content = read_yaml(ROOT / "config/experiments/nsd_ridge.yaml")
    plan = Plan(load({**content, "sessions": 3, "data_root": str(tmp_path)}), tmp_path)
    assert plan.target_values("thumbnail") == "derivatives/nsd--first3/features/thumbnail.arrow"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (41, "sessions: subj01 has no session 41 in the data set's file"),
        ([40, 42, 43], "sessions: subj01 has no session 42, 43 in"),
        (0, "sessions.*greater than or equal to 1"),
        ("all", "sessions"),
    ],
)
def test_sessions_that_are_not_there_are_a_mistake(chosen, expected):
    with pytest.raises(ConfigError, match=expected):
        nsd(sessions=chosen)


def test_sessions_of_what_is_simulated_or_in_one_piece_are_no_choice_of_the_experiment():
    with pytest.raises(ConfigError, match="simulated sessions are chosen in the data set's file"):
        load({**DEFAULT, "sessions": 2})
    digits = read_yaml(ROOT / "config/experiments/digits69.yaml")
    with pytest.raises(ConfigError, match="not read by sessions"):
        load({**digits, "sessions": 2})
