import copy
import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from pydantic import Field

from afterimage.__main__ import main
from afterimage.contracts.config.allowed import allowed
from afterimage.contracts.config.default import DEFAULT
from afterimage.contracts.config.document import documents
from afterimage.contracts.config.entries import checked_entry
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.mistakes import Mistakes
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
        ({"evaluation__blocks": "runs"}, r"evaluation\.blocks.*'run'.*Found: 'runs'"),
        ({"evaluation__blocks": 1}, r"evaluation\.blocks.*at least 2.*Found: 1"),
        ({"evaluation__fdr": 1}, r"evaluation\.fdr: expected less than 1"),
        ({"targets__compared": {"extractor": "gabor"}}, r"targets\.compared: the folder of that"),
        ({"models__ridge__targets": ["thumbnial"]}, r"Did you mean 'thumbnail'\?"),
        ({"targets__gabor__extractor": "gabr"}, r"no extractor named 'gabr'\. Did you mean"),
        ({"generators__vae__target": "laetnts"}, r"Did you mean 'latents'\?"),
        ({"generators__linear__models": ["voxelwise"]}, r"'voxelwise' is an encoder"),
        ({"generators__linear__null_refits": 99}, r"at most the 50 null refits"),
        ({"targets__latents": {"generator": "linear"}}, r"expected a trained generator"),
        ({"targets__latents": {}}, r"either an 'extractor' or a 'generator'"),
        ({"targets__both": {"join": ["gabor", "gabr"]}}, r"targets\.both\.join: .* mean 'gabor'\?"),
        ({"targets__both": {"join": ["gabor"]}}, r"targets\.both: .*'join' needs at least two"),
        ({"targets__both": {"join": ["gabor", "gabor"]}}, r"at least two targets, each of them"),
        (
            {"targets__both": {"join": ["gabor", "pixels"], "extractor": "gabor"}},
            r"or joins others by 'join'",
        ),
        (
            {"targets__both": {"join": ["gabor", "pixels"], "transform": {"name": "standardise"}}},
            r"joined targets have transforms of their own",
        ),
        (
            {
                "targets__both": {"join": ["gabor", "pixels"]},
                "targets__more": {"join": ["both", "gabor"]},
            },
            r"targets\.more\.join: expected targets that join no others; 'both' does",
        ),
        (
            {
                "targets__both": {"join": ["gabor", "pixels"]},
                "models__ridge__targets": ["both"],
            },
            r"models\.ridge\.targets: 'both' joins feature spaces: expected an encoder",
        ),
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


def test_where_results_are_published_is_no_result_parameter():
    changed = {**DEFAULT, "publish": {"remote": "store", "pushed": "results"}}
    plain = Plan(load(changed), ROOT).result_parameters()
    assert plain == Plan(load(DEFAULT), ROOT).result_parameters()


def test_an_endpoint_without_its_protocol_is_a_mistake():
    with pytest.raises(ConfigError, match=r"fetch\.endpoint.*https\?://"):
        load({**DEFAULT, "fetch": {"endpoint": "localhost:5000"}})


def nsd(**chosen):
    """Load the NSD baseline with some sessions."""
    content = read_yaml(ROOT / "config/experiments/nsd_ridge.yaml")
    return load({**content, **chosen}).recordings


def test_an_experiment_chooses_sessions_and_the_derivatives_get_a_name_of_their_own(tmp_path):
    assert nsd().name == nsd(sessions="all").name == "nsd"
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
        (0, "sessions.*of at least 1"),
        ("some", "sessions: expected 'all', an integer of at least 1, or a list of"),
        ([], "sessions: expected 'all', or at least one in the list"),
        ([2, 1, 2], "sessions: 2 is listed 2 times"),
    ],
)
def test_sessions_that_are_not_there_are_a_mistake(chosen, expected):
    with pytest.raises(ConfigError, match=expected):
        nsd(sessions=chosen)


def test_subjects_are_at_least_one_and_each_is_named_once():
    with pytest.raises(ConfigError, match=r"subjects: subj01 is listed 2 times"):
        nsd(subjects=["subj01", "subj01"])
    with pytest.raises(ConfigError, match=r"subjects: expected 'all', or at least one"):
        nsd(subjects=[])


def test_learning_from_others_needs_others():
    others = {"decoder": {"name": "ridge"}, "targets": ["gabor"], "learn_from": "others"}
    with pytest.raises(ConfigError, match=r"models.x.learn_from: 'others' needs at least two"):
        nsd(models={"x": others})


