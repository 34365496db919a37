"""Fetched files become imports of DVC: versions recorded, nothing pushed, nothing copied."""

import hashlib
import subprocess
import sys

import pytest
import yaml

pytest.importorskip("moto", reason="the local bucket needs moto, flask and flask-cors")
pytest.importorskip("dvc_s3", reason="DVC's imports need dvc-s3: pip install 'afterimage[dvc]'")

from tests.local_bucket import serving

from afterimage.contracts.config.experiment import Fetch
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.ingest.fetch.fetch import fetch

FILES = {"a/one.bin": b"1" * 1000, "a/b/two.bin": b"2" * 2000, "three.bin": b"3"}


class Published:
    def __init__(self, bucket) -> None:
        self._bucket = bucket

    def remote(self):
        return self._bucket.remote()

    def needed_files(self, subjects):
        return sorted(FILES)


@pytest.fixture(scope="module")
def bucket():
    with serving() as started:
        for path, content in FILES.items():
            started.put(path, content)
        yield started


def command(folder, *arguments):
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    folder = tmp_path / "repository"
    folder.mkdir()
    command(folder, "git", "init", "-q")
    dvc(folder, "init", "-q")
    return folder


def dvc(folder, *arguments):
    return command(folder, sys.executable, "-m", "dvc", *arguments)


def get(bucket, root, **settings):
    settings = {"accept_terms": True, "through": "dvc", "endpoint": bucket.endpoint, **settings}
    fetch(Published(bucket), ["s1"], root, Fetch(**settings))


def trackers(root):
    return {
        str(path.relative_to(root)).removesuffix(".dvc"): yaml.safe_load(path.read_text())
        for path in root.rglob("*.dvc")
        if path.is_file()
    }


def test_versions_are_recorded_and_neither_copied_nor_pushed(bucket, repository, capsys):
    root = repository / "raw"
    get(bucket, root)
    assert {name: (root / name).read_bytes() for name in FILES} == FILES
    assert set(trackers(root)) == set(FILES)
    for name, content in trackers(root).items():
        (source,), (out,) = content["deps"], content["outs"]
        assert source["path"] == f"s3://recordings/data/{name}"
        assert source["etag"]
        assert (out["push"], out["cache"], out["size"]) == (False, False, len(FILES[name]))
        assert content["frozen"]
    assert "3 files newly tracked" in capsys.readouterr().err
    assert dvc(repository, "status", "--json").strip() == "{}"
    dvc(repository, "remote", "add", "-d", "store", str(repository.parent / "store"))
    (repository / "made.txt").write_text("made by us")
    dvc(repository, "add", "made.txt")
    dvc(repository, "push")
    made = hashlib.md5(b"made by us").hexdigest()
    for store in (repository.parent / "store", repository / ".dvc/cache"):
        objects = [path.parent.name + path.name for path in store.glob("files/md5/*/*")]
        assert objects == [made]
    ignored = command(repository, "git", "status", "--porcelain", "--untracked-files=all")
    assert "raw/three.bin.dvc" in ignored
    assert "raw/three.bin\n" not in ignored
    before = {path: path.read_bytes() for path in root.rglob("*.dvc") if path.is_file()}
    get(bucket, root)
    assert "0 files newly tracked, 3 files as before" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in root.rglob("*.dvc") if path.is_file()}


def test_a_clone_gets_the_recorded_versions_from_the_bucket(bucket, repository):
    root = repository / "raw"
    get(bucket, root)
    command(repository, "git", "add", "--all")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    command(repository, "git", *identity, "commit", "-qm", "Track the raw files")
    clone = repository.parent / "clone"
    command(repository, "git", "clone", "-q", str(repository), str(clone))
    dvc(clone, "pull")
    assert not (clone / "raw/three.bin").exists()
    dvc(clone, "update", *(f"raw/{name}.dvc" for name in FILES))
    assert {name: (clone / "raw" / name).read_bytes() for name in FILES} == FILES
    assert command(clone, "git", "status", "--porcelain") == ""


def test_an_accepted_change_is_recorded_anew(bucket, repository):
    root = repository / "raw"
    get(bucket, root)
    old = trackers(root)["three.bin"]["deps"][0]["etag"]
    bucket.put("three.bin", b"33")
    try:
        get(bucket, root, update=True)
        assert trackers(root)["three.bin"]["deps"][0]["etag"] != old
        assert trackers(root)["three.bin"]["outs"][0]["size"] == 2
        assert dvc(repository, "status", "--json").strip() == "{}"
    finally:
        bucket.put("three.bin", FILES["three.bin"])


def test_a_file_that_git_tracks_is_refused_in_the_words_of_dvc(bucket, repository):
    root = repository / "raw"
    root.mkdir()
    (root / "three.bin").write_bytes(FILES["three.bin"])
    command(repository, "git", "add", "raw/three.bin")
    with pytest.raises(DataError, match="already tracked by SCM"):
        get(bucket, root)


def test_a_folder_outside_a_repository_is_refused_before_anything_is_downloaded(bucket, tmp_path):
    bucket.requests.clear()
    with pytest.raises(ConfigError, match="does not lie in a DVC repository"):
        get(bucket, tmp_path / "elsewhere")
    assert bucket.requests == []


def test_missing_dvc_is_told(bucket, repository, monkeypatch):
    monkeypatch.setitem(sys.modules, "dvc_s3", None)
    with pytest.raises(ConfigError, match="DVC with its S3 support is not installed"):
        get(bucket, repository / "raw")
