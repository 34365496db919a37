import os
import stat

import pytest

from afterimage.contracts.files import write_text
from afterimage.contracts.privacy import keep_private, private_bits


@pytest.fixture
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def file(tmp_path, name, mode):
    path = tmp_path / name
    path.write_text("x")
    path.chmod(mode)
    return path


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("mode", "bits"), [(0o644, 0), (0o640, 0o007), (0o600, 0o077), (0o604, 0o070), (0o444, 0)]
)
def test_a_file_takes_what_it_does_not_give(tmp_path, mode, bits):
    assert private_bits([file(tmp_path, "a", mode)]) == bits


@pytest.mark.parametrize(("mode", "bits"), [(0o755, 0), (0o750, 0o007), (0o700, 0o077)])
def test_a_folder_that_others_may_not_enter_is_private(tmp_path, mode, bits):
    folder = tmp_path / "raw"
    folder.mkdir()
    folder.chmod(mode)
    assert private_bits([folder]) == bits


def test_the_most_private_source_counts(tmp_path):
    assert private_bits([file(tmp_path, "a", 0o644), file(tmp_path, "b", 0o600)]) == 0o077


def test_what_does_not_exist_takes_nothing(tmp_path):
    assert private_bits([tmp_path / "none"]) == 0


def test_what_is_made_from_private_files_is_private(tmp_path, usual_umask):
    keep_private([file(tmp_path, "a", 0o600)])
    write_text(tmp_path / "new/made.txt", "x")
    assert mode_of(tmp_path / "new/made.txt") == 0o600
    assert mode_of(tmp_path / "new") == 0o700


def test_what_is_made_from_public_files_follows_the_umask(tmp_path, usual_umask):
    keep_private([file(tmp_path, "a", 0o644)])
    write_text(tmp_path / "made.txt", "x")
    assert mode_of(tmp_path / "made.txt") == 0o644


def test_a_stricter_umask_stays(tmp_path, usual_umask):
    os.umask(0o077)
    keep_private([file(tmp_path, "a", 0o644)])
    write_text(tmp_path / "made.txt", "x")
    assert mode_of(tmp_path / "made.txt") == 0o600
