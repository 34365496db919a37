"""Memory is planned, refused with numbers, and files are read a piece at a time."""

import numpy as np
import pytest
from problems import GRID, problem

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.errors import DataError
from afterimage.linear.array_matrix import ArrayMatrix
from afterimage.linear.backend import NumpyBackend, free_bytes
from afterimage.linear.decomposition import CHUNK
from afterimage.linear.memory import BATCH_BYTES, batch_of_targets, check_decomposition
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv

GIB = 1 << 30


def batch(n, p, q, free, **more):
    given = {"decompositions": 1, "itemsize": 4} | more
    return batch_of_targets((n, p), q, free=free, **given)


def test_batches_are_whole_pieces_and_what_fits():
    assert batch(3000, 5000, 5000, 8 * GIB) == 5000
    least = BATCH_BYTES // (4 * 3000) // CHUNK * CHUNK
    assert batch(3000, 5000, 200_000, 8 * GIB) == least
    assert batch(30_000, 40_000, 500_000, 64 * GIB) == 4 * 30_000 // CHUNK * CHUNK
    assert batch(3000, 5000, 50_000, GIB // 3) == 2 * CHUNK
    assert batch(3000, 5000, 10, 8 * GIB) == 10


def test_too_little_for_one_batch_or_the_gram_matrix_is_told_with_numbers():
    with pytest.raises(DataError, match=r"2048 targets of 3000 rows .* needs .* MB. Free: 100 MB"):
        batch(3000, 5000, 50_000, 100 << 20)
    with pytest.raises(DataError, match=r"20000 rows of 30000 inputs need 9,\d+ MB .*3,052 MB"):
        check_decomposition((20_000, 30_000), GIB)
    check_decomposition((3000, 30_000), GIB)


def test_a_fit_without_room_for_a_batch_says_so(monkeypatch):
    x, y = problem(40, 60)
    monkeypatch.setattr(NumpyBackend, "free", lambda self: 1000)
    with pytest.raises(DataError, match="Free: 1 MB"):
        ridge_cv(x, y, RidgeSettings(GRID))


def test_what_is_free_is_no_more_than_the_process_may_take():
    assert 1 << 20 < free_bytes() < 1 << 50


@pytest.fixture
def files(tmp_path):
    """Inputs and targets as array files, in another order than the rows."""
    x, y = problem(40, 60, q=12)
    order = np.random.default_rng(0).permutation(40)
    found = []
    for name, values, shape in (("x", x, (6, 10)), ("y", y, (12,))):
        path = tmp_path / f"{name}.arrow"
        given = {"keys": {"stimulus_id": "string"}, "unit": "", "provenance": {}}
        dims = ("a", "b")[: len(shape)]
        with ArrayWriter(path, shape=shape, dims=dims, **given) as writer:
            for start in range(0, 40, 7):
                some = order[start : start + 7]
                writer.write({"stimulus_id": some.astype(str)}, values[some].reshape(-1, *shape))
        file = ArrayFile(path)
        found.append(ArrayMatrix(file, file.rows(stimulus_id=np.arange(40).astype(str))))
    return x, y, *found


@pytest.mark.parametrize("standardise", ["no", "fold"])
def test_array_files_are_fitted_as_arrays_are(files, standardise):
    x, y, inputs, targets = files
    settings = RidgeSettings(GRID, standardise=standardise)
    memory = ridge_cv(x.astype(np.float32), y.astype(np.float32), settings)
    disk = ridge_cv(inputs, targets, settings, batch=5)
    np.testing.assert_array_equal(disk.penalties, memory.penalties)
    np.testing.assert_allclose(disk.weights, memory.weights, rtol=1e-4, atol=1e-5)


def test_only_the_columns_that_are_asked_for_are_read(files):
    x, _, inputs, _ = files
    assert inputs.shape == (40, 60)
    found = inputs[slice(3, 9), slice(20, 33)]
    np.testing.assert_array_equal(found, x[3:9, 20:33].astype(np.float32))


def test_weights_are_written_where_they_are_wanted(tmp_path):
    x, y = problem(40, 60, q=12)
    into = np.memmap(tmp_path / "weights", np.float32, "w+", shape=(60, 12))
    fit = ridge_cv(x, y, RidgeSettings(GRID, dtype="float64"), into=into, batch=5)
    assert fit.weights is into
    expected = ridge_cv(x, y, RidgeSettings(GRID, dtype="float64"))
    np.testing.assert_allclose(into, expected.weights, rtol=1e-6)
    np.testing.assert_allclose(fit.intercept, expected.intercept, atol=1e-6)
    np.testing.assert_allclose(fit.target_mean, y.mean(axis=0))
