import pandas as pd
import pytest

from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table, write_table


def splits(**changes):
    frame = pd.DataFrame(
        {"trial_id": ["a", "b"], "fold": [0, 0], "role": ["train", "test"], "group": ["x", "y"]}
    ).astype({"fold": "int32"})
    return frame.assign(**changes)


def test_a_table_is_read_back_as_written(tmp_path):
    write_table(tmp_path / "t.parquet", splits(), SPLITS)
    pd.testing.assert_frame_equal(
        read_table(tmp_path / "t.parquet", SPLITS), splits(), check_dtype=False
    )


def test_two_writes_give_the_same_bytes(tmp_path):
    write_table(tmp_path / "a.parquet", splits(), SPLITS)
    write_table(tmp_path / "b.parquet", splits(), SPLITS)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trial_id": ["a", "a"]}, "duplicate trial_id, fold"),
        ({"role": ["train", None]}, "'role'.*missing values"),
        ({"extra": [1, 2]}, "should have the columns"),
        ({"fold": ["x", "y"]}, "table 'splits'"),
    ],
)
def test_a_broken_table_is_refused_and_not_written(tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        write_table(tmp_path / "t.parquet", splits(**changes), SPLITS)
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_table_is_named(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(path, splits(), SPLITS)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"t\.parquet: not a readable Parquet"):
        read_table(path, SPLITS)
