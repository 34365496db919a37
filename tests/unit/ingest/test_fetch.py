"""Fetching from a bucket on this machine, and what can go wrong with it."""

import errno
import fcntl
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("boto3", reason="fetching needs boto3: pip install 'afterimage[fetch]'")
pytest.importorskip("moto", reason="the local bucket needs moto, flask and flask-cors")

from tests.local_bucket import PART_BYTES, serving

from afterimage.contracts import progress
from afterimage.contracts.config.experiment import Fetch
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.remote import Remote
from afterimage.ingest.fetch import bucket as s3
from afterimage.ingest.fetch import download
from afterimage.ingest.fetch.check import Check
from afterimage.ingest.fetch.fetch import LOCK, fetch
from afterimage.ingest.fetch.record import NAME

ROOT = Path(__file__).resolve().parents[3]
RNG = np.random.default_rng(7)
SMALL = {"a/one.bin": RNG.bytes(3000), "a/b/two.bin": RNG.bytes(10), "empty.txt": b""}
LARGE = RNG.bytes(2 * PART_BYTES + 4321)


class Published:
    """A data set of named files in a bucket."""

    def __init__(self, remote: Remote, files, optional=()) -> None:
        self._remote, self._files, self._optional = remote, sorted(files), sorted(optional)

    def remote(self):
        return self._remote

    def needed_files(self, subjects):
        return self._files

    def optional_files(self, subjects):
        return self._optional


@pytest.fixture(scope="module")
def server():
    with serving() as bucket:
        yield bucket


@pytest.fixture
def bucket(server, monkeypatch):
    """The bucket with three small files and one of several parts, read in pieces of 1 MiB."""
    server.make()
    for path, content in SMALL.items():
        server.put(path, content)
    server.put("large.bin", LARGE, multipart=True)
    monkeypatch.setattr(s3, "PIECE_BYTES", 1 << 20)
    monkeypatch.setattr(download, "LONGEST_PAUSE", 0.0)
    server.requests.clear()
    return server


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data" / "root"


def get(bucket, root, files=(*SMALL, "large.bin"), optional=(), **settings):
    given = {"accept_terms": True, "endpoint": bucket.endpoint, "connections": 3, **settings}
    fetch(Published(bucket.remote(), files, optional), ["s1"], root, Fetch(**given))


def refused(bucket, root, **arguments):
    """Fetch, expect two lines, and return them."""
    with pytest.raises((DataError, ConfigError)) as caught:
        get(bucket, root, **arguments)
    assert caught.value.what
    assert caught.value.remedy
    return caught.value


def data_in(root):
    """Return what lies in a folder under a final name."""
    found = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name not in {NAME, LOCK}}


def recorded(root):
    return {entry["path"]: entry for entry in json.loads((root / NAME).read_text())["files"]}


# What works.


def test_all_files_arrive_whole_verified_and_recorded(bucket, root, capsys):
    get(bucket, root)
    assert data_in(root) == {**SMALL, "large.bin": LARGE}
    verified = {path: entry["verified"] for path, entry in recorded(root).items()}
    assert verified["a/one.bin"].startswith("md5 ")
    assert verified["large.bin"].startswith("md5 of parts ")
    assert verified["large.bin"].endswith("-3")
    assert recorded(root)["large.bin"]["size"] == len(LARGE)
    shown = capsys.readouterr().err
    assert "4 files, 10.5 MB" in shown
    assert "to download: 4 files, 10.5 MB" in shown


def test_a_second_fetch_reads_no_content(bucket, root, capsys):
    get(bucket, root)
    bucket.requests.clear()
    get(bucket, root)
    assert bucket.reads() == []
    assert len(bucket.requests) == 4
    assert "to download: 0 files" in capsys.readouterr().err


def test_files_that_are_there_already_are_verified_and_not_downloaded(bucket, root):
    root.mkdir(parents=True)
    (root / "large.bin").write_bytes(LARGE)
    get(bucket, root)
    assert bucket.reads("large.bin") == []
    assert "large.bin" in recorded(root)


def test_a_touched_file_is_verified_again_and_not_downloaded(bucket, root):
    get(bucket, root)
    os.utime(root / "large.bin", ns=(1, 1))
    bucket.requests.clear()
    get(bucket, root)
    assert bucket.reads() == []
    assert recorded(root)["large.bin"]["mtime_ns"] == 1


def test_files_that_only_some_sessions_have_are_fetched_where_they_exist(bucket, root):
    get(bucket, root, files=["a/one.bin"], optional=["empty.txt", "nowhere.bin"])
    assert set(data_in(root)) == {"a/one.bin", "empty.txt"}