def test_a_list_where_a_name_belongs_is_a_mistake_and_no_traceback():
    content = read_yaml(ROOT / "config/experiments/things_meg_ridge.yaml")
    analysis = {"model": "ridge", "target": []}
    with pytest.raises(ConfigError, match=r"time_resolved.x.target: expected a text. Found: \[\]"):
        load({**content, "time_resolved": {"x": analysis}})


def test_a_protocol_that_trains_on_tested_concepts_needs_no_switch():
    content = read_yaml(ROOT / "config/experiments/things_meg_ridge.yaml")
    known = {"split": {"protocol": "published", "version": "neuralbench"}, "data_root": "."}

    def audit(**sections):
        return Plan(load({**content, **known, **sections}), ROOT).audit()

    assert audit()["source"] is False
    assert audit()["known_sources"] == "neuralbench"
    assert audit(audit={"source": True})["source"] is True
    small = audit(split={"protocol": "published", "version": "benchetrit_small"})
    assert (small["source"], small["known_sources"]) == (True, "")


def test_sessions_of_what_is_simulated_or_in_one_piece_are_no_choice_of_the_experiment():
    with pytest.raises(ConfigError, match="simulated sessions are chosen in the data set's file"):
        load({**DEFAULT, "sessions": 2})
    digits = read_yaml(ROOT / "config/experiments/digits69.yaml")
    with pytest.raises(ConfigError, match="not read by sessions"):
        load({**digits, "sessions": 2})


SESSIONS = "expected 'all', an integer from 1 to 99, or a list of such integers (at least 1)"


def told(error: ConfigError) -> list[str]:
    found = str(error).splitlines()
    return [error.what] if len(found) == 2 else [re.sub(r"^ +\d+\. ", "", x) for x in found[1:-1]]


def lines_of(content) -> list[str]:
    """The mistakes of an experiment, one per line."""
    with pytest.raises(ConfigError) as caught:
        load(content)
    return told(caught.value)


def lines_of_sessions(sessions) -> list[str]:
    """The mistakes of a data set's file with these sessions, one per line."""
    mistakes = Mistakes({})
    checked_entry("dataset", {"name": "nsd", "sessions": sessions}, "", mistakes, "mine.yaml")
    return mistakes.lines


@pytest.mark.parametrize("wrong", ["all_of_them", 0, 100, 1.5, [0, 1], [1, "x", 0], [], {"a": 1}])
def test_a_value_of_none_of_several_types_is_one_line_that_says_all_that_is_allowed(wrong):
    (line,) = lines_of_sessions({"subj01": wrong})
    assert line == f"mine.yaml: sessions.subj01: {SESSIONS}. Found: {wrong!r}."


def test_each_place_with_a_value_of_a_wrong_type_has_its_line():
    found = lines_of_sessions({"subj01": None, "subj02": 2, "subj09": "some"})
    assert found == [
        f"mine.yaml: sessions.subj01: {SESSIONS}. Found: nothing.",
        "mine.yaml: sessions.subj09: expected a key like ^subj0[1-8]$. Found: 'subj09'.",
        f"mine.yaml: sessions.subj09: {SESSIONS}. Found: 'some'.",
    ]


@pytest.mark.parametrize("wrong", ["subj01", 3, ["subj01", 3]])
def test_a_word_or_a_list_is_told_in_words(wrong):
    (line,) = [line for line in lines_of(changed(subjects=wrong)) if "expected" in line]
    such = ", such as [subj01]" if wrong == "subj01" else ""
    assert line == f"subjects: expected 'all' or a list of texts{such}. Found: {wrong!r}."


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int | Literal["last", "first"], "'last', 'first', or an integer"),
        (list[str | int] | None, "a list of texts or integers"),
        (tuple[int, int] | bool, "true or false or a list of 2 entries"),
        (Annotated[float, Field(gt=0, lt=1)] | str, "a number above 0 and below 1 or a text"),
        (Annotated[int, Field(ge=2)] | list[int], "an integer of at least 2 or a list of integers"),
        (
            Annotated[str, Field(pattern="^a$")] | dict[str, int],
            "a text like ^a$ or 'key: value' lines",
        ),
    ],
)
def test_what_is_allowed_is_said_in_words(annotation, words):
    assert allowed(annotation) == words


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"seed": "x"}, "seed: expected a valid integer. Found: 'x'."),
        ({"title": 3}, "title: expected a text. Found: 3."),
        (
            {"audit": {"source": "maybe"}},
            "audit.source: expected 'protocol' or true or false. Found: 'maybe'.",
        ),
        ({"split__validation": "x"}, "split.validation: expected a number. Found: 'x'."),
        ({"models": 3}, "models: expected 'key: value' lines. Found: 3."),
        ({"report": []}, "report: expected 'key: value' lines. Found: []."),
        ({"evaluation__metrics": []}, "evaluation.metrics: expected at least 1 entry. Found: []."),
        ({"title": ["x" * 200]}, f"title: expected a text. Found: ['{'x' * 78}...."),
    ],
)
def test_types_are_told_in_words(changes, line):
    content = {**changed(), **changes} if "__" not in next(iter(changes)) else changed(**changes)
    assert line in lines_of(content)


