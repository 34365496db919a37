"""A mistake in files or YAML is two lines that name file, key, expectation and remedy."""

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from pydantic import ValidationError

from afterimage.contracts.errors import ConfigError, DataError, ShapeError, UserError
from afterimage.ingest.arrays.adapter import Arrays
from afterimage.ingest.arrays.preview import main

RNG = np.random.default_rng(1)


def dataset(**entry):
    entry = {"name": "arrays", "file": "d.npz", "responses": "X", **entry}
    return Arrays(Arrays.Config.model_validate(entry))


def consume(data, root):
    data.stimulus_files(root)
    list(data.stimuli(root))
    for subject in data.subjects():
        list(data.recording(root, subject).blocks())
        data.published_roles(root, subject, "default")


def error(root, kind=UserError, **entry):
    with pytest.raises(kind) as caught:
        consume(dataset(**entry), root)
    lines = str(caught.value).split("\n")
    assert len(lines) == 2
    assert all(lines)
    return lines


@pytest.fixture
def npz(tmp_path):
    def save(**arrays):
        arrays.setdefault("X", RNG.normal(size=(6, 4)))
        np.savez(tmp_path / "d.npz", **arrays)
        return tmp_path

    return save


def test_a_missing_file_is_named_with_the_closest_one(npz):
    what, remedy = error(npz(), DataError, file="e.npz")
    assert "e.npz" in what
    assert "'d.npz'" in what
    assert "data_root" in remedy


def test_a_file_name_where_a_key_is_expected(npz):
    root = npz()
    (root / "labels.txt").write_text("a\nb\n" * 3)
    _, remedy = error(root, ConfigError, stimuli={"category": "labels.txt"})
    assert "{file: labels.txt}" in remedy
    data = dataset(stimuli={"category": {"file": "labels.txt"}})
    assert [s.category for s in data.stimuli(root)] == ["a", "b"] * 3


def test_a_missing_folder_is_named(npz):
    what, _ = error(npz(), DataError, file="sub/d.npz")
    assert "does not exist" in what


@pytest.mark.parametrize("name", ["d.mat", "d73.mat", "d.h5", "d.csv", "d.npz"])
def test_a_wrong_key_lists_the_keys_with_shapes_and_the_closest(tmp_path, name):
    x = RNG.normal(size=(6, 4))
    scipy.io.savemat(tmp_path / "d.mat", {"fmriTrn": x, "s": {"labels": np.arange(6)}})
    np.savez(tmp_path / "d.npz", fmriTrn=x)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["fmriTrn"] = x
    with h5py.File(tmp_path / "d73.mat", "w") as file:
        file["fmriTrn"] = x.T
    pd.DataFrame({"fmriTrn": x[:, 0], "other": 1}).to_csv(tmp_path / "d.csv", index=False)
    what, remedy = error(tmp_path, DataError, file=name, responses="fmriTrain")
    assert "no key 'fmriTrain'" in what
    assert name in what
    assert "fmriTrn (6" in what
    assert "'fmriTrn'" in remedy


def test_nested_fields_of_a_struct_are_listed(tmp_path):
    scipy.io.savemat(tmp_path / "d.mat", {"s": {"resp": np.eye(3)}})
    what, remedy = error(tmp_path, DataError, file="d.mat", responses="s.respo")
    assert "s.resp (3, 3)" in what
    assert "'s.resp'" in remedy
    what, remedy = error(tmp_path, DataError, file="d.mat", responses="s")
    assert "is a struct" in what
    assert "s.resp" in remedy


def test_transposed_responses_are_recognised_and_the_axes_are_given(npz):
    root = npz(X=RNG.normal(size=(4, 6)), y=np.arange(6))
    what, remedy = error(root, ShapeError, stimuli={"category": "y"})
    assert "(4, 6)" in what
    assert "axes: [voxel, trial]" in remedy
    fixed = {"key": "X", "axes": ["voxel", "trial"]}
    consume(dataset(responses=fixed, stimuli={"category": "y"}), root)


def test_transposed_responses_are_recognised_by_pictures(npz):
    root = npz(X=RNG.normal(size=(4, 6)), p=np.zeros((6, 5, 5), dtype=np.uint8))
    _, remedy = error(root, ShapeError, stimuli={"images": "p"})
    assert "axes: [voxel, trial]" in remedy


