import io
import tarfile

import pytest

from afterimage.contracts.errors import DataError
from afterimage.publish.metadata import read_metadata, write_metadata
from afterimage.publish.packing import pack, unpack

RECORD = {"rule": "fit", "input": ["a"], "params": ["1"], "log": ["logs/fit.log"]}


def test_packed_records_come_back_and_are_the_same_bytes_in_any_order(tmp_path):
    records = {"b": RECORD, "a": {**RECORD, "rule": "other"}}
    pack(records, tmp_path / "one.tar")
    pack(dict(reversed(records.items())), tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    assert unpack(tmp_path / "one.tar", ["a", "b"]) == records


def test_times_and_process_numbers_are_not_packed(tmp_path):
    write_metadata(tmp_path, {"a": {**RECORD, "starttime": 1.0, "endtime": 2.0, "job_hash": 3}})
    assert read_metadata(tmp_path) == {"a": RECORD}


def test_snakemake_reads_what_we_write_also_under_long_names(tmp_path, monkeypatch):
    from snakemake.persistence.file import FilePersistence

    monkeypatch.chdir(tmp_path)
    for name in ("results/x/report.html", "results/" + "long/" * 100 + "file"):
        write_metadata(tmp_path, {name: RECORD})
        assert FilePersistence(path=tmp_path / ".snakemake")._read_record(name).rule == "fit"
        assert read_metadata(tmp_path)[name] == RECORD


@pytest.mark.parametrize("name", ["../../escape", "/tmp/escape", "unknown.json"])
def test_a_file_that_holds_anything_else_is_refused(tmp_path, name):
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 2
        tar.addfile(member, io.BytesIO(b"{}"))
    with pytest.raises(DataError, match="not the record of one of its outputs"):
        unpack(tmp_path / "bad.tar", ["a"])


def test_a_link_is_refused(tmp_path):
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        member = tarfile.TarInfo("a.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(DataError, match="not the record"):
        unpack(tmp_path / "bad.tar", ["a"])


def test_a_file_that_is_no_tar_is_refused(tmp_path):
    (tmp_path / "bad.tar").write_bytes(b"not a tar file at all")
    with pytest.raises(DataError, match="not a file of Snakemake's records"):
        unpack(tmp_path / "bad.tar", ["a"])
