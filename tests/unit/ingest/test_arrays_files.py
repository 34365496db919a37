"""Readers, time series and pictures against independent ways to the same numbers."""

import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.signal
import scipy.stats

from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import DataError
from afterimage.ingest.arrays.adapter import Arrays
from afterimage.ingest.arrays.axes import Layout
from afterimage.ingest.arrays.config import Series
from afterimage.ingest.arrays.fields import Columns, Source
from afterimage.ingest.arrays.files import open_array
from afterimage.ingest.arrays.images import decoded, to_uint8, unfold
from afterimage.ingest.arrays.series import detrend, event_blocks, label_blocks, zscore
from afterimage.ingest.arrays.tables import choose

RNG = np.random.default_rng(2)
ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "config" / "datasets"
DATA = Path(os.environ.get("AFTERIMAGE_TEST_DATA", ROOT.parent / "shared" / "data"))


def opened(path, key, **source):
    return open_array(path, Source(**source), key)


def write_73(path):
    """Write what MATLAB writes for v7.3: reversed axes, cells as references, MATLAB_class."""
    x = RNG.normal(size=(3, 5))
    with h5py.File(path, "w") as file:
        file["X"] = x.T
        file["X"].attrs["MATLAB_class"] = np.bytes_("double")
        file["data/Y"] = np.arange(24).reshape(2, 3, 4).T
        file["mask"] = np.array([[1, 0, 1]], dtype=np.uint8)
        file["mask"].attrs["MATLAB_class"] = np.bytes_("logical")
        references = []
        for i, word in enumerate(["cat", "mouse"]):
            file[f"#refs#/{i}"] = np.array([[ord(c)] for c in word], dtype=np.uint16)
            file[f"#refs#/{i}"].attrs["MATLAB_class"] = np.bytes_("char")
            references.append(file[f"#refs#/{i}"].ref)
        file["#refs#/n"] = np.eye(2, 3).T
        references_n = [file["#refs#/n"].ref]
        file.create_dataset("labels", data=np.array([references], dtype=h5py.ref_dtype))
        file["labels"].attrs["MATLAB_class"] = np.bytes_("cell")
        file.create_dataset("runs", data=np.array([references_n], dtype=h5py.ref_dtype))
        file["runs"].attrs["MATLAB_class"] = np.bytes_("cell")
        for i, value in enumerate([4.0, 7.0]):
            file[f"#refs#/v{i}"] = np.array([[value]])
        file["events/code"] = np.array(
            [[file["#refs#/v0"].ref], [file["#refs#/v1"].ref]], dtype=h5py.ref_dtype
        )
    return x


def test_mat_73_has_the_shape_that_matlab_shows(tmp_path):
    path = tmp_path / "d.mat"
    x = write_73(path)
    array = opened(path, "X")
    assert array.shape == (3, 5)
    np.testing.assert_array_equal(array.whole(), x)
    np.testing.assert_array_equal(array.part(1, slice(1, 3)), x[:, 1:3])
    assert opened(path, "data.Y").shape == (2, 3, 4)
    np.testing.assert_array_equal(
        opened(path, "data/Y").part(2, slice(1, 2)), np.arange(24).reshape(2, 3, 4)[:, :, 1:2]
    )


def test_mat_73_cells_structs_and_logicals(tmp_path):
    path = tmp_path / "d.mat"
    write_73(path)
    assert opened(path, "labels").whole().tolist() == ["cat", "mouse"]
    assert opened(path, "mask").dtype == bool
    assert opened(path, "events.code").whole().tolist() == [4.0, 7.0]
    np.testing.assert_array_equal(opened(path, "runs{1}").whole(), np.eye(2, 3))


