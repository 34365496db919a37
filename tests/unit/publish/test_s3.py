"""The same through S3, against moto's server."""

import boto3
import pytest

pytest.importorskip("moto", reason="the local bucket needs moto, flask and flask-cors")
pytest.importorskip("dvc_s3", reason="S3 remotes need dvc-s3: pip install 'afterimage[dvc]'")

from tests.local_bucket import serving

from afterimage.contracts.errors import DataError

PAGE = "results/x/report.html"


@pytest.fixture
def bucket(monkeypatch):
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "owner")
    with serving(prefix="") as started:
        yield started


@pytest.fixture
def lab(lab, bucket):
    settings = f"    url = s3://{bucket.name}/store\n    endpointurl = {bucket.endpoint}\n"
    (lab.root / ".dvc/config").write_text(
        f"[core]\n    remote = bucket\n['remote \"bucket\"']\n{settings}    region = us-east-2\n"
    )
    lab.commit("S3")
    return lab


def contents(bucket):
    client = boto3.client("s3", endpoint_url=bucket.endpoint, region_name="us-east-2")
    listed = client.list_objects_v2(Bucket=bucket.name).get("Contents", [])
    return {
        entry["Key"]: client.get_object(Bucket=bucket.name, Key=entry["Key"])["Body"].read()
        for entry in listed
    }


def test_results_go_through_a_bucket_and_licensed_derivatives_never_reach_it(lab, bucket, tmp_path):
    lab.run()
    lab.publish(licensed=True)
    lab.commit()
    there = contents(bucket)
    assert b"report of x: 0.75" in there.values()
    assert not [value for value in there.values() if b"values of pixels" in value]
    clone = lab.hand_out(tmp_path / "clone")
    clone.restore()
    assert (clone.root / PAGE).read_text() == "report of x: 0.75"


def test_publishing_twice_writes_nothing_into_the_bucket(lab, bucket):
    lab.run()
    lab.publish()
    before = len([request for request in bucket.requests if request.method == "PUT"])
    lab.publish()
    assert before == len([request for request in bucket.requests if request.method == "PUT"])


def test_a_damaged_object_of_the_bucket_is_named(lab, bucket, tmp_path):
    lab.run()
    lab.publish()
    lab.commit()
    (key,) = [key for key, value in contents(bucket).items() if value == b"report of x: 0.75"]
    bucket.put(key, b"REPORT of x: 0.75")
    clone = lab.hand_out(tmp_path / "clone")
    with pytest.raises(DataError, match=PAGE):
        clone.restore()
    assert not (clone.root / PAGE).exists()


def test_a_bucket_that_is_not_there_is_told_in_two_lines(lab, bucket):
    lab.run()
    config = lab.root / ".dvc/config"
    config.write_text(config.read_text().replace(f"s3://{bucket.name}", "s3://nowhere"))
    with pytest.raises(DataError, match="dvc push"):
        lab.publish()
