import errno

import pytest

from afterimage.contracts.errors import DataError, UserError
from afterimage.contracts.files import sha256_of, write_text, written
from afterimage.contracts.manifest import check_manifest, write_manifest
from afterimage.contracts.modelfiles import load_tensors, save_tensors
from afterimage.contracts.seeds import derive_seed


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    write_text(tmp_path / "f.txt", "old")

    def fail():
        with written(tmp_path / "f.txt") as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fail()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("f.txt", "old")]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    for name in (".f.12.part.txt", ".f.x.part.txt", ".f.g.12.part.txt", ".f.12.part.csv"):
        (tmp_path / name).write_text("half")
    write_text(tmp_path / "f.txt", "whole")
    left = {".f.x.part.txt", ".f.g.12.part.txt", ".f.12.part.csv"}
    assert {p.name for p in tmp_path.iterdir()} == {"f.txt", *left}


def test_a_user_error_has_two_lines():
    assert str(UserError("a\nb", "c  d")) == "a b\nc d"


@pytest.fixture
def listed(tmp_path):
    root = tmp_path / "raw"
    root.mkdir()
    (root / "a.bin").write_bytes(b"12345")
    write_manifest(tmp_path / "raw.json", root, ["a.bin"], "test")
    return tmp_path / "raw.json", root


def test_listed_files_pass(listed):
    manifest, root = listed
    check_manifest(manifest, root, ["a.bin"], "accept")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"1234", "4 bytes.*changed"), (b"54321", "content differs"), (None, "missing")],
)
def test_a_raw_file_that_changed_is_refused_and_the_remedy_is_named(listed, content, message):
    manifest, root = listed
    if content is None:
        (root / "a.bin").unlink()
    else:
        (root / "a.bin").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        check_manifest(manifest, root, ["a.bin"], "snakemake --forcerun raw.json")
    assert "--forcerun raw.json" in caught.value.remedy


def test_a_file_that_was_not_listed_is_refused(listed):
    manifest, root = listed
    with pytest.raises(DataError, match="not listed"):
        check_manifest(manifest, root, ["b.bin"], "accept")


def test_the_same_tensors_give_the_same_bytes(tmp_path):
    import numpy as np

    tensors = {"b": np.arange(3.0), "a": np.ones((2, 2), dtype=np.float32)}
    save_tensors(tmp_path / "1.safetensors", tensors)
    save_tensors(tmp_path / "2.safetensors", dict(reversed(tensors.items())))
    assert sha256_of(tmp_path / "1.safetensors") == sha256_of(tmp_path / "2.safetensors")
    np.testing.assert_array_equal(load_tensors(tmp_path / "1.safetensors")["b"], tensors["b"])


def test_a_truncated_model_is_named(tmp_path):
    import numpy as np

    path = tmp_path / "m.safetensors"
    save_tensors(path, {"a": np.ones(100)})
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(DataError, match=r"m\.safetensors"):
        load_tensors(path)


def test_seeds_differ_by_key_and_never_by_process():
    assert derive_seed(0, "fit", "subj01") == 2664583916595785206
    keys = [(0, "a"), (0, "b"), (1, "a"), (0, "a", 1), (0, "a", "1"), (0, "a1")]
    assert len({derive_seed(*key) for key in keys}) == len(keys)
