"""Windows of the preprocessed series, with and without resting runs."""

import re
from pathlib import Path

import numpy as np
import pytest
from nsd_bucket import (
    RUNS,
    SHAPE,
    TRIALS,
    dataset,
    labels,
    save_volume,
    series_onsets,
    series_values,
    write_session_series,
    write_tables,
    write_volume_labels,
)

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd import frames, layout, series
from afterimage.ingest.nsd.series import trial_volumes

MASK = labels("nsdgeneral", SHAPE) > 0
WINDOW = {"first": -2, "last": 3}
# Sessions 1 and 3 have no rest; 2 has design files of its resting runs, 4 has none.
REST = {1: (False, True), 2: (True, True), 3: (False, True), 4: (True, False)}


@pytest.fixture
def root(tmp_path) -> Path:
    write_tables(tmp_path)
    for subject in ("subj01", "subj02"):
        write_volume_labels(tmp_path, subject)
        for session, (rest, designed) in REST.items():
            write_session_series(tmp_path, subject, session, rest, designed)
    return tmp_path


def adapter(normalise: str = "none", sessions=4, **window):
    series = {**WINDOW, **window, "normalise": normalise}
    return dataset(series=series, sessions={"subj01": sessions})


def windows(root: Path, *arguments, **changes) -> np.ndarray:
    recording = adapter(*arguments, **changes).recording(root, "subj01")
    blocks = list(recording.blocks())
    assert [name for ids, _ in blocks for name in ids] == recording.trials["trial_id"].tolist()
    return np.concatenate([block for _, block in blocks])


def series_file(root: Path, session: int, run: int) -> Path:
    return root / layout.series_file("subj01", "func1pt8mm", session, run)


def design_file(root: Path, session: int, run: int) -> Path:
    return root / layout.series_design_file("subj01", "func1pt8mm", session, run)


def expected(session: int, run: int) -> np.ndarray:
    """Windows of the run with pictures number ``run``, shape (3, 6, v), as floats."""
    values = series_values(session, run + (1 if REST[session][0] else 0))[:, MASK]
    return np.stack([values[onset - 2 : onset + 4] for onset in series_onsets(run)]).astype(float)


def test_windows_are_the_volumes_around_each_trial_with_and_without_rest(root):
    found = windows(root)
    assert found.dtype == np.float32
    wanted = [expected(session, run) for session in REST for run in range(1, RUNS + 1)]
    assert found.tolist() == np.concatenate(wanted).tolist()


def test_recording_says_time_voxels_unit_and_onsets(root):
    recording = adapter().recording(root, "subj01")
    assert recording.dims == ("time", "voxel")
    assert recording.shape == (6, int(MASK.sum()))
    assert recording.unit == "arbitrary"
    assert recording.no_data is None
    assert adapter("run").recording(root, "subj01").unit == "sd"
    onsets = np.concatenate([series_onsets(run) for run in range(1, RUNS + 1)])
    np.testing.assert_allclose(recording.trials["onset"], np.tile(onsets, 4) * 4 / 3)


