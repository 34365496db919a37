"""Files of tensors."""

import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from afterimage.contracts.errors import DataError
from afterimage.contracts.modelfiles import TYPES, WRITE_BYTES, load_tensors, save_tensors


def tensors_of_every_type():
    made = {f"{kind}_array": np.arange(7).astype(kind) for kind in TYPES}
    made |= {"scalar": np.float32(3).reshape(()), "empty": np.zeros((0, 3)), "ä/b": np.eye(3)}
    made["turned"] = np.arange(12, dtype=np.float32).reshape(3, 4).T
    return made


def test_others_may_read_a_file_as_far_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        save_tensors(tmp_path / "model.safetensors", {"a": np.arange(3)})
    finally:
        os.umask(before)
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644
    assert load_tensors(tmp_path / "model.safetensors")["a"].tolist() == [0, 1, 2]


def test_the_bytes_are_those_of_the_library(tmp_path):
    made = tensors_of_every_type()
    save_tensors(tmp_path / "ours", made)
    save_file({name: np.ascontiguousarray(a) for name, a in made.items()}, tmp_path / "theirs")
    # NumPy makes a vector of one of a scalar that it copies.
    save_tensors(tmp_path / "ours", made | {"scalar": made["scalar"].reshape(1)})
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_what_is_loaded_is_what_was_saved(tmp_path):
    made = tensors_of_every_type()
    save_tensors(tmp_path / "file", made)
    for found in (load_tensors(tmp_path / "file"), load_file(tmp_path / "file")):
        assert set(found) == set(made)
        for name, array in made.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype
            assert found[name].shape == array.shape


def test_writing_into_loaded_arrays_leaves_the_file_alone(tmp_path):
    save_tensors(tmp_path / "file", {"a": np.zeros(5)})
    load_tensors(tmp_path / "file")["a"][:] = 1
    assert load_tensors(tmp_path / "file")["a"].sum() == 0


def test_arrays_larger_than_a_piece_are_whole(tmp_path):
    large = np.memmap(tmp_path / "raw", np.float32, "w+", shape=(WRITE_BYTES // 4000 + 10, 1000))
    large[:, 0] = np.arange(len(large))
    save_tensors(tmp_path / "file", {"a": large})
    np.testing.assert_array_equal(load_tensors(tmp_path / "file")["a"][:, 0], large[:, 0])


@pytest.mark.parametrize("content", [b"", b"\x10\0\0\0\0\0\0\0{}", b"no tensors at all"])
def test_a_damaged_file_is_told(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match="not a complete safetensors file"):
        load_tensors(tmp_path / "file")


def test_a_truncated_file_is_told(tmp_path):
    save_tensors(tmp_path / "file", {"a": np.zeros(500)})
    whole = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(whole[:-8])
    with pytest.raises(DataError, match="not a complete safetensors file"):
        load_tensors(tmp_path / "file")