def test_mat_5_structs_struct_arrays_cells_and_logicals(tmp_path):
    path = tmp_path / "d.mat"
    events = np.zeros((1, 2), dtype=[("code", object), ("name", object)])
    events["code"][0, 0], events["code"][0, 1] = 4.0, 7.0
    events["name"][0, 0], events["name"][0, 1] = "cat", "mouse"
    cells = np.empty((1, 2), dtype=object)
    cells[0, 0], cells[0, 1] = np.eye(2), np.ones((3, 4))
    scipy.io.savemat(path, {"s": {"in": {"X": np.eye(3)}}, "e": events, "c": cells, "m": [True]})
    np.testing.assert_array_equal(opened(path, "s.in.X").whole(), np.eye(3))
    assert opened(path, "e.code").whole().tolist() == [4.0, 7.0]
    assert opened(path, "e.name").whole().tolist() == ["cat", "mouse"]
    assert opened(path, "e(2).code").whole().item() == 7.0
    assert opened(path, "c{2}").shape == (3, 4)
    assert opened(path, "m").whole().dtype == bool


def test_doubles_that_matlab_stores_as_bytes_stay_doubles(tmp_path):
    scipy.io.savemat(tmp_path / "d.mat", {"p": np.arange(4.0).reshape(2, 2)})
    array = opened(tmp_path / "d.mat", "p")
    assert array.dtype == np.float64
    assert array.whole().dtype == np.float64


def test_npy_is_memory_mapped_and_read_in_slices(tmp_path):
    x = RNG.normal(size=(6, 4, 3))
    np.save(tmp_path / "x.npy", x)
    array = opened(tmp_path / "x.npy", None)
    assert isinstance(array.part(0, slice(0, 2)), np.memmap)
    np.testing.assert_array_equal(array.part(2, slice(1, 2)), x[:, :, 1:2])


def test_text_tables_without_header_and_with_other_separators(tmp_path):
    (tmp_path / "a.txt").write_text(" rest   0\n face   1\n")
    (tmp_path / "b.csv").write_text("x;y\n1;NA\n2;b\n")
    assert opened(tmp_path / "a.txt", 0).whole().tolist() == ["rest", "face"]
    assert opened(tmp_path / "a.txt", "1").whole().tolist() == [0, 1]
    assert opened(tmp_path / "b.csv", "y", separator=";").whole().tolist() == ["NA", "b"]
    assert opened(tmp_path / "b.csv", None, separator=";", columns="x").shape == (2, 1)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"like": "v*"}, ["v1", "v2", "v10"]),
        ({"names": ["v10", "v1"]}, ["v10", "v1"]),
        ({"regex": r"v\d"}, ["v1", "v2"]),
        ({"first": "v2", "last": "v10"}, ["v2", "v10"]),
        ({"without": ["id", "label"]}, ["v1", "v2", "v10"]),
        ({"first": 1, "last": 2}, ["v1", "v2"]),
    ],
)
def test_columns_are_chosen_in_the_files_order(chosen, expected):
    assert choose(["id", "v1", "v2", "v10", "label"], Columns(**chosen), Path("t")) == expected


def test_columns_that_do_not_exist():
    with pytest.raises(DataError, match="no column is meant"):
        choose(["a"], Columns(like="v*"), Path("t"))


def test_list_columns_of_parquet_are_tensors(tmp_path):
    x = RNG.normal(size=(3, 2, 4))
    frame = pd.DataFrame({"x": [[list(row) for row in item] for item in x]})
    frame.to_parquet(tmp_path / "d.parquet")
    np.testing.assert_array_equal(opened(tmp_path / "d.parquet", "x").whole(), x)


def test_layouts_bring_rows_first_and_channels_last():
    x = RNG.normal(size=(4, 5, 3))
    layout = Layout(("sensor", "trial", "time"), x.shape, ("trial",))
    assert layout.dims == ("time", "sensor")
    np.testing.assert_array_equal(layout.arrange(x), x.transpose(1, 2, 0))
    volume = RNG.normal(size=(2, 3, 4, 6))
    layout = Layout(("x", "y", "z", "trial"), volume.shape, ("trial",))
    np.testing.assert_array_equal(layout.arrange(volume), volume.reshape(24, 6).T)


def test_detrend_and_zscore_agree_with_scipy():
    x = RNG.normal(size=(30, 4)).cumsum(axis=0) + 100
    np.testing.assert_allclose(detrend(x), scipy.signal.detrend(x, axis=0), atol=1e-10)
    np.testing.assert_allclose(zscore(x), scipy.stats.zscore(x, axis=0), atol=1e-12)