def test_pictures_along_another_axis_are_recognised(npz):
    root = npz(p=np.zeros((5, 7, 6), dtype=np.uint8))
    what, remedy = error(root, ShapeError, stimuli={"images": "p"})
    assert "(5, 7, 6)" in what
    assert "Axis 2" in remedy


def test_trials_and_stimuli_of_different_length(npz):
    what, remedy = error(npz(y=np.arange(5)), ShapeError, stimuli={"category": "y"})
    assert "has 5 entries" in what
    assert "6 trials" in what
    assert "equally many" in remedy


def test_vectors_of_the_stimuli_of_different_length(npz):
    root = npz(i=np.zeros(6, int), id=np.array(["a", "b"]), y=np.arange(3))
    stimuli = {"id": "id", "category": "y"}
    what, _ = error(root, ShapeError, trials={"stimulus": {"key": "i", "base": 0}}, stimuli=stimuli)
    assert "has 3 entries, expected 2" in what


def test_duplicate_stimulus_ids(npz):
    root = npz(id=np.array(list("abcabd")))
    what, remedy = error(root, DataError, stimuli={"id": "id"})
    assert "duplicate ids: ['a', 'b']" in what
    assert "trials.stimulus" in remedy


def test_duplicate_trial_ids(npz):
    what, _ = error(npz(id=np.array([1, 1, 2, 3, 4, 5])), DataError, trials={"id": "id"})
    assert "duplicate trial ids" in what


def test_an_image_that_is_not_an_image(npz):
    root = npz()
    for i in range(6):
        (root / f"{i}.png").write_text("not a picture")
    what, _ = error(root, DataError, stimuli={"files": "{number}.png"})
    assert "0.png: not a readable image" in what


def test_a_missing_image_file(npz):
    what, _ = error(npz(), DataError, stimuli={"files": "images/{number}.png"})
    assert "images/0.png" in what


def test_nan_voxels_pass_but_a_nan_trial_does_not(npz):
    x = RNG.normal(size=(6, 4))
    x[:, 1] = np.nan
    consume(dataset(), npz(X=x))
    x[2] = np.nan
    what, remedy = error(npz(X=x), DataError)
    assert "1 trials are NaN" in what
    assert "sub-01-0002" in what
    assert "missing: drop" in remedy


@pytest.mark.parametrize("values", [np.ones((6, 4), complex), np.full((6, 4), "a")])
def test_responses_that_are_not_real_numbers(npz, values):
    what, _ = error(npz(X=values), DataError)
    assert "expected real numbers" in what


def test_complex_responses_in_a_mat_file(tmp_path):
    scipy.io.savemat(tmp_path / "d.mat", {"X": np.ones((3, 2)) * 1j})
    what, _ = error(tmp_path, DataError, file="d.mat")
    assert "complex" in what


def test_zero_rows(npz):
    what, _ = error(npz(X=np.zeros((0, 4))), DataError)
    assert "no trials" in what


def test_pickles_are_refused_in_npy_and_npz(tmp_path):
    labels = np.array(["a", None], dtype=object)
    np.savez(tmp_path / "d.npz", X=np.eye(2), y=labels, allow_pickle=True)
    np.save(tmp_path / "y.npy", labels, allow_pickle=True)
    for category in ("y", "y.npy"):
        what, remedy = error(tmp_path, DataError, stimuli={"category": category})
        assert "pickled" in what
        assert "dtype=str" in remedy


@pytest.mark.parametrize("name", ["d.mat", "d.npz", "d.npy", "d.h5", "d.parquet", "d.nii.gz"])
def test_damaged_files(tmp_path, name):
    (tmp_path / name).write_bytes(b"nonsense" * 40)
    what, _ = error(tmp_path, DataError, responses={"file": name})
    assert name in what
    assert "not a readable" in what


