import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cluster.queue import EXPERIMENT, jobs_in, slurm, small_project
from tests.workflow.project import Project, copy_project

STATE = Path(os.environ.get("SLURM_TEST_DIR", "/tmp/slurm-test"))


@pytest.fixture(scope="session")
def cluster() -> Path:
    """The folder of the throw-away cluster; no other cluster is ever given these jobs."""
    pytest.importorskip("snakemake_executor_plugin_slurm")
    if not shutil.which("scontrol"):
        pytest.skip("no SLURM here: tests/cluster/slurm.sh start")
    asked = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True)
    if not any(
        line.split() == ["ClusterName", "=", "afterimage"] for line in asked.stdout.splitlines()
    ):
        pytest.skip("the test cluster is not up: tests/cluster/slurm.sh start")
    return STATE


@pytest.fixture(scope="session")
def finished(cluster, tmp_path_factory) -> Project:
    """A small experiment, run without the queue; copy it, never change it."""
    project = small_project(tmp_path_factory.mktemp("finished") / "project")
    project.run(EXPERIMENT)
    return project


@pytest.fixture
def one_job(finished, tmp_path) -> Project:
    """A copy of the finished run, of which one job is to be made again."""
    return copy_project(finished, tmp_path / "project")


@pytest.fixture(autouse=True)
def nothing_left_in_the_queue(cluster, tmp_path):
    """Cancel what a test that failed left behind."""
    yield
    if left := jobs_in("PD,R,S,CF", tmp_path / "project"):
        slurm("scancel", *left)
