"""Bad input: each mistake has an error of two lines, or is left out, counted and reported."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from bids_tree import (
    CONFIG,
    STEPS,
    dataset,
    events_table,
    raw_of,
    write_run,
    write_tree,
)
from pydantic import ValidationError

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import ConfigError, DataError, UserError
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import TRIALS
from afterimage.ingest.bids.adapter import Bids
from afterimage.ingest.subject import ingest_subject

FIRST = "sub-01/ses-01/meg/sub-01_ses-01_task-look_run-01"
OUTPUTS = ("trials", "responses", "channels", "published", "behaviour", "card")
SECOND = "sub-01/ses-01/meg/sub-01_ses-01_task-look_run-02"


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return write_tree(tmp_path_factory.mktemp("bids"))


@pytest.fixture
def copy(tree, tmp_path) -> Path:
    return Path(shutil.copytree(tree, tmp_path / "bids"))


def change(root: Path, edit, stem=FIRST) -> None:
    path = root / f"{stem}_events.tsv"
    table = pd.read_csv(path, sep="\t", na_values="n/a")
    edit(table).to_csv(path, sep="\t", index=False, na_rep="n/a")


def told(kind, call) -> UserError:
    with pytest.raises(kind) as caught:
        call()
    assert len(str(caught.value).splitlines()) == 2
    return caught.value


def read(root: Path, **changes):
    recording = dataset(**changes).recording(root, "sub-01")
    return recording, [block for _, block in recording.blocks()]


def test_a_missing_column_is_told_with_those_that_are_there(tree):
    for events in ({"picture": "stimulus"}, {"picture": "stim_file", "keep": {"stimulus": [1]}}):
        error = told(DataError, lambda events=events: read(tree, events=events))
        assert "no column 'stimulus'" in error.what
        assert "onset, duration, trial_type, sample, stim_file" in error.what
        assert f"{FIRST}_events.tsv" in error.what


@pytest.mark.parametrize("column", ["onset", "duration"])
def test_a_column_that_bids_requires_is_asked_for(copy, column):
    change(copy, lambda table: table.drop(columns=column))
    error = told(DataError, lambda: read(copy))
    assert f"no column '{column}'" in error.what
    assert "BIDS requires" in error.remedy


def test_a_file_that_is_no_table_is_refused(copy):
    for content in (b"", b"\xff\xfe\x00"):
        (copy / f"{FIRST}_events.tsv").write_bytes(content)
        assert "not a table" in told(DataError, lambda: read(copy)).what


def test_events_outside_the_recording_are_refused_or_left_out_and_counted(copy):
    def later(table):
        table.loc[table.index[-2:], ["sample", "onset"]] = [[8950, 29.8], [20000, 66.7]]
        return table

    change(copy, later, SECOND)
    error = told(DataError, lambda: read(copy))
    assert "2 of 12 events reach outside" in error.what
    assert SECOND in error.what
    events = {"picture": "stim_file", "incomplete": "drop"}
    recording, blocks = read(copy, events=events)
    assert [len(block) for block in blocks] == [12, 10, 12, 12]
    outputs = {name: str(copy / name) for name in OUTPUTS}
    card = ingest_subject(recording, {}, outputs, {})
    assert card["trials"] == 46
    assert card["notes"][-1] == (
        "2 trials are left out, because the window reaches outside the recording (ses-01_run-02)."
    )
    kept = read_table(outputs["trials"], TRIALS)["trial_id"].tolist()
    assert kept == ArrayFile(outputs["responses"]).keys["trial_id"].tolist()
    assert "sub-01-ses-01-run-02-t0013" not in kept


def test_segments_marked_as_bad_and_flat_sensors_are_told_by_run(copy):
    raw = raw_of(1)
    lost = raw.ch_names[3]
    raw._data[3] = 0
    bad = {"onset": 2.5, "duration": 3, "trial_type": "BAD_movement", "sample": 750}
    write_run_again(copy, raw, pd.concat([events_table(1), pd.DataFrame([bad])]))
    recording, blocks = read(copy)
    assert [len(block) for block in blocks] == [12, 10, 12, 12]
    card = ingest_subject(recording, {}, {name: str(copy / name) for name in OUTPUTS}, {})
    assert f"ses-01_run-02: sensor {lost}: flat in all epochs." in card["notes"]
    assert card["notes"][-1] == (
        "2 trials are left out, because the window overlaps with a segment marked as bad "
        "(ses-01_run-02)."
    )
    part = dataset().read_part(copy, "sub-01", "ses-01_run-02")
    assert [len(ids) for ids, _ in part.blocks] == [10]
    assert part.findings == recording.found["ses-01_run-02"]


def test_pictures_that_are_not_on_the_disk_are_counted_and_the_first_named(copy):
    (copy / "stimuli/boat/boat_2.png").unlink()
    (copy / "stimuli/tree/tree_1.png").unlink()
    for call in (dataset().stimulus_files, lambda root: list(dataset().stimuli(root))):
        error = told(DataError, lambda call=call: call(copy))
        assert "2 of 6 pictures" in error.what
        assert "stimuli/boat/boat_2.png" in error.what
        assert len(error.details) == 2


def test_a_picture_that_is_no_picture_is_refused(copy):
    (copy / "stimuli/boat/boat_2.png").write_bytes(b"no picture")
    assert "boat_2.png" in told(DataError, lambda: list(dataset().stimuli(copy))).what


def test_runs_of_different_rates_are_refused_by_name_unless_they_are_resampled(copy):
    table = events_table(1).assign(sample=lambda t: t["sample"] * 2 // 3)
    write_run_again(copy, raw_of(1, rate=200.0), table)
    error = told(DataError, lambda: read(copy))
    assert "200 Hz and at 300 Hz" in error.what
    assert FIRST in error.what
    assert SECOND in error.what
    resampled = [{"step": "resample", "rate": 100}, *STEPS[1:3]]
    recording, blocks = read(copy, preprocess=resampled)
    assert {block.shape[1:] for block in blocks} == {recording.shape}
    change(copy, lambda table: table.assign(onset=table["sample"] / 200), SECOND)
    by_seconds = {"picture": "stim_file", "onset": "onset"}
    _, again = read(copy, preprocess=resampled, events=by_seconds)
    assert (again[1] == blocks[1]).all()


def write_run_again(root: Path, raw, table) -> None:
    for path in (root / SECOND).parent.glob("*run-02*"):
        path.unlink()
    write_run(root, "01", "01", "02", raw, table)


def test_runs_of_different_sensors_are_refused_by_name(copy):
    raw = raw_of(1)
    lost = raw.ch_names[3]
    write_run_again(copy, raw.drop_channels([lost]), events_table(1))
    error = told(DataError, lambda: read(copy))
    assert f"lacks 1 sensors of the second: {lost}" in error.what
    assert FIRST in error.what
    assert SECOND in error.what
    _, blocks = read(copy, drop=[lost])
    assert {block.shape[2] for block in blocks} == {7}


def test_duplicate_trial_rows_are_refused_by_their_lines(copy):
    change(copy, lambda table: pd.concat([table.iloc[:3], table.iloc[[1]], table.iloc[3:]]))
    error = told(DataError, lambda: read(copy))
    assert "2 trials begin at the sample of another one: line 3, 5" in error.what


def test_an_onset_that_is_no_number_is_refused_by_its_line(copy):
    change(copy, lambda table: table.assign(sample=table["sample"].where(table.index != 2)))
    assert "no number in 1 trials: line 4" in told(DataError, lambda: read(copy)).what


@pytest.mark.parametrize("lost", [f"{SECOND}_meg.fif", f"{SECOND}_events.tsv"])
def test_a_missing_run_is_refused_or_left_out_and_counted(copy, lost):
    (copy / lost).unlink()
    error = told(DataError, lambda: dataset().recording_files(copy, "sub-01"))
    assert "missing (sub-01, ses-01_run-02)" in error.what
    assert f"holds the recordings {Path(FIRST).name}_meg.fif" in error.remedy
    assert ".tsv" not in error.remedy
    assert ".json" not in error.remedy
    adapter = dataset(missing_runs="skip")
    recording = adapter.recording(copy, "sub-01")
    assert len(recording.trials) == 36
    assert "1 runs are missing: ses-01_run-02." in recording.notes
    assert list(adapter.read_part(copy, "sub-01", "ses-01_run-02").blocks) == []
    assert adapter.recording_files(copy, "sub-01")


def test_a_subject_without_any_run_is_refused_with_what_is_there(tree):
    adapter = dataset(task="rest", missing_runs="skip")
    error = told(DataError, lambda: adapter.recording(tree, "sub-01"))
    assert "all 4 runs of sub-01" in error.what
    assert "task-look" in error.remedy
    error = told(DataError, lambda: dataset(sessions=["ses-09"]).recording(tree, "sub-01"))
    assert "ses-01" in error.remedy


def test_no_trial_at_all_is_refused(tree):
    events = {"picture": "stim_file", "keep": {"trial_type": ["none"]}}
    assert "is a trial of sub-01" in told(DataError, lambda: read(tree, events=events)).what


def test_one_name_for_two_pictures_is_refused(copy):
    change(
        copy, lambda t: t.assign(stim_file=t["stim_file"].replace("cat/cat_1.png", "x/cat_1.png"))
    )
    error = told(DataError, lambda: dataset().stimulus_files(copy))
    assert "stimulus 'cat_1' has the file" in error.what


@pytest.mark.parametrize("name", ["../secret.png", "/etc/secret.png"])
def test_a_picture_outside_its_folder_is_refused(copy, name):
    change(copy, lambda t: t.assign(stim_file=t["stim_file"].where(t.index != 0, name)))
    assert "lies outside" in told(DataError, lambda: read(copy)).what


def test_a_pattern_that_cannot_be_filled_is_refused(tree):
    stimuli = {"pattern": "{picture:05d}.png"}
    error = told(DataError, lambda: dataset(stimuli=stimuli).stimulus_files(tree))
    assert "cannot be filled" in error.what


def test_an_unreadable_recording_is_refused(copy):
    (copy / f"{FIRST}_meg.fif").write_bytes(b"no recording")
    error = told(DataError, lambda: read(copy))
    assert "cannot be opened" in error.what


def test_unknown_sensors_are_refused(tree):
    assert "'MLO99'" in told(ConfigError, lambda: read(tree, sensors=["MLO99"])).what
    assert "'MLO99'" in told(ConfigError, lambda: read(tree, drop=["MLO99"])).what


def test_no_sensor_left_is_refused(tree):
    names = dataset().recording(tree, "sub-01").channels["name"].tolist()
    assert "none of the 8" in told(ConfigError, lambda: read(tree, drop=names)).what


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"subjects": ["01"]}, "subjects"),
        ({"subjects": []}, "at least one"),
        ({"subjects": ["sub-01", "sub-01"]}, "listed twice"),
        ({"sessions": ["1"]}, "ses-"),
        ({"events": {}}, "'picture' or 'label'"),
        ({"events": {"picture": "a", "label": "b"}}, "'picture' or 'label'"),
        ({"events": {"label": "b"}}, "'stimuli' needs"),
        ({"datatype": "ieeg"}, "meg"),
        ({"preprocess": "thingsmeg"}, "things_meg"),
        ({"preprocess": STEPS[1:2] * 2}, "one step 'epoch'"),
        ({"sensor": ["eeg"]}, "sensor"),
    ],
)
def test_mistakes_of_the_configuration_are_refused(changes, text):
    with pytest.raises(ValidationError, match=text):
        Bids.Config.model_validate({**CONFIG, **changes})