def test_constant_voxels_stay_exactly_constant():
    x = np.full((10, 2), 7.3)
    assert (zscore(detrend(x)) == 0).all()


def test_blocks_end_at_runs_and_at_changes_of_stimulus():
    labels = ["a", "a", "a", "rest", "b", "b"]
    runs = np.array([1, 1, 2, 2, 2, 2])
    stimuli = [None, None, None, None, 1, 2]
    blocks = label_blocks(labels, runs, np.ones(6, int), stimuli, {"rest"})
    assert [(b.label, b.run, b.first, b.stop) for b in blocks] == [
        ("a", 1, 0, 2),
        ("a", 2, 2, 3),
        ("b", 2, 4, 5),
        ("b", 2, 5, 6),
    ]


def test_a_run_in_two_stretches_is_refused():
    with pytest.raises(DataError, match="do not follow one another"):
        label_blocks(list("aaa"), np.array([1, 2, 1]), np.ones(3, int), [None] * 3, set())


def test_events_hold_the_volumes_that_start_within_them():
    onsets, stops = np.array([15.0, 0.1]), np.array([37.5, 5.1])
    assert event_blocks(onsets, stops, 2.5, None, 100) == [(6, 15), (1, 3)]
    assert event_blocks(onsets, stops, 2.5, 3, 100) == [(6, 9), (1, 4)]


def test_a_shift_moves_blocks_later_and_never_out_of_the_run(tmp_path):
    x = np.arange(8.0).reshape(8, 1)
    np.savez(tmp_path / "d.npz", X=x, l=np.array(list("aabbaabb")), r=np.repeat([1, 2], 4))

    def means(**series):
        entry = {
            "name": "arrays",
            "file": "d.npz",
            "responses": "X",
            "series": {"label": "l", "run": "r", **series},
        }
        data = Arrays(Arrays.Config.model_validate(entry))
        blocks = data.recording(tmp_path, "sub-01").blocks()
        return np.concatenate([values for _, values in blocks]).ravel().tolist()

    assert means() == [0.5, 2.5, 4.5, 6.5]
    assert means(shift=1) == [1.5, 3.0, 5.5, 7.0]
    assert means(length=1) == [0.0, 2.0, 4.0, 6.0]
    with pytest.raises(DataError, match="holds no volume"):
        means(shift=2, length=1, skip=[]) and means(shift=4)


def test_steps_have_only_known_names():
    assert Series(label="x", steps=["zscore", "detrend"]).steps == ["zscore", "detrend"]


@pytest.mark.parametrize("order", ["C", "F"])
def test_unfolding_inverts_numpys_flattening(order):
    picture = RNG.integers(0, 255, (4, 5, 3))
    flat = picture.reshape(-1, order=order)
    axes = ["height", "width", "channel"]
    np.testing.assert_array_equal(unfold(flat, (4, 5, 3), axes, order), picture)
    planes = picture.transpose(2, 0, 1).reshape(-1, order=order)
    axes = ["channel", "height", "width"]
    np.testing.assert_array_equal(unfold(planes, (3, 4, 5), axes, order), picture)


def test_ranges_map_black_and_white_and_may_be_inverted():
    values = np.array([[0.0, 0.5, 1.0]])
    assert to_uint8(values, 0, 1, "")[0, :, 0].tolist() == [0, 128, 255]
    assert to_uint8(values, 1, 0, "")[0, :, 0].tolist() == [255, 128, 0]
    with pytest.raises(DataError):
        to_uint8(np.array([[np.nan]]), 0, 1, "")


def test_transparency_is_laid_on_white_and_16_bits_become_8():
    import io

    from PIL import Image

    def png(array):
        buffer = io.BytesIO()
        Image.fromarray(array).save(buffer, format="PNG")
        return buffer.getvalue()

    assert decoded(png(np.zeros((2, 2, 4), np.uint8)), "")[0, 0].tolist() == [255] * 3
    assert decoded(png(np.full((2, 2), 65535, np.uint16)), "")[0, 0].tolist() == [255] * 3
    assert decoded(png(np.full((2, 2), 99, np.uint8)), "")[0, 0].tolist() == [99] * 3


