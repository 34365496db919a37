"""A simulation never writes over files that it did not make."""

import pytest

from afterimage.contracts.errors import DataError
from afterimage.ingest.simulated.place import claim


def test_an_absent_or_empty_folder_is_claimed_once_and_for_all(tmp_path):
    for root in (tmp_path / "new/deep", tmp_path / "empty"):
        if root.name == "empty":
            root.mkdir()
        claim(root)
        (root / "written.txt").write_text("by the simulation")
        claim(root)


def test_a_folder_of_recordings_is_refused_and_left_as_it_is(tmp_path):
    recording = tmp_path / "sub-01.fif"
    recording.write_text("REAL")
    with pytest.raises(DataError, match="would overwrite files") as caught:
        claim(tmp_path)
    assert "raw/<dataset>/" in caught.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["sub-01.fif"]
    assert recording.read_text() == "REAL"


def test_a_file_is_no_place(tmp_path):
    (tmp_path / "file").write_text("REAL")
    with pytest.raises(DataError):
        claim(tmp_path / "file")
