import os

import numpy as np
import pytest

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.errors import DataError
from afterimage.contracts.images import ImageFile, ImageWriter


def write_numbers(path, n=10, shape=(2, 3), pieces=(3, 4, 3)):
    values = np.arange(n * int(np.prod(shape)), dtype=np.float32).reshape(n, *shape)
    ids = [f"s{i}" for i in range(n)]
    with ArrayWriter(
        path,
        keys={"stimulus_id": "string"},
        shape=shape,
        dims=tuple("ab"[: len(shape)]),
        unit="a.u.",
        provenance={"made_by": "test"},
    ) as writer:
        start = 0
        for size in pieces:
            writer.write({"stimulus_id": ids[start : start + size]}, values[start : start + size])
            start += size
    return values


def test_what_is_written_is_read_back(tmp_path):
    values = write_numbers(tmp_path / "a.arrow")
    array = ArrayFile(tmp_path / "a.arrow")
    assert (array.shape, array.dims, array.unit, len(array)) == ((2, 3), ("a", "b"), "a.u.", 10)
    np.testing.assert_array_equal(array.read(), values)
    np.testing.assert_array_equal(array.read(np.array([7, 0, 7])), values[[7, 0, 7]])


def test_rows_are_joined_by_key_in_the_order_asked_for(tmp_path):
    values = write_numbers(tmp_path / "a.arrow")
    array = ArrayFile(tmp_path / "a.arrow")
    rows = array.rows(stimulus_id=["s4", "s1"])
    np.testing.assert_array_equal(array.read(rows), values[[4, 1]])
    with pytest.raises(DataError, match="nowhere"):
        array.rows(stimulus_id=["nowhere"])


def test_bytes_do_not_depend_on_how_rows_arrive(tmp_path, monkeypatch):
    monkeypatch.setattr("afterimage.contracts.arrays.BATCH_BYTES", 96)
    write_numbers(tmp_path / "a.arrow", pieces=(10,))
    write_numbers(tmp_path / "b.arrow", pieces=(1, 1, 5, 2, 1))
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()
    array = ArrayFile(tmp_path / "a.arrow")
    assert [part.stop - part.start for part, _ in array.blocks()] == [4, 4, 2]
    np.testing.assert_array_equal(array.read(np.array([9, 3, 4])), array.read()[[9, 3, 4]])


def test_reading_blocks_copies_nothing(tmp_path):
    write_numbers(tmp_path / "a.arrow")
    _, block = next(ArrayFile(tmp_path / "a.arrow").blocks())
    assert not block.flags.owndata
    assert not block.flags.writeable


def test_a_scalar_per_row_is_an_array_too(tmp_path):
    write_numbers(tmp_path / "a.arrow", shape=(4,))
    assert ArrayFile(tmp_path / "a.arrow").shape == (4,)


def test_an_empty_array_keeps_its_shape(tmp_path):
    write_numbers(tmp_path / "a.arrow", n=0, pieces=())
    assert ArrayFile(tmp_path / "a.arrow").read().shape == (0, 2, 3)


@pytest.mark.parametrize("keep", [0, 7, 500])
def test_a_truncated_file_is_named(tmp_path, keep):
    path = tmp_path / "a.arrow"
    write_numbers(path)
    os.truncate(path, keep)
    with pytest.raises(DataError, match=r"a\.arrow.*truncated"):
        ArrayFile(path)


def test_a_failed_write_leaves_nothing(tmp_path):
    def fail():
        with ArrayWriter(
            tmp_path / "a.arrow", keys={}, shape=(1,), dims=("x",), unit="", provenance={}
        ) as writer:
            writer.write({}, np.ones((3, 1)))
            raise RuntimeError("the job dies")

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_pictures_survive_without_loss(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), dtype=np.uint8)
    with ImageWriter(tmp_path / "p.arrow", keys={"stimulus_id": "string"}, provenance={}) as writer:
        writer.write({"stimulus_id": ["a", "b", "c"]}, pictures)
    images = ImageFile(tmp_path / "p.arrow")
    (row,) = images.rows(stimulus_id=["b"])
    np.testing.assert_array_equal(images.image(row), pictures[1])


@pytest.mark.parametrize("most", [1, 3, 100])
def test_walks_in_views_and_by_reading_give_the_same(tmp_path, monkeypatch, most):
    monkeypatch.setattr("afterimage.contracts.arrays.BATCH_BYTES", 96)
    values = write_numbers(tmp_path / "a.arrow")
    array = ArrayFile(tmp_path / "a.arrow")
    for walk in (array.blocks, array.stream):
        parts = list(walk(most))
        assert max(len(block) for _, block in parts) <= most
        np.testing.assert_array_equal(np.concatenate([block for _, block in parts]), values)
        assert [row for rows, _ in parts for row in range(rows.start, rows.stop)] == list(range(10))


def test_some_steps_of_a_file_are_a_file_of_them(tmp_path):
    values = write_numbers(tmp_path / "a.arrow", shape=(5, 3))
    array = ArrayFile(tmp_path / "a.arrow")
    part = array.steps(slice(1, 4))
    assert part.shape == (3, 3)
    assert array.shape == (5, 3)
    np.testing.assert_array_equal(part.read(np.array([8, 2])), values[[8, 2], 1:4])
    assert part.rows(stimulus_id=["s4"]).tolist() == [4]
