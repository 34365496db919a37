"""The workflow on a real SLURM.

tests/cluster/slurm.sh start
pytest -m slurm tests/cluster
"""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cluster.queue import jobs_in, queued, slurm, small_project, wait_until

pytestmark = pytest.mark.slurm

TABLE = "results/queued/tables/metrics.csv"
SCRIPT = "scripts/write_tables.py"
START = "with job(snakemake):\n"
# Each try of the job leaves a file, and waits for the test.
WAITING = """with job(snakemake):
    import os, time
    from pathlib import Path
    Path("tries").mkdir(exist_ok=True)
    Path("tries", os.environ["SLURM_JOB_ID"] + "." + str(os.getpid())).touch()
    while not Path("go").exists():
        time.sleep(0.1)
"""
GREEDY = """with job(snakemake):
    if snakemake.resources.mem_mb < 2000:
        import time
        held = b"1" * (1600 << 20)
        time.sleep(300)
"""
SLOW = """with job(snakemake):
    if snakemake.resources.runtime < 2:
        import time
        time.sleep(300)
"""
SHOWING = """with job(snakemake):
    import os
    from pathlib import Path
    seen = [os.environ[name] for name in ("SLURM_JOB_PARTITION", "CUDA_VISIBLE_DEVICES")]
    Path("seen").write_text(" ".join(seen))
"""


def edited(project, text):
    project.edit(SCRIPT, START, text)
    return project


def tries(project):
    return list((project.folder / "tries").glob("*"))


def at_work(project, *arguments):
    """Start the one job, wait until its script is at work, and return the run and its number."""
    run = queued(edited(project, WAITING), TABLE, *arguments)
    wait_until(lambda: tries(project) or run.head.poll() is not None, "a script at work")
    assert run.head.poll() is None, run.text()
    return run, run.one_at_work()


def go(project):
    (project.folder / "go").touch()


def assert_finished(run):
    assert run.wait() == 0, run.text()
    assert not jobs_in("PD,R,S,CF", run.project.folder)
    planned = run.project.run("queued", TABLE, "--dry-run")
    assert "Nothing to be done" in planned.stdout + planned.stderr


def test_all_jobs_go_through_the_queue_and_give_the_bytes_of_a_local_run(finished, tmp_path):
    run = queued(small_project(tmp_path / "project"))
    assert run.wait() == 0, run.text()
    jobs = re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", run.text(), re.MULTILINE)
    assert len(jobs) > len(run.numbers()) > 20  # small ones share a job of the queue
    assert jobs.count("ingest_part") == 3
    ours, theirs = run.project.artifacts(), finished.artifacts()
    assert set(ours) == set(theirs)
    assert not [name for name, content in ours.items() if content != theirs[name]]


def test_a_cancelled_job_is_tried_again(one_job):
    run, number = at_work(one_job)
    slurm("scancel", number)
    go(one_job)
    assert_finished(run)
    assert len(run.numbers()) == 2
    assert len(tries(one_job)) == 2


def test_a_job_over_its_memory_limit_ends_with_its_reason_or_gets_more(one_job):
    project = edited(one_job, GREEDY)
    refused = queued(project, TABLE, "--retries=0")
    assert refused.wait() != 0
    told = refused.text().rpartition("error in ")[2]
    assert told.startswith("logs/queued/write_tables.log")
    assert re.search("memory limit|oom", told, re.IGNORECASE)
    assert Path(re.search("the queue's log: (.*)", told)[1]).is_file()

    grown = queued(project, TABLE)
    assert_finished(grown)
    assert len(grown.numbers()) == 2


def test_a_job_over_its_time_limit_gets_more_time(one_job):
    report = one_job.folder / "workflow/rules/report.smk"
    before, rule, after = report.read_text().partition("rule write_tables:")
    report.write_text(before + rule + after.replace("each_try(10)", "each_try(1)", 1))
    run = queued(edited(one_job, SLOW), TABLE)
    assert_finished(run)
    assert "TIMEOUT" in run.text()
    assert len(run.numbers()) == 2


def test_a_job_of_a_lost_node_goes_on_elsewhere(one_job, cluster):
    run, number = at_work(one_job)
    node = slurm("squeue", "--noheader", f"--jobs={number}", "--format=%N").strip()
    try:
        lose(node, number, cluster)
        wait_until(lambda: "down" in slurm("sinfo", "-h", "-n", node, "-o", "%t"), "a lost node")
        go(one_job)
        assert_finished(run)
    finally:
        subprocess.run(["slurmd", "-N", node], check=True)
        wait_until(lambda: "idle" in slurm("sinfo", "-h", "-n", node, "-o", "%t"), "the node")
    assert run.numbers() == [number]  # SLURM queued it anew by itself


def lose(node, number, cluster):
    """Kill a node's daemon and everything that the job has there, as if it had lost its power."""
    os.kill(int((cluster / f"slurmd-{node}.pid").read_text()), signal.SIGKILL)
    mark = f"SLURM_JOB_ID={number}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = mark in (process / "environ").read_bytes().split(b"\0")
            step = (process / "cmdline").read_text().startswith(f"slurmstepd: [{number}.")
            if inside or step:
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue  # it ended while we looked


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_head_takes_its_jobs_with_it_and_the_next_run_finishes(one_job, ending):
    run, _ = at_work(one_job)
    run.head.send_signal(ending)
    assert run.wait() != 0
    wait_until(lambda: not jobs_in("PD,R,S,CF,CG", one_job.folder), "an empty queue")
    go(one_job)
    assert_finished(queued(one_job, TABLE))


def test_jobs_of_a_killed_head_go_on_and_a_restart_waits_for_them_and_does_not_repeat_them(one_job):
    tables = [f"results/queued/tables/{name}" for name in ("metrics.csv", "headline.csv")]
    tables.append("results/queued/tables/headline.tex")
    one_job.run("queued", "--cleanup-metadata", *tables)
    for table in tables:
        (one_job.folder / table).unlink()
    run, number = at_work(one_job)
    run.head.kill()
    run.head.wait()
    one_job.run("queued", "--unlock")
    refused = queued(one_job, TABLE)
    assert refused.wait() != 0
    assert f"scancel {number}" in refused.text()
    assert not refused.numbers()
    go(one_job)
    wait_until(lambda: not jobs_in("PD,R,S,CF,CG", one_job.folder), "the end of the job")
    again = queued(one_job, TABLE)
    assert_finished(again)
    assert not again.numbers()
    assert len(tries(one_job)) == 1


@pytest.mark.parametrize("asked", ["gpu=1", "gres=gpu:1"])
def test_a_gpu_is_given_however_the_site_wants_to_be_asked(one_job, asked):
    run = queued(edited(one_job, SHOWING), TABLE, "--set-resources", f"write_tables:{asked}")
    assert_finished(run)
    partition, _, devices = (one_job.folder / "seen").read_text().partition(" ")
    assert partition == "gpu"
    assert devices in {"0", "1"}