def test_a_misspelt_required_key_is_told_once():
    content = {("datset" if key == "dataset" else key): DEFAULT[key] for key in DEFAULT}
    assert lines_of(content) == ["datset: unknown key. Did you mean 'dataset'?"]
    content = changed(evaluation={"metric": ["two_way"]})
    assert "evaluation.metric: unknown key. Did you mean 'metrics'?" in lines_of(content)
    assert not [line for line in lines_of(content) if "evaluation.metrics: this" in line]


def test_a_missing_key_beside_an_unknown_one_of_another_name_is_told():
    content = {**changed(dataset=None), "sede": 3}
    assert lines_of(content) == [
        "dataset: this key is required, and is missing.",
        "sede: unknown key. Did you mean 'seed'?",
    ]


def test_a_misspelt_key_elsewhere_does_not_hide_a_missing_one():
    content = {**changed(dataset=None), "report": {"dataset": "demo"}}
    assert "dataset: this key is required, and is missing." in lines_of(content)


@pytest.mark.parametrize(
    ("split", "line"),
    [
        ({"protocl": "kfold"}, "split.protocl: unknown key. Did you mean 'protocol'?"),
        ({"folds": 3}, "split.protocol: this key is required, and is missing."),
        (3, "split: expected 'key: value' lines. Found: 3."),
    ],
)
def test_a_split_without_its_protocol_is_told_by_the_key(split, line):
    assert lines_of(changed(split=split)) == [line]


def test_a_name_that_is_also_a_tag_stays_in_the_path():
    targets = {"pca": {"extractor": "gabor", "transform": {"name": "pca", "n_components": 0}}}
    path = "targets.pca.transform.n_components: "
    assert [line for line in lines_of(changed(targets=targets)) if line.startswith(path)]


def test_all_duplicate_keys_of_a_file_are_told_each_with_its_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a:\n- {b: 1, b: 2}\nseed: 1\nc:\n  d: 1\n  e: 2\n  d: 3\nseed: 2\nseed: 3\n")
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    assert caught.value.what == (
        f"{path}, line 2: the key 'b' is given twice; line 7: the key 'd' is given twice; "
        "line 8: the key 'seed' is given twice; line 9: the key 'seed' is given twice."
    )


def test_a_key_that_is_a_list_is_a_mistake_and_no_crash(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\n? [b]\n: 2\n")
    with pytest.raises(ConfigError, match=r"x\.yaml, line 2: found unhashable key"):
        read_yaml(path)


def test_targets_are_compared_where_an_encoder_has_several(tmp_path):
    def plan(*targets):
        encoder = {"encoder": {"name": "ridge_encoder"}, "targets": list(targets)}
        return Plan(load(changed(models__voxelwise=encoder)), tmp_path)

    assert plan("gabor").compared() == []
    assert plan("gabor").compared_files() == []
    several = plan("gabor", "thumbnail")
    assert several.compared() == ["voxelwise"]
    assert several.compared_files()[0] == "results/demo/subj01/voxelwise/compared/compared.parquet"
    kinds = [figure["kind"] for figure in several.figures()]
    assert kinds.count("best_target") == 3


def test_responses_over_time_may_be_predicted():
    content = read_yaml(ROOT / "config/experiments/things_meg_ridge.yaml")
    encoder = {"encoder": {"name": "ridge_encoder"}, "targets": list(content["targets"])[:1]}
    models = {**content["models"], "sensorwise": encoder}
    assert load({**content, "models": models}).recordings.timed