def test_channels_can_be_left_out_and_joined(tmp_path):
    np.savez(tmp_path / "d.npz", X=np.arange(12.0).reshape(3, 4), good=np.array([1, 0, 1, 1]))
    entry = {
        "name": "arrays",
        "file": "d.npz",
        "responses": {"join": [{"key": "X", "roi": "a"}], "scale": 2},
        "channels": {"keep": {"key": "good", "only": [1]}},
    }
    recording = Arrays(Arrays.Config.model_validate(entry)).recording(tmp_path, "sub-01")
    values = np.concatenate([block for _, block in recording.blocks()])
    assert values[0].tolist() == [0, 4, 6]
    assert recording.channels["channel"].tolist() == [0, 1, 2]


def test_trials_of_one_subject_are_picked_from_a_common_table(tmp_path):
    frame = pd.DataFrame({"v1": np.arange(6.0), "who": [1, 2] * 3, "image": list("aabbcc")})
    frame.to_csv(tmp_path / "d.csv", index=False)
    entry = {
        "name": "arrays",
        "file": "d.csv",
        "subjects": ["S1", "S2"],
        "responses": {"columns": ["v1"]},
        "trials": {"subject": {"key": "who", "names": {1: "S1", 2: "S2"}}, "stimulus": "image"},
    }
    data = Arrays(Arrays.Config.model_validate(entry))
    recording = data.recording(tmp_path, "S2")
    assert np.concatenate([b for _, b in recording.blocks()]).ravel().tolist() == [1, 3, 5]
    assert [s.stimulus_id for s in data.stimuli(tmp_path)] == ["a", "b", "c"]


def test_big_arrays_come_in_several_blocks_in_order(tmp_path, monkeypatch):
    import afterimage.ingest.arrays.responses as module

    monkeypatch.setattr(module, "BLOCK", 8)
    x = RNG.normal(size=(7, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    entry = {"name": "arrays", "responses": "x.npy"}
    recording = Arrays(Arrays.Config.model_validate(entry)).recording(tmp_path, "sub-01")
    blocks = list(recording.blocks())
    assert [len(ids) for ids, _ in blocks] == [2, 2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([b for _, b in blocks]), x)


def real(name):
    root = DATA / name
    if not root.is_dir():
        pytest.skip(f"the real recording {root} is not here")
    config = Arrays.Config.model_validate(read_yaml(CONFIG / f"{name}.yaml"))
    return Arrays(config), root


def test_the_digits_are_upright_sixes_and_nines():
    data, root = real("digits69")
    stimuli = list(data.stimuli(root))
    roles = data.published_roles(root, "sub-01", "default")
    assert [list(roles.values()).count(r) for r in ("train", "test")] == [90, 10]
    # The loop of an upright six is below, that of a nine is above.
    lower = {"six": [], "nine": []}
    for stimulus in stimuli:
        ink = stimulus.image[..., 0].astype(float)
        lower[stimulus.category].append(ink[14:].sum() / ink.sum())
    assert np.mean(lower["six"]) > np.mean(lower["nine"]) + 0.05
    assert [len(values) for values in lower.values()] == [50, 50]


def test_haxby_gives_96_blocks_that_decode_leave_run_out():
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data, root = real("haxby")
    category = {s.stimulus_id: s.category for s in data.stimuli(root)}
    recording = data.recording(root, "sub001")
    x = np.concatenate([values for _, values in recording.blocks()])
    assert x.shape == (96, 530)
    labels = [category[name] for name in recording.trials["stimulus_id"]]
    model = make_pipeline(StandardScaler(), RidgeClassifier(alpha=100.0))
    runs = recording.trials["run"]
    assert cross_val_score(model, x, labels, groups=runs, cv=LeaveOneGroupOut()).mean() >= 0.70