def test_a_truncated_mat_file(tmp_path):
    scipy.io.savemat(tmp_path / "d.mat", {"X": RNG.normal(size=(50, 40))})
    content = (tmp_path / "d.mat").read_bytes()
    (tmp_path / "d.mat").write_bytes(content[: len(content) // 2])
    error(tmp_path, DataError, file="d.mat")


def test_a_truncated_npz_file(npz):
    root = npz(X=RNG.normal(size=(200, 40)))
    content = (root / "d.npz").read_bytes()
    (root / "d.npz").write_bytes(content[: len(content) // 2])
    error(root, DataError)


def test_an_unknown_kind_of_file(tmp_path):
    (tmp_path / "d.pkl").write_bytes(b"x")
    what, _ = error(tmp_path, DataError, file="d.pkl")
    assert "'.pkl'" in what


def test_a_label_that_names_does_not_list(npz):
    names = {"key": "y", "names": {1: "six", 2: "nine"}}
    what, _ = error(npz(y=np.array([1, 2, 3, 1, 2, 3])), DataError, stimuli={"category": names})
    assert "['3']" in what


def test_an_unknown_role(npz):
    what, remedy = error(npz(s=np.array([0, 1] * 3)), DataError, split={"role": "s"})
    assert "split.role" in what
    assert "names" in remedy


def test_one_row_with_two_roles(npz):
    split = {
        "train": {"ranges": [[0, 4]], "base": 0},
        "test": {"ranges": [[4, 5]], "base": 0},
    }
    what, _ = error(npz(), DataError, split=split)
    assert "row 4" in what


def test_row_vectors_that_overlap_are_told_with_their_file(npz):
    root = npz(a=np.array([0, 1, 2, 3]), b=np.array([3, 4, 5]))
    vectors = {"train": {"key": "a", "base": 0}, "test": {"key": "b", "base": 0}}
    what, _ = error(root, DataError, split=vectors)
    assert what.startswith("d.npz: split: row 3")
    assert "train and test" in what


def test_row_numbers_outside(npz):
    split = {"test": {"key": "t", "base": 0}}
    what, remedy = error(npz(t=np.array([5, 6])), DataError, split=split)
    assert "names row 6" in what
    assert "base" in remedy


def test_a_mask_of_zeros_and_ones_is_not_taken_for_row_numbers(npz):
    root = npz(t=np.array([0, 1] * 3))
    what, remedy = error(root, DataError, split={"test": {"key": "t", "base": 0}})
    assert "a mask" in what
    _, remedy = error(root, ConfigError, split={"test": "t"})
    assert "only: [1]" in remedy
    roles = dataset(split={"test": {"key": "t", "only": [1]}}).published_roles(
        root, "sub-01", "default"
    )
    assert list(roles.values()) == ["train", "test"] * 3


def test_stimulus_numbers_outside(npz):
    root = npz(i=np.array([0, 1, 2, 0, 1, 2]), p=np.zeros((3, 4, 4), np.uint8))
    trials = {"stimulus": {"key": "i", "base": 1}}
    what, remedy = error(root, DataError, trials=trials, stimuli={"images": "p"})
    assert "names stimulus 0" in what
    assert "base" in remedy


def test_unknown_stimulus_ids(npz):
    root = npz(i=np.arange(6), id=np.array(["a", "b"]))
    what, _ = error(root, DataError, trials={"stimulus": "i"}, stimuli={"id": "id"})
    assert "['0', '1'" in what


def test_one_stimulus_with_two_labels(npz):
    root = npz(i=np.array(list("aabbcc")), y=np.array([0, 1, 0, 0, 0, 0]))
    what, _ = error(root, DataError, trials={"stimulus": "i"}, stimuli={"category": "y"})
    assert "stimulus 'a' has the category '0' in one trial and '1'" in what


def test_subjects_that_disagree_about_a_stimulus(tmp_path):
    for subject in ("a", "b"):
        pictures = RNG.integers(0, 255, (3, 4, 4), dtype=np.uint8)
        np.savez(tmp_path / f"{subject}.npz", X=np.eye(3), p=pictures)
    entry = {"subjects": ["a", "b"], "file": "{subject}.npz"}
    _, remedy = error(tmp_path, DataError, **entry, stimuli={"images": "p", "shared": True})
    assert "shared: false" in remedy
    ids = [s.stimulus_id for s in dataset(**entry, stimuli={"images": "p"}).stimuli(tmp_path)]
    assert ids[0] == "a-stimulus-000"
    assert len(set(ids)) == 6


def test_a_range_that_is_missing_or_wrong(npz):
    root = npz(p=RNG.random((6, 5, 5)) * 255)
    what, remedy = error(root, ConfigError, stimuli={"images": "p"})
    assert "black and white is not said" in what
    assert "range" in remedy
    images = {"key": "p", "range": [0, 1]}
    what, _ = error(root, DataError, stimuli={"images": images})
    assert "expected from 0 to 1" in what


def test_flattened_pictures_without_shape_or_of_another_shape(npz):
    root = npz(p=np.zeros((6, 784), np.uint8))
    _, remedy = error(root, ConfigError, stimuli={"images": "p"})
    assert "shape: [28, 28]" in remedy
    images = {"key": "p", "shape": [10, 10], "order": "C"}
    what, _ = error(root, ShapeError, stimuli={"images": images})
    assert "10 x 10 = 100" in what


def test_colour_channels_first_are_recognised(npz):
    what, remedy = error(npz(p=np.zeros((6, 3, 8, 8), np.uint8)), stimuli={"images": "p"})
    assert "8 colour channels" in what
    assert "[stimulus, channel, height, width]" in remedy


def test_three_axes_need_names(npz):
    _, remedy = error(npz(X=np.zeros((6, 4, 3))), ConfigError)
    assert "axes: [trial, sensor, time]" in remedy


def test_parts_with_other_voxels(npz):
    root = npz(Y=RNG.normal(size=(2, 5)))
    parts = {"train": {"responses": "X"}, "test": {"responses": "Y"}}
    what, _ = error(root, ShapeError, parts=parts)
    assert "(5,)" in what
    assert "(4,)" in what


def test_coordinates_of_other_voxels(npz):
    what, _ = error(npz(c=np.zeros((5, 3))), ShapeError, channels={"xyz": "c"})
    assert "expected (4, 3) or (3, 4)" in what


def test_a_subject_without_rows(npz):
    entry = {"subjects": ["S9"], "trials": {"subject": "who"}}
    what, _ = error(npz(who=np.array(["S1"] * 6)), DataError, **entry)
    assert "['S1']" in what


def test_a_text_column_among_responses(tmp_path):
    pd.DataFrame({"v1": [1.0, 2], "label": ["a", "b"]}).to_csv(tmp_path / "d.csv", index=False)
    what, remedy = error(tmp_path, DataError, file="d.csv", responses={"columns": "*"})
    assert "'label' is not numeric such as 'a'" in what
    assert "columns" in remedy


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"respones": "X"}, "respones"),
        ({"responses": None}, "responses"),
        ({"responses": {"key": "X", "columns": "v*"}}, "one of `key`"),
        ({"responses": {"key": "X", "axes": ["voxel", "sensor"]}}, "axis named 'trial'"),
        ({"responses": {"key": "X", "axes": ["trial", "a", "b"]}}, "one channel axis"),
        ({"stimuli": {"images": {"key": "p", "shape": [2, 2]}}}, "order"),
        ({"stimuli": {"images": "p", "files": "*.png"}}, "not both"),
        ({"stimuli": {"files": "{nme}.png"}}, "{nme}"),
        ({"stimuli": {"category": {"names": {1: "a"}}}}, "where it lies"),
        ({"split": {"test": {"values": [1]}}}, "base"),
        ({"split": {"test": {"ranges": [[0, 3]], "base": 1}}}, "ranges"),
        ({"split": {}}, "role"),
        ({"file": "{session}.npz"}, "`sessions` listed"),
        ({"file": "{sub}.npz"}, "{sub}"),
        ({"file": "/home/me/d.npz"}, "below data_root"),
        ({"subjects": ["a/b"]}, "a/b"),
        ({"series": {"label": "y", "steps": ["smooth"]}}, "detrend"),
        ({"series": {"tr": 2}}, "series.label"),
    ],
)
def test_mistakes_in_the_yaml_are_found_before_any_file_is_opened(entry, says):
    with pytest.raises(ValidationError) as caught:
        dataset(**entry)
    assert says in str(caught.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ValidationError) as caught:
        dataset(file="{session}.npz", stimuli={"images": "p", "files": "*.png"})
    assert "sessions" in str(caught.value)
    assert "not both" in str(caught.value)


def test_the_preview_lists_keys_and_reports_mistakes_in_two_lines(npz, tmp_path, capsys):
    root = npz(y=np.arange(6), p=np.zeros((6, 8, 8), np.uint8))
    assert main(["--keys", str(root / "d.npz")]) == 0
    assert "X  (6, 4) float64" in capsys.readouterr().out
    yaml = tmp_path / "mine.yaml"
    yaml.write_text("name: arrays\nfile: d.npz\nresponses: X\nstimuli: {images: p, category: y}\n")
    assert main([str(yaml), str(root), "--out", str(tmp_path / "sheet.png")]) == 0
    assert "6 trials of 6 stimuli" in capsys.readouterr().out
    assert (tmp_path / "sheet.png").is_file()
    yaml.write_text("name: arrays\nfile: d.npz\nresponse: X\n")
    assert main([str(yaml), str(root)]) == 1
    assert "Did you mean 'responses'?" in capsys.readouterr().err
