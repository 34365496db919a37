"""The same plan is handed to every kind of cluster; tests/cluster runs one of them for real."""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.workflow.project import Project

QSUB = """#!/bin/sh
echo "$@" >> asked.txt
while [ $# -gt 1 ]; do shift; done
(sh "$1" > job.txt 2>&1; echo $? > code.txt) &
echo 7.head
"""
QSTAT = """#!/bin/sh
echo 'Job Id: 7.head'
[ -f code.txt ] || { echo '    job_state = R'; exit; }
echo '    job_state = F'
echo "    Exit_status = $(cat code.txt)"
"""


def planned(project: Project, profile: str, *arguments: str) -> Counter:
    return project.plan("tiny", "--workflow-profile", profile, *arguments)


@pytest.fixture
def pbs(tmp_path, monkeypatch) -> Path:
    """Stand-ins for the commands of PBS, which keep what they were asked."""
    pytest.importorskip("snakemake_executor_plugin_cluster_generic")
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("qsub", QSUB), ("qstat", QSTAT), ("qdel", "#!/bin/sh\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_a_plan_for_pbs_has_the_jobs_of_a_local_one(fresh, pbs):
    assert planned(fresh, "pbs") == fresh.plan()


def test_a_job_through_pbs_asks_for_what_its_rule_needs_and_its_end_is_noticed(fresh, pbs):
    fresh.run(
        "tiny",
        "derivatives/tiny/raw.json",
        "--workflow-profile=pbs",
        "--seconds-between-status-checks=1",
    )
    assert (fresh.folder / "derivatives/tiny/raw.json").is_file()
    (asked,) = (fresh.folder / "asked.txt").read_text().splitlines()
    assert "-N simulate_raw" in asked
    assert "select=1:ncpus=1:mem=4000mb:ngpus=0" in asked
    assert "walltime=3600 " in asked


def test_a_job_that_pbs_ended_is_reported_with_its_log(fresh, pbs):
    (pbs / "qsub").write_text("#!/bin/sh\necho 271 > code.txt\necho 7.head\n")
    told = fresh.errors(
        "tiny",
        "derivatives/tiny/raw.json",
        "--workflow-profile=pbs",
        "--seconds-between-status-checks=1",
        "--retries=0",
    )
    assert "error in logs/tiny/simulate_raw.log" in told


def test_a_plan_for_lsf_has_the_jobs_of_a_local_one(fresh):
    pytest.importorskip("snakemake_executor_plugin_lsf")
    assert planned(fresh, "lsf") == fresh.plan()


def test_a_plan_for_slurm_has_the_jobs_of_a_local_one(fresh):
    pytest.importorskip("snakemake_executor_plugin_slurm")
    assert planned(fresh, "slurm") == fresh.plan()


def test_a_plan_for_kubernetes_with_a_bucket_has_the_jobs_of_a_local_one(fresh, monkeypatch):
    pytest.importorskip("snakemake_executor_plugin_kubernetes")
    pytest.importorskip("snakemake_storage_plugin_s3")
    from tests.local_bucket import serving

    monkeypatch.setenv("SNAKEMAKE_STORAGE_S3_ACCESS_KEY", "someone")
    monkeypatch.setenv("SNAKEMAKE_STORAGE_S3_SECRET_KEY", "something")
    with serving() as bucket:
        plan = planned(
            fresh,
            "kubernetes",
            "--container-image=afterimage",
            f"--default-storage-prefix=s3://{bucket.name}/project",
            f"--storage-s3-endpoint-url={bucket.endpoint}",
        )
    assert plan == fresh.plan()