def test_a_terminal_sees_how_much_is_done_and_anything_else_does_not(bucket, root, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for terminal, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(progress, "TERMINAL", terminal)
        get(bucket, root / str(shown))
        assert ("[" + "#" * progress.WIDTH + "] 10.5 MB of 10.5 MB" in terminal.getvalue()) is shown


def test_another_experiment_adds_to_the_record(bucket, root):
    get(bucket, root, files=["a/one.bin"])
    get(bucket, root, files=["empty.txt"])
    assert set(recorded(root)) == {"a/one.bin", "empty.txt"}


# Interruptions.

# A shell that runs tests in the background has them ignore Ctrl-C; the child listens all the same.
CHILD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from afterimage.ingest.fetch import bucket as s3
from afterimage.ingest.fetch import download
from tests.local_bucket import LocalBucket
from tests.unit.ingest.test_fetch import get
s3.PIECE_BYTES = 1 << 20
get(LocalBucket(sys.argv[1]), Path(sys.argv[2]), files=["large.bin"])
"""


def start_and_stop_in_the_middle(bucket, root, stop):
    """Run a fetch in a process of its own and stop it while it waits for the fifth piece."""
    waiting, released = threading.Event(), threading.Event()

    def hold(number, request):
        if number == 5:
            waiting.set()
            assert released.wait(30)

    bucket.before_get = hold
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, bucket.endpoint, str(root)], env=environment, cwd=ROOT
    )
    assert waiting.wait(30)
    stop(child)
    released.set()
    child.wait(30)
    bucket.before_get = lambda number, request: None
    bucket.requests.clear()
    return child.returncode


def interrupt(child):
    """Press Ctrl-C; the process must not wait for a network that does not answer."""
    child.send_signal(signal.SIGINT)
    child.wait(30)


@pytest.mark.parametrize("stop", [subprocess.Popen.kill, subprocess.Popen.terminate, interrupt])
def test_a_killed_download_goes_on_where_it_stopped(bucket, root, stop):
    assert start_and_stop_in_the_middle(bucket, root, stop) != 0
    left = data_in(root)
    assert "large.bin" not in left
    ((name, content),) = left.items()
    assert name.endswith(".part")
    assert content == LARGE[: 4 << 20]
    get(bucket, root, files=["large.bin"])
    assert data_in(root) == {"large.bin": LARGE}
    assert bucket.reads() == [at << 20 for at in range(4, 11)]


def test_an_unfinished_file_of_another_version_is_not_continued(bucket, root):
    start_and_stop_in_the_middle(bucket, root, subprocess.Popen.kill)
    changed = LARGE[::-1]
    bucket.put("large.bin", changed, multipart=True)
    get(bucket, root, files=["large.bin"])
    assert data_in(root) == {"large.bin": changed}
    assert bucket.reads()[0] == 0


def test_unfinished_files_of_other_names_are_left_alone(bucket, root):
    root.mkdir(parents=True)
    old, other = root / "large.bin.0a-2.part", root / "large.bin.gz.0b.part"
    for part in (old, other):
        part.write_bytes(b"begun")
    get(bucket, root, files=["large.bin"])
    assert not old.exists()
    assert other.exists()


def test_an_object_that_changes_between_two_pieces_is_begun_anew(bucket, root):
    changed = LARGE[::-1]

    def change(number, request):
        if number == 3:
            bucket.put("large.bin", changed, multipart=True)

    bucket.before_get = change
    get(bucket, root, files=["large.bin"])
    assert data_in(root) == {"large.bin": changed}
    assert bucket.reads()[:4] == [0, 1 << 20, 2 << 20, 0]


def test_an_object_that_does_not_stop_changing_is_given_up(bucket, root):
    bucket.before_get = lambda number, request: bucket.put("a/one.bin", RNG.bytes(3000))
    error = refused(bucket, root, files=["a/one.bin"])
    assert "changed while it is downloaded" in error.what
    assert data_in(root) == {}


def test_an_object_that_is_removed_on_the_way_is_told(bucket, root):
    bucket.before_get = lambda number, request: bucket.remove("a/one.bin")
    assert "removed" in refused(bucket, root, files=["a/one.bin"]).what


def test_a_broken_connection_is_mended_without_reading_anything_twice(bucket, root):
    bucket.before_get = lambda number, request: 1000 if number == 2 else None
    get(bucket, root, files=["large.bin"])
    assert data_in(root) == {"large.bin": LARGE}
    assert bucket.reads()[:3] == [0, 1 << 20, (1 << 20) + 1000]


def test_a_connection_that_stays_broken_is_told_and_the_rest_is_kept(bucket, root):
    bucket.before_get = lambda number, request: 0 if number > 2 else None
    error = refused(bucket, root, files=["large.bin"])
    assert "large.bin" in error.what
    ((name, content),) = data_in(root).items()
    assert name.endswith(".part")
    assert content == LARGE[: 2 << 20]


# What differs.


def test_a_changed_object_is_refused_until_it_is_accepted(bucket, root):
    get(bucket, root)
    bucket.put("a/one.bin", b"new")
    bucket.requests.clear()
    error = refused(bucket, root)
    assert "a/one.bin (changed in the bucket" in error.what
    assert '"update": true' in error.remedy
    assert "--forcerun list_stimuli list_recording" in error.remedy
    assert data_in(root) == {**SMALL, "large.bin": LARGE}
    get(bucket, root, update=True)
    assert data_in(root)["a/one.bin"] == b"new"
    assert bucket.reads() == [0]
    get(bucket, root)


def test_a_changed_object_is_refused_even_if_its_file_was_deleted(bucket, root):
    get(bucket, root)
    bucket.put("a/one.bin", b"new")
    (root / "a/one.bin").unlink()
    assert "a/one.bin" in refused(bucket, root).what


def test_damaged_and_unfinished_files_are_told_together_and_replaced_on_demand(bucket, root):
    get(bucket, root)
    (root / "a/one.bin").write_bytes(SMALL["a/one.bin"][:-1])
    (root / "large.bin").write_bytes(LARGE[:-1] + b"x")
    error = refused(bucket, root)
    assert "2 files differ" in error.what
    assert "a/one.bin (2999 bytes here, 3000 there)" in error.what
    assert "large.bin (its content is another one)" in error.what
    get(bucket, root, update=True)
    assert data_in(root) == {**SMALL, "large.bin": LARGE}


def test_an_unfinished_file_with_wrong_bytes_is_begun_anew(bucket, root):
    start_and_stop_in_the_middle(bucket, root, subprocess.Popen.kill)
    (part,) = root.glob("*.part")
    part.write_bytes(bytes(part.stat().st_size))
    get(bucket, root, files=["large.bin"])
    assert data_in(root) == {"large.bin": LARGE}


def test_bytes_that_never_give_the_checksum_are_refused(bucket, root, monkeypatch):
    wrong = Check("md5", "0" * 32)
    monkeypatch.setattr(s3.Bucket, "check_of", lambda self, file: wrong)
    error = refused(bucket, root, files=["a/one.bin"])
    assert "md5" in error.what
    assert data_in(root) == {}


def test_a_broken_record_is_told(bucket, root):
    get(bucket, root)
    (root / NAME).write_text("{")
    assert NAME in refused(bucket, root).what


# What is missing.


def test_all_missing_objects_are_named_before_anything_is_downloaded(bucket, root):
    files = ["a/one.bin", "x/1.bin", "x/2.bin", "x/3.bin"]
    error = refused(bucket, root, files=files)
    assert "3 of 4 files are not there: x/1.bin, x/2.bin, x/3.bin" in error.what
    assert bucket.reads() == []
    assert not root.exists()


def test_terms_that_were_not_accepted_are_told_before_any_request(bucket, root):
    error = refused(bucket, root, accept_terms=False)
    assert "fetch.accept_terms: the terms of the test, at example.org" in error.what
    assert "accept_terms" in error.remedy
    assert bucket.requests == []


def test_too_little_space_is_told_before_anything_is_downloaded(bucket, root, monkeypatch):
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**6, 10**6))
    error = refused(bucket, root)
    assert "10.5 MB are to be downloaded, and 1.0 MB are free" in error.what
    assert bucket.reads() == []


def test_a_disk_that_fills_on_the_way_is_told(bucket, root, monkeypatch):
    def full(descriptor):
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".part"):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "no space left" in refused(bucket, root, files=["a/one.bin"]).what
    assert "a/one.bin" not in data_in(root)


def test_an_endpoint_that_does_not_answer_is_told(bucket, root, monkeypatch):
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = refused(bucket, root, endpoint=endpoint)
    assert endpoint in error.what
    assert "fetch.endpoint" in error.remedy


def test_an_endpoint_that_is_no_s3_server_is_told(bucket, root):
    class Answers(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        assert "not one of an S3 server" in refused(bucket, root, endpoint=endpoint).what
    finally:
        server.shutdown()


def test_a_data_root_that_is_a_file_is_told(bucket, tmp_path):
    (tmp_path / "file").write_text("")
    assert "data_root" in refused(bucket, tmp_path / "file").what


def test_two_fetches_into_one_folder_are_one_too_many(bucket, root):
    get(bucket, root, files=["a/one.bin"])
    with (root / LOCK).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert "another fetch" in refused(bucket, root).what


def test_a_missing_package_is_told(bucket, root, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "afterimage[fetch]" in refused(bucket, root).remedy


class Simulation(Published):
    def is_simulated(self):
        return True

    def truth(self, root, subject):
        return {}


@pytest.mark.parametrize(
    ("dataset", "told"),
    [(Simulation(Remote("s3://b", "r", "t"), []), "simulated"), (object(), "no public bucket")],
    ids=["simulated", "not published"],
)
def test_a_data_set_without_a_bucket_is_told(root, dataset, told):
    with pytest.raises(ConfigError, match=told):
        fetch(dataset, ["s1"], root, Fetch(accept_terms=True))