def test_normalised_runs_have_mean_0_and_deviation_1_over_all_volumes(root):
    found = windows(root, "run").reshape(4, RUNS, TRIALS // RUNS, 6, -1)
    for session in REST:
        for run in range(1, RUNS + 1):
            number = run + (1 if REST[session][0] else 0)
            values = series_values(session, number)[:, MASK].astype(float)
            wanted = (expected(session, run) - values.mean(axis=0)) / values.std(axis=0)
            np.testing.assert_allclose(found[session - 1, run - 1], wanted, atol=1e-5)


def test_small_pieces_give_the_same(root, monkeypatch):
    whole = windows(root, "run")
    monkeypatch.setattr(series, "BLOCK_BYTES", 1)
    monkeypatch.setattr(series, "COLUMNS_AT_ONCE", 3)
    monkeypatch.setattr(frames, "PIECE_BYTES", 1)
    np.testing.assert_array_equal(windows(root, "run"), whole)


def test_parts_are_sessions_with_their_own_runs(root):
    chosen = adapter(sessions=[2, 4])
    blocks = [
        b
        for part in chosen.parts("subj01")
        for _, b in chosen.read_part(root, "subj01", part).blocks
    ]
    whole = [b for _, b in chosen.recording(root, "subj01").blocks()]
    assert np.concatenate(blocks).tolist() == np.concatenate(whole).tolist()


def test_runs_13_and_14_are_listed_where_they_exist(root):
    files = [name for name in adapter().recording_files(root, "subj01") if "/timeseries/" in name]
    assert [Path(name).stem for name in files if "session01" in name] == [
        f"timeseries_session01_run{run:02d}.nii" for run in range(1, 5)
    ]
    assert len([name for name in files if "session02" in name]) == 6
    designs = [
        name for name in adapter().recording_files(root, "subj01") if "design_session04" in name
    ]
    assert len(designs) == RUNS
    part = adapter().part_files("subj01", "session01")
    assert len(part) == 6
    assert not [name for name in adapter().recording_files(root, "subj01") if "betas" in name]


def test_voxel_that_never_changes_in_a_run_is_missing_there(root):
    values = series_values(1, 2)
    values[:, *np.argwhere(MASK)[3]] = 7
    save_volume(series_file(root, 1, 2), np.moveaxis(values, 0, -1))
    found = windows(root, "run", sessions=[1])
    missing = np.isnan(found).all(axis=1)
    assert missing.sum() == 3
    assert missing[3:6, 3].all()
    assert np.isfinite(windows(root, sessions=[1])).all()


def test_volumes_take_four_seconds_a_trial():
    assert (trial_volumes("func1pt8mm"), trial_volumes("func1mm")) == (3, 4)


# ------------------------------------------------------------------------------------- bad input


def test_window_that_leaves_the_run_is_refused_with_the_largest_that_fits(root):
    for window in ({"first": -3, "last": 0}, {"first": 0, "last": 7}):
        with pytest.raises(DataError, match="leave the run") as caught:
            windows(root, **window)
        assert "{first: -2, last: 6}" in caught.value.remedy
    assert windows(root, first=-2, last=6, sessions=[2]).shape[1] == 9


def test_pictures_that_are_not_those_of_the_trials_are_refused(root):
    path = design_file(root, 2, 3)
    rows = np.loadtxt(path, dtype=int)
    np.savetxt(path, np.where(rows > 0, rows + 1, 0), fmt="%d")
    with pytest.raises(DataError, match=r"session02_run03\.tsv: 3 of 3 pictures .*s02-t004"):
        adapter().recording(root, "subj01")
    with pytest.raises(DataError, match="3 of 3 pictures"):
        next(adapter().read_part(root, "subj01", "session02").blocks)
    next(adapter().read_part(root, "subj01", "session01").blocks)


def test_other_numbers_of_pictures_or_runs_are_refused(root):
    path = design_file(root, 1, 2)
    rows = np.loadtxt(path, dtype=int)
    rows[np.flatnonzero(rows)[0]] = 0
    np.savetxt(path, rows, fmt="%d")
    with pytest.raises(ShapeError, match="2 pictures, but run 2 has 3 trials"):
        adapter().recording(root, "subj01")
    np.savetxt(path, 0 * rows, fmt="%d")
    with pytest.raises(DataError, match="3 runs showed pictures, but runs_per_session is 4"):
        adapter().recording(root, "subj01")


@pytest.mark.parametrize("content", ["1 2\n3 4\n", "-1\n", "1.5\n", "a\n"])
def test_design_that_is_no_column_of_numbers_is_refused(root, content):
    design_file(root, 1, 1).write_text(content)
    with pytest.raises(DataError, match=r"design_session01_run01\.tsv"):
        adapter().recording(root, "subj01")


def test_missing_run_is_named(root):
    series_file(root, 1, 2).unlink()
    with pytest.raises(DataError, match=r"session01_run02\.nii\.gz: missing"):
        adapter().recording_files(root, "subj01")
    with pytest.raises(DataError, match=r"session01_run02\.nii\.gz: the file is missing"):
        windows(root)
    design_file(root, 3, 2).unlink()
    with pytest.raises(DataError, match=r"design_session03_run02\.tsv"):
        adapter(sessions=[3]).recording_files(root, "subj01")


def test_truncated_run_is_named(root):
    path = series_file(root, 1, 2)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"session01_run02\.nii\.gz: not a complete file"):
        windows(root)


def test_series_of_another_shape_or_length_is_refused(root):
    save_volume(series_file(root, 1, 2), np.ones((4, 5, 3, 21), dtype=np.int16))
    with pytest.raises(
        ShapeError, match=r"run02.nii.gz: \(4, 5, 3, 21\).*another subject or space"
    ):
        windows(root)
    for volumes in (19, 22, 24):
        values = series_values(1, 2, volumes)
        save_volume(series_file(root, 1, 2), np.moveaxis(values, 0, -1))
        with pytest.raises(ShapeError, match=f"{volumes} volumes, but its design file .* 20 rows"):
            windows(root)


def write_length(root: Path, volumes: int, rows: int) -> None:
    """Give run 2 of session 1 other numbers of volumes and of design rows."""
    save_volume(series_file(root, 1, 2), np.moveaxis(series_values(1, 2, volumes), 0, -1))
    design = np.loadtxt(design_file(root, 1, 2), dtype=int)
    np.savetxt(design_file(root, 1, 2), np.resize([*design, *[0] * rows], rows), fmt="%d")


def test_a_design_may_leave_out_the_volume_that_ends_the_run(root):
    write_length(root, 22, 21)
    shorter = windows(root, sessions=[1])
    write_length(root, 22, 22)
    assert windows(root, sessions=[1]).tolist() == shorter.tolist()


@pytest.mark.parametrize(
    ("volumes", "rows", "remedy"),
    [
        (22, 28, "The design file is probably of func1mm, where .*: download that of func1pt8mm"),
        (22, 29, "The design file is probably of func1mm, where .*: download that of func1pt8mm"),
        (22, 30, r"timeseries_session01_run02\.nii\.gz is incomplete or of another run"),
        (22, 23, r"timeseries_session01_run02\.nii\.gz is incomplete or of another run"),
        (23, 21, r"design_session01_run02\.tsv is incomplete or of another run"),
    ],
)
def test_a_design_of_another_length_is_refused_with_the_file_that_is_probably_wrong(
    root, volumes, rows, remedy
):
    write_length(root, volumes, rows)
    with pytest.raises(ShapeError) as caught:
        windows(root)
    told = f"{series_file(root, 1, 2)}: {volumes} volumes, but its design file "
    assert caught.value.what == f"{told}{design_file(root, 1, 2)} has {rows} rows."
    assert re.search(remedy, caught.value.remedy), caught.value.remedy
