"""Betas: every published form gives the same values, and broken files are named."""

import gzip
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pytest
from nsd_bucket import (
    SHAPE,
    TRIALS,
    VERTICES,
    is_left,
    save_mgh,
    save_volume,
    stored,
    write_betas,
    write_surface_betas,
)

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd import betas, frames, hdf5
from afterimage.ingest.nsd.betas import read_betas
from afterimage.ingest.nsd.hdf5 import boxes

MASK = np.random.default_rng(0).random(SHAPE) > 0.5
SPLIT = np.random.default_rng(3).random(sum(VERTICES)) > 0.4
SIDES = np.split(SPLIT, [VERTICES[0]])


def read(paths, masks, trials: int = TRIALS) -> np.ndarray:
    paths = [paths] if isinstance(paths, Path) else paths
    masks = [masks] if isinstance(masks, np.ndarray) else masks
    return np.concatenate(list(read_betas(paths, masks, trials)))


@pytest.fixture
def small_pieces(monkeypatch):
    """Every limit of memory is a few values, so that everything is read in several pieces."""
    monkeypatch.setattr(betas, "HELD_BYTES", 5 * 2 * MASK.sum())
    monkeypatch.setattr(betas, "BLOCK_BYTES", 2 * 4 * MASK.sum())
    monkeypatch.setattr(hdf5, "PIECE_BYTES", 2 * 30)
    monkeypatch.setattr(hdf5, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(frames, "PIECE_BYTES", 3 * 2 * MASK.size)


CHUNKS = [None, (TRIALS, 1, 1, 1), (TRIALS, 1, 1, 5), (TRIALS, 1, 4, 5), (5, 2, 3, 2), (1, 3, 4, 5)]


@pytest.mark.parametrize("chunks", CHUNKS)
def test_hdf5_of_any_chunks_gives_the_values_in_the_order_of_the_mask(tmp_path, chunks):
    path = write_betas(tmp_path, "subj01", 1, chunks=chunks)
    expected = stored("subj01", 1, SHAPE)[:, MASK] / np.float32(300)
    found = read(path, MASK)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("form", ["hdf5", "nifti"])
def test_all_forms_of_a_volume_agree_also_in_small_pieces(tmp_path, form, small_pieces):
    path = write_betas(tmp_path, "subj01", 1, form)
    expected = stored("subj01", 1, SHAPE)[:, MASK] / np.float32(300)
    np.testing.assert_array_equal(read(path, MASK), expected)
    assert len(list(read_betas([path], [MASK], TRIALS))) > 4


@pytest.mark.parametrize("chunks", CHUNKS[1:])
def test_small_pieces_of_any_chunks_agree(tmp_path, chunks, small_pieces):
    path = write_betas(tmp_path, "subj01", 1, chunks=chunks)
    expected = stored("subj01", 1, SHAPE)[:, MASK] / np.float32(300)
    np.testing.assert_array_equal(read(path, MASK), expected)


@pytest.mark.parametrize("mask", [np.ones(SHAPE, dtype=bool), is_left(), is_left() & MASK])
def test_whole_volumes_and_one_side_are_read(tmp_path, mask):
    for form in ("hdf5", "nifti"):
        path = write_betas(tmp_path, "subj01", 1, form)
        expected = stored("subj01", 1, SHAPE)[:, mask] / np.float32(300)
        np.testing.assert_array_equal(read(path, mask), expected)


@pytest.mark.parametrize("space", ["nativesurface", "fsaverage"])
def test_hemispheres_are_joined_left_before_right(tmp_path, space, small_pieces):
    paths = write_surface_betas(tmp_path, "subj01", 1, space)
    expected = stored("subj01", 1, (sum(VERTICES),))[:, SPLIT] / np.float32(300)
    np.testing.assert_allclose(read(paths, SIDES), expected, rtol=1e-6)


def test_hemisphere_without_wanted_vertices_is_not_opened(tmp_path):
    paths = write_surface_betas(tmp_path, "subj01", 1, "nativesurface")
    paths[1].unlink()
    found = read(paths, [SIDES[0], np.zeros(VERTICES[1], dtype=bool)])
    assert found.shape == (TRIALS, SIDES[0].sum())


def test_integers_are_percent_times_300_and_floats_are_percent(tmp_path):
    values = stored("subj01", 1, SHAPE)
    percent = (values / 300).astype(np.float32)
    for form in ("hdf5", "nifti"):
        whole = read(write_betas(tmp_path / form, "subj01", 1, form), MASK)
        single = read(write_betas(tmp_path / form, "subj01", 1, form, values=percent), MASK)
        np.testing.assert_array_equal(whole, single)


def test_boxes_hold_whole_chunks_around_what_is_wanted():
    wanted = np.zeros((3, 4, 10), dtype=bool)
    wanted[1, 2, [1, 2, 7]] = True
    assert list(boxes(wanted, (1, 1, 1))) == [
        (slice(1, 2), slice(2, 3), slice(1, 3)),
        (slice(1, 2), slice(2, 3), slice(7, 8)),
    ]
    assert list(boxes(wanted, (2, 4, 3))) == [
        (slice(0, 2), slice(0, 4), slice(0, 3)),
        (slice(0, 2), slice(0, 4), slice(6, 9)),
    ]
    assert list(boxes(wanted, ())) == [(slice(0, 3), slice(0, 4), slice(0, 10))]


# ------------------------------------------------------------------------------------- bad input


def test_another_number_of_trials_is_refused(tmp_path):
    for form in ("hdf5", "nifti"):
        path = write_betas(tmp_path, "subj01", 1, form)
        with pytest.raises(ShapeError, match=r"12 trials, but trials_per_session is 13"):
            read(path, MASK, 13)


def test_betas_of_another_subject_are_refused(tmp_path):
    other = np.ones((4, 5, 3), dtype=bool)
    for form in ("hdf5", "nifti"):
        path = write_betas(tmp_path, "subj01", 1, form)
        with pytest.raises(
            ShapeError, match=r"\(5, 4, 3, 12\).*another subject or space"
        ) as caught:
            read(path, other)
        assert path.name in caught.value.what
    paths = write_surface_betas(tmp_path, "subj01", 1, "fsaverage")
    with pytest.raises(ShapeError, match=r"rh.betas_session01.mgh: \(5, 12\) \(vertices x trials"):
        read(paths, [SIDES[0], np.ones(6, dtype=bool)])


def test_betas_in_another_memory_order_are_refused(tmp_path):
    path = write_betas(tmp_path, "subj01", 1)
    with h5py.File(path, "w") as file:
        file["betas"] = stored("subj01", 1, SHAPE)
    with pytest.raises(ShapeError, match="X x Y x Z x trials"):
        read(path, MASK)


def test_surface_file_in_place_of_a_volume_is_refused(tmp_path):
    path = tmp_path / "betas_session01.mgh"
    save_mgh(path, np.ones((5, 1, 1, TRIALS), dtype=np.float32))
    with pytest.raises(ShapeError, match="asks for"):
        read(path, MASK)
    path = tmp_path / "betas_session01.nii.gz"
    save_volume(path, np.ones(SHAPE, dtype=np.int16))
    with pytest.raises(ShapeError, match="not of several volumes"):
        read(path, MASK)


@pytest.mark.parametrize("dtype", [np.uint16, np.complex64, bool])
def test_values_of_another_type_are_refused(tmp_path, dtype):
    path = write_betas(tmp_path, "subj01", 1, values=stored("subj01", 1, SHAPE).astype(dtype))
    with pytest.raises(DataError, match="neither integers of percent x 300 nor floats"):
        read(path, MASK)


def test_missing_data_set_is_named(tmp_path):
    path = write_betas(tmp_path, "subj01", 1)
    with h5py.File(path, "a") as file:
        file.move("betas", "beta")
    with pytest.raises(DataError, match=r"no 'betas', only \['beta'\]"):
        read(path, MASK)


@pytest.mark.parametrize("kept", [0, 100, 2000, -1])
def test_truncated_hdf5_is_named(tmp_path, kept):
    path = write_betas(tmp_path, "subj01", 1)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"session01\.hdf5: not a complete HDF5 file") as caught:
        read(path, MASK)
    assert "again" in caught.value.remedy


