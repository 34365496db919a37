import ast
import json

import numpy as np
import pandas as pd
import pytest
from nsd_examples import (
    FULL,
    NsdConfig,
    design_of,
    responses_of,
    shown_to,
    tiny,
)

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.simulator.simulate import simulate, simulate_tables

INFO = ["cocoId", "cocoSplit", "cropBox", "loss", "nsdId", "flagged", "BOLD5000", "shared1000"]
RESPONSES = [
    "SUBJECT",
    "SESSION",
    "RUN",
    "TRIAL",
    "73KID",
    "10KID",
    "TIME",
    "ISOLD",
    "ISCORRECT",
    "RT",
    "CHANGEMIND",
    "MEMORYRECENT",
    "MEMORYFIRST",
    "ISOLDCURRENT",
    "ISCORRECTCURRENT",
    "TOTAL1",
    "TOTAL2",
    "BUTTON",
    "MISSINGDATA",
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    root = tmp_path_factory.mktemp("small")
    simulate(tiny(coco=True), root)
    return root


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    root = tmp_path_factory.mktemp("full")
    some = {**FULL, "sessions": {"subj01": [1], "subj04": "all"}}
    simulate_tables(NsdConfig.model_validate(some), root)
    return root


def info_of(root):
    return pd.read_csv(root / layout.STIMULUS_TABLE)


@pytest.mark.parametrize(("root", "trials"), [("small", 66), ("full", 22_500)])
def test_the_three_sources_agree_trial_by_trial(request, root, trials):
    root = request.getfixturevalue(root)
    subject = "subj03" if trials == 66 else "subj04"
    numbers = shown_to(root, subject, trials)
    table = responses_of(root, subject)
    assert len(table) == trials
    assert (table["73KID"] - 1 == numbers).all()
    assert (table["10KID"] == design_of(root)["masterordering"].ravel()[:trials]).all()
    info = info_of(root)
    repetitions = info[[f"subject{subject[-1]}_rep{k}" for k in range(3)]].to_numpy()
    for repetition in repetitions.T:
        seen = repetition > 0
        assert (numbers[repetition[seen] - 1] == info["nsdId"][seen]).all()
    assert (np.sort(repetitions[repetitions > 0]) == np.arange(trials) + 1).all()
    later = repetitions[:, 1:] > 0
    assert (repetitions[:, 1:][later] > repetitions[:, :-1][later]).all()


def test_tables_of_the_full_experiment_need_no_pictures(full):
    assert {path.name for path in full.rglob("*") if path.is_file()} == {
        "nsd_expdesign.mat",
        "nsd_stim_info_merged.csv",
        "responses.tsv",
    }
    assert len(responses_of(full, "subj01")) == 30_000


def test_the_design_has_the_published_names_shapes_and_small_integers(full, small):
    design = design_of(full)
    assert {key: value.shape for key, value in design.items()} == {
        "masterordering": (1, 30_000),
        "subjectim": (8, 10_000),
        "sharedix": (1, 1000),
        "stimpattern": (40, 12, 75),
    }
    assert design["masterordering"].dtype == np.uint16
    assert design["stimpattern"].sum() == 30_000
    assert design_of(small)["subjectim"].dtype == np.uint16
    for root in (full, small):
        content = design_of(root)
        count = content["sharedix"].size
        assert (np.sort(content["subjectim"][:, :count]) == np.sort(content["sharedix"])).all()
        assert content["subjectim"].min() == 1


def test_the_table_of_pictures_has_the_published_columns(full, small):
    subjects = [f"subject{k}" for k in range(1, 9)]
    repetitions = [f"{subject}_rep{k}" for subject in subjects for k in range(3)]
    for root, count in ((full, 73_000), (small, 46)):
        info = info_of(root)
        assert info.columns.tolist() == ["Unnamed: 0", *INFO, *subjects, *repetitions]
        assert (info["Unnamed: 0"] == np.arange(count)).all()
        assert (info["nsdId"] == np.arange(count)).all()
        assert info["cocoId"].is_unique
        assert set(info["cocoSplit"]) == {"train2017", "val2017"}
        assert all(info[name].dtype == bool for name in ("flagged", "BOLD5000", "shared1000"))
        shared = np.sort(design_of(root)["sharedix"].ravel()) - 1
        assert (np.flatnonzero(info["shared1000"]) == shared).all()
        assert (info.loc[info["shared1000"], subjects] == 1).all(axis=None)
        crops = np.array([ast.literal_eval(text) for text in info["cropBox"]])
        np.testing.assert_allclose(crops.sum(axis=1), 0.25, atol=1e-6)
        assert ((crops[:, :2] == 0).all(axis=1) | (crops[:, 2:] == 0).all(axis=1)).all()
    owners = info_of(full)[subjects].sum(axis=1)
    assert owners.value_counts().to_dict() == {1: 72_000, 8: 1000}


def test_a_subject_that_left_early_never_saw_the_later_trials(full):
    info = info_of(full)
    repetitions = info[[f"subject4_rep{k}" for k in range(3)]]
    assert repetitions.to_numpy().max() == 22_500
    assert ((repetitions > 0).sum(axis=1)[info["subject4"] == 1] < 3).any()


def test_behaviour_has_the_published_columns_in_order(full):
    table = responses_of(full, "subj04")
    assert table.columns.tolist() == RESPONSES
    assert (table["SUBJECT"] == 4).all()
    assert table["SESSION"].tolist() == np.repeat(np.arange(1, 31), 750).tolist()
    first = table[table["SESSION"] == 1]
    assert first["RUN"].value_counts(sort=False).tolist() == [63, 62] * 6
    assert first["TRIAL"].tolist() == [t for k in (63, 62) * 6 for t in range(1, k + 1)]
    text = (full / layout.responses_table("subj04")).read_text()
    assert "\t1.0\t" not in text
    assert "\tNaN\t" in text


def test_times_grow_by_four_seconds_within_a_run_and_by_days_between_sessions(full):
    table = responses_of(full, "subj04")
    assert (np.diff(table["TIME"]) > 0).all()
    assert (np.diff(table[table["TRIAL"] == 1]["TIME"])[:11] > 300 / 86_400).all()
    steps = np.diff(table[(table["SESSION"] == 1) & (table["RUN"] == 1)]["TIME"]) * 86_400
    # Five blank slots lie among the 63 trials of the first run.
    assert sorted(set(np.round(steps).astype(int))) == [4, 8]
    assert (np.round(steps) == 8).sum() == 5


def test_a_picture_is_old_if_it_came_before_and_memory_counts_the_trials_between(full):
    table = responses_of(full, "subj04")
    last: dict[int, int] = {}
    first: dict[int, int] = {}
    for trial, number in enumerate(table["73KID"].tolist()):
        row = table.iloc[trial] if trial % 37 == 0 else None
        if row is not None:
            assert row["ISOLD"] == (number in last)
            if number in last:
                assert row["MEMORYRECENT"] == trial - last[number] - 1
                assert row["MEMORYFIRST"] == trial - first[number] - 1
            else:
                assert np.isnan([row["MEMORYRECENT"], row["MEMORYFIRST"]]).all()
        last[number] = trial
        first.setdefault(number, trial)
    again = table.groupby(["SESSION", "73KID"]).cumcount() > 0
    assert (table["ISOLDCURRENT"] == again).all()


def test_button_presses_agree_with_what_was_right(full):
    table = responses_of(full, "subj04")
    pressed = table[table["BUTTON"].notna()]
    assert set(pressed["BUTTON"]) == {1, 2}
    assert ((pressed["BUTTON"] == 2) == (pressed["ISOLD"] == 1))[pressed["ISCORRECT"] == 1].all()
    assert ((pressed["BUTTON"] == 2) != (pressed["ISOLD"] == 1))[pressed["ISCORRECT"] == 0].all()
    assert (pressed["TOTAL1"] + pressed["TOTAL2"] == 1 + pressed["CHANGEMIND"]).all()
    assert 0.7 < pressed["ISCORRECT"].mean() < 0.95
    assert 300 < pressed["RT"].median() < 1500


def test_values_are_missing_without_a_press_and_in_lost_runs(full):
    table = responses_of(full, "subj04")
    silent = table["BUTTON"].isna()
    measures = ["ISCORRECT", "RT", "CHANGEMIND", "ISCORRECTCURRENT", "BUTTON"]
    assert table.loc[silent, measures].isna().all(axis=None)
    assert table.loc[~silent].drop(columns=["MEMORYRECENT", "MEMORYFIRST"]).notna().all(axis=None)
    lost = table["MISSINGDATA"] == 1
    assert lost.any()
    assert silent[lost].all()
    assert table.loc[lost, ["TOTAL1", "TOTAL2"]].isna().all(axis=None)
    assert (table.loc[silent & ~lost, ["TOTAL1", "TOTAL2"]] == 0).all(axis=None)
    assert table.groupby(["SESSION", "RUN"])["MISSINGDATA"].nunique().max() == 1


def test_the_sidecar_names_source_and_category_of_every_picture(small):
    known = pd.read_csv(small / layout.SIDECAR)
    assert (known["nsdId"] == np.arange(46)).all()
    assert {"face", "house", "photo-scene"} <= set(known["category"])
    shared = info_of(small)["shared1000"]
    assert not set(known["source_id"][shared]) & set(known["source_id"][~shared])


def test_annotations_have_the_structure_of_coco(small):
    info = info_of(small).set_index("cocoId")
    category = pd.read_csv(small / layout.SIDECAR)["category"]
    seen = 0
    for split in ("train2017", "val2017"):
        captions, instances = (
            json.loads((small / path).read_text()) for path in layout.coco_files(split)
        )
        assert captions["images"] == instances["images"]
        sizes = {image["id"]: (image["height"], image["width"]) for image in captions["images"]}
        ours = info[info["cocoSplit"] == split]
        # Some photographs were never cut to a picture.
        assert set(ours.index) < set(sizes)
        texts = pd.DataFrame(captions["annotations"])
        assert (texts["image_id"].value_counts() == 5).all()
        assert texts["id"].is_unique
        assert not texts["image_id"].is_monotonic_increasing
        names = {entry["id"]: entry["name"] for entry in instances["categories"]}
        for found in instances["annotations"]:
            left, top, width, height = found["bbox"]
            assert found["area"] == pytest.approx(width * height, abs=0.01)
            assert left + width <= sizes[found["image_id"]][1] + 0.01
            assert top + height <= sizes[found["image_id"]][0] + 0.01
            if found["image_id"] in ours.index:
                shown = category[ours.loc[found["image_id"], "nsdId"]]
                assert (names[found["category_id"]] == "person") == (shown == "face")
                seen += 1
    assert seen > 20
