import gzip

import h5py
import nibabel
import numpy as np
import pytest
from in_memory import ncsnr
from scipy.io import loadmat

from afterimage.ingest.simulated.ceilings import released_ncsnr
from afterimage.ingest.simulated.files import (
    Scratch,
    gzipped,
    save_hdf5_columns,
    save_hdf5_rows,
    save_mat,
    save_mgh,
    save_mgh_series,
    save_nifti_series,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_columns_of_an_hdf5_array_are_chunks_in_c_order_of_the_other_axes(tmp_path, rng):
    shape = (5, 4, 3, 7)
    places = rng.permutation(84)[:30]
    values = rng.integers(-9, 9, (5, 30), dtype=np.int16)
    save_hdf5_columns(tmp_path / "a.hdf5", "betas", shape, places, values)
    expected = np.zeros((5, 84), dtype=np.int16)
    expected[:, places] = values
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert (file["betas"][:] == expected.reshape(shape)).all()
        assert file["betas"].chunks == (5, 1, 1, 1)


def test_many_columns_of_an_hdf5_array_of_two_axes(tmp_path, rng):
    values = rng.integers(-9, 9, (2, 20_000), dtype=np.int16)
    save_hdf5_columns(tmp_path / "a.hdf5", "x", values.shape, np.arange(20_000), values)
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert (file["x"][:] == values).all()


def test_rows_that_are_not_given_take_no_place(tmp_path, rng):
    rows = np.array([3, 900])
    values = rng.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    save_hdf5_rows(tmp_path / "a.hdf5", "x", (1000, 64, 64, 3), rows, values)
    assert (tmp_path / "a.hdf5").stat().st_size < 100_000
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert (file["x"][3] == values[0]).all()
        assert (file["x"][900] == values[1]).all()
        assert not file["x"][4].any()


def test_volumes_written_one_by_one_are_the_volumes_that_nibabel_reads(tmp_path, rng):
    volumes = rng.integers(-999, 999, (6, 5, 4, 3), dtype=np.int16)
    matrix = np.diag([2.0, 3.0, 4.0, 1.0])
    matrix[:3, 3] = [-7, 8, 9]
    save_nifti_series(tmp_path / "a.nii.gz", (5, 4, 3, 6), matrix, 1.5, iter(volumes))
    image = nibabel.load(tmp_path / "a.nii.gz")
    assert (np.asarray(image.dataobj) == volumes.transpose(1, 2, 3, 0)).all()
    assert np.asarray(image.dataobj).dtype == np.int16
    assert (image.affine == matrix).all()
    assert image.header.get_zooms() == (2, 3, 4, 1.5)
    assert image.header.get_qform().tolist() == matrix.tolist()


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
@pytest.mark.parametrize("name", ["a.mgh", "a.mgz"])
def test_values_of_vertices_are_those_that_nibabel_reads(tmp_path, rng, dtype, name):
    values = (100 * rng.standard_normal(11)).astype(dtype)
    save_mgh(tmp_path / name, values)
    image = nibabel.load(tmp_path / name)
    assert image.header.get_data_dtype() == np.dtype(dtype).newbyteorder(">")
    assert np.asarray(image.dataobj).ravel().tolist() == values.tolist()


def test_frames_of_vertices_are_those_that_nibabel_reads(tmp_path, rng):
    frames = rng.standard_normal((4, 11)).astype(np.float32)
    save_mgh_series(tmp_path / "a.mgh", frames.shape, iter(frames))
    image = nibabel.load(tmp_path / "a.mgh")
    assert image.shape == (11, 1, 1, 4)
    assert (frames == np.asarray(image.dataobj)[:, 0, 0].T).all()
    reference = nibabel.MGHImage(frames.T.reshape(11, 1, 1, 4).copy(), None)
    assert (tmp_path / "a.mgh").stat().st_size == len(reference.to_bytes())


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path):
    def volumes():
        yield np.zeros((2, 2, 2), dtype=np.int16)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save_nifti_series(tmp_path / "a.nii.gz", (2, 2, 2, 2), np.eye(4), 1.0, volumes())
    assert not list(tmp_path.iterdir())


def test_headers_hold_neither_times_nor_names(tmp_path):
    with gzipped(tmp_path / "a.gz") as stream:
        stream.write(b"text")
    content = (tmp_path / "a.gz").read_bytes()
    assert gzip.decompress(content) == b"text"
    # Flags: no name; then four bytes of time.
    assert content[3:8] == b"\0\0\0\0\0"
    save_mat(tmp_path / "a.mat", {"x": np.arange(3)})
    assert (tmp_path / "a.mat").read_bytes().startswith(b"MATLAB 5.0 MAT-file, simulated")
    assert loadmat(tmp_path / "a.mat")["x"].tolist() == [[0, 1, 2]]


def test_scratch_keeps_values_without_a_name_on_disk(tmp_path):
    kept = Scratch(tmp_path, (3, 4), np.float32)
    kept.open()[1] = 7
    assert kept.open()[1].tolist() == [7.0] * 4
    assert kept.open()[2].tolist() == [0.0] * 4
    assert not list(tmp_path.iterdir())


def test_released_ceilings_follow_the_formula_of_the_manual(rng):
    pictures = [rng.integers(0, 30, 40), rng.integers(0, 30, 40)]
    signal = rng.standard_normal((30, 5)) * np.array([0, 0.3, 1, 2, 4])
    sessions = [signal[shown] + rng.standard_normal((40, 5)) + 9 for shown in pictures]
    sessions[1] *= 3
    found = released_ncsnr([lambda part=part: part for part in sessions], pictures)
    _, shown = np.unique(np.concatenate(pictures), return_inverse=True)
    expected = ncsnr(np.concatenate(sessions), np.repeat([0, 1], 40), shown)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_ceilings_are_unknown_without_repetitions_and_for_constant_voxels(rng):
    values = rng.standard_normal((4, 2))
    values[:, 1] = 5
    assert np.isnan(released_ncsnr([lambda: values], [np.arange(4)])).all()
    found = released_ncsnr([lambda: values], [np.array([1, 1, 2, 2])])
    assert np.isfinite(found[0])
    assert np.isnan(found[1])
