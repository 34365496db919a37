"""`snakemake fetch`: from a bucket to the raw files that the workflow then lists and reads."""

import io
import json

import numpy as np
import pytest

pytest.importorskip("boto3", reason="fetching needs boto3: pip install 'afterimage[fetch]'")
pytest.importorskip("moto", reason="the local bucket needs moto, flask and flask-cors")

from tests.local_bucket import serving
from tests.workflow.project import Project
from tests.workflow.small_arrays import MINE, sound_arrays, write_mine

PUBLISHED = '''
from typing import Literal

from afterimage.contracts.remote import Remote
from afterimage.ingest.arrays.config import Config as ArraysConfig
from afterimage.ingest.arrays.adapter import Arrays


class PublishedConfig(ArraysConfig):
    """Arrays in a public bucket."""

    name: Literal["published"]
    bucket: str


class Published(Arrays):
    """Arrays in a public bucket."""

    Config = PublishedConfig

    def remote(self):
        """Return the bucket."""
        return Remote(self.config.bucket, "us-east-2", "the terms of the test, at example.org")

    def needed_files(self, subjects):
        """Return the one file."""
        return ["d.npz"]
'''


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


CONTENT = packed(sound_arrays())


@pytest.fixture
def bucket():
    with serving() as started:
        started.put("d.npz", CONTENT)
        started.put("other.npz", b"not needed")
        started.requests.clear()
        yield started


@pytest.fixture
def published(fresh, bucket) -> Project:
    """A project with a data set that names the bucket, and nothing of it on disk."""
    (fresh.folder / "src/afterimage/ingest/published.py").write_text(PUBLISHED)
    fresh.edit(
        "src/afterimage/contracts/registry.py",
        '"arrays": "afterimage.ingest.arrays.adapter:Arrays",',
        '"arrays": "afterimage.ingest.arrays.adapter:Arrays",\n'
        '        "published": "afterimage.ingest.published:Published",',
    )
    dataset = {"name": "published", "bucket": bucket.remote().url}
    write_mine(fresh, dataset, fetch={"endpoint": bucket.endpoint})
    return fresh


ROOT = "data_root=data"
ACCEPT = 'fetch={"accept_terms": true}'


def told(project: Project, *arguments: str) -> str:
    """Run, expect a failure that is no traceback, and return what the terminal shows."""
    done = project.snakemake(*arguments, check=False)
    shown = done.stdout + done.stderr
    assert done.returncode != 0, shown
    assert "Traceback" not in shown, shown
    return shown


def test_fetched_files_are_listed_and_read_and_a_second_fetch_reads_no_content(published, bucket):
    done = published.snakemake("fetch", *MINE, ROOT, ACCEPT)
    assert "to download: 1 file" in done.stderr
    assert (published.folder / "data/d.npz").read_bytes() == CONTENT
    assert not (published.folder / "data/other.npz").exists()
    assert not (published.folder / "derivatives").exists(), "only fetch was to run"
    table = "derivatives/mine/sub-01/trials.parquet"
    published.snakemake(table, *MINE, ROOT)
    listed = json.loads((published.folder / "derivatives/mine/sub-01/raw.json").read_text())
    assert [entry["path"] for entry in listed["files"]] == ["d.npz"]
    bucket.requests.clear()
    done = published.snakemake("fetch", *MINE, ROOT, ACCEPT)
    assert "to download: 0 files" in done.stderr
    assert [request.method for request in bucket.requests] == ["HEAD"]
    settings = ACCEPT.replace("true", 'true, "connections": 2, "update": true')
    plan = published.snakemake(table, "--dry-run", *MINE, ROOT, settings)
    assert "Nothing to be done" in plan.stdout + plan.stderr


def test_terms_that_were_not_accepted_are_told(published, bucket):
    shown = told(published, "fetch", *MINE, ROOT).rstrip().split("\n")
    assert shown[-3] == "error in logs/mine/fetch.log"
    assert "fetch.accept_terms: the terms of the test, at example.org" in shown[-2]
    assert '"accept_terms": true' in shown[-1]
    assert bucket.requests == []
    assert not (published.folder / "data").exists()


def test_without_a_folder_the_message_names_the_key_and_how_to_download(published):
    shown = told(published, "fetch", *MINE, ACCEPT).rstrip().split("\n")
    assert "error: data_root: expected the folder" in shown[-2]
    assert "--config data_root=FOLDER" in shown[-1]
    shown = told(published, *MINE, ROOT).rstrip().split("\n")
    assert "'data', which does not exist" in shown[-2]
    assert "`snakemake fetch`" in shown[-1]


def test_missing_objects_are_told(published, bucket):
    bucket.remove("d.npz")
    shown = told(published, "fetch", *MINE, ROOT, ACCEPT).rstrip().split("\n")
    assert shown[-2].strip() == "s3://recordings/data: 1 of 1 file is not there: d.npz."
