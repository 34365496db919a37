import numpy as np
import pytest

from afterimage.evaluate.galleries import galleries


def test_one_pool_holds_each_stimulus_once():
    ids = np.array(["b", "a", "b", "c"])
    (gallery,) = galleries(ids)
    np.testing.assert_array_equal(gallery.rows, [0, 1, 2, 3])
    np.testing.assert_array_equal(ids[gallery.pictures], ["a", "b", "c"])
    np.testing.assert_array_equal(ids[gallery.pictures][gallery.truth], ids)


def test_only_items_of_one_pool_compete_and_lonely_ones_are_left_out():
    ids = np.arange(5)
    pools = np.array(["x", "y", "x", "y", "z"])
    found = galleries(ids, pools)
    assert [gallery.rows.tolist() for gallery in found] == [[0, 2], [1, 3]]


def test_a_stimulus_that_repeats_alone_has_no_competitor():
    assert galleries(np.array(["a", "a"])) == []
    assert len(galleries(np.array(["a", "a"]), smallest=1)) == 1


@pytest.mark.parametrize("missing", [None, np.nan])
def test_items_without_a_pool_are_left_out(missing):
    pools = np.array(["x", missing, "x"], dtype=object)
    (gallery,) = galleries(np.arange(3), pools)
    assert gallery.rows.tolist() == [0, 2]


@pytest.mark.parametrize("n", [2, 3, 5, 10, 101])
@pytest.mark.parametrize("largest", [1, 2, 7, 200])
def test_dealing_keeps_every_item_and_leaves_nobody_alone(n, largest):
    ids = np.repeat(np.arange(n), 2)
    found = galleries(ids, largest=largest)
    rows = np.concatenate([gallery.rows for gallery in found])
    assert sorted(rows.tolist()) == list(range(2 * n))
    assert min(len(gallery.pictures) for gallery in found) >= 2
    assert max(len(gallery.pictures) for gallery in found) <= max(3, largest)


def test_no_items_no_galleries():
    assert galleries(np.zeros(0)) == []