@pytest.mark.parametrize("kept", [0, 40, 500, -60])
def test_truncated_gzip_is_named(tmp_path, kept):
    path = write_betas(tmp_path, "subj01", 1, "nifti")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"session01\.nii\.gz: not a complete file of volumes"):
        read(path, MASK)


def test_damaged_gzip_is_named(tmp_path):
    path = write_betas(tmp_path, "subj01", 1, "nifti")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = bytes(40)
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"session01\.nii\.gz"):
        read(path, MASK)
    path.write_bytes(gzip.compress(b"not a volume"))
    with pytest.raises(DataError, match=r"session01\.nii\.gz"):
        read(path, MASK)


def test_truncated_surface_is_named(tmp_path):
    paths = write_surface_betas(tmp_path, "subj01", 1, "fsaverage")
    paths[1].write_bytes(paths[1].read_bytes()[:-400])
    with pytest.raises(DataError, match=r"rh\.betas_session01\.mgh: not a complete file"):
        read(paths, SIDES)


def test_session_without_any_data_is_refused(tmp_path):
    for form in ("hdf5", "nifti"):
        path = write_betas(tmp_path, "subj01", 1, form, np.zeros((TRIALS, *SHAPE), dtype=np.int16))
        with pytest.raises(DataError, match="every chosen voxel is 0 or NaN in all trials"):
            read(path, MASK)
    values = np.full((TRIALS, sum(VERTICES)), np.nan, dtype=np.float32)
    paths = write_surface_betas(tmp_path, "subj01", 1, "fsaverage", values)
    with pytest.raises(DataError, match=r"lh.betas_session01.mgh, .*rh.betas_session01.mgh"):
        read(paths, SIDES)


def test_scale_of_a_header_is_applied(tmp_path):
    values = stored("subj01", 1, SHAPE)
    image = nibabel.Nifti1Image(np.moveaxis(values, 0, -1), np.eye(4))
    image.header.set_slope_inter(1 / 300, 0)
    image = nibabel.Nifti1Image(np.moveaxis(values, 0, -1) / 300, np.eye(4), image.header)
    image.set_data_dtype(np.int16)
    path = tmp_path / "betas_session01.nii.gz"
    nibabel.save(image, path)
    np.testing.assert_allclose(read(path, MASK), values[:, MASK] / 300, atol=1e-3)
