"""A killed run leaves no job behind, and what follows has the bytes of an undisturbed run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.project import Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")

PAUSE = 0.05
SURVIVAL = 10  # seconds within which every job must be gone
REACHED = 240


def a_file(pattern: str) -> Callable[[Project], bool]:
    """Whether an artifact has appeared."""
    return lambda project: any(project.folder.glob(pattern))


def a_job_at_work(rule: str, output: str) -> Callable[[Project], bool]:
    """Whether a job of a rule has opened its log and has not yet written its output."""

    def is_at_work(project: Project) -> bool:
        for log in project.folder.glob(f"logs/tiny/**/{rule}.log"):
            made = (
                project.folder
                / "results/tiny"
                / log.parent.relative_to(project.folder / "logs/tiny")
            )
            if log.stat().st_size and not (made / output).exists():
                return True
        return False

    return is_at_work


def start(project: Project) -> subprocess.Popen:
    """Start a run that leads a process group of its own."""
    return subprocess.Popen(
        project.command("--configfile", "config/experiments/tiny.yaml"),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_head(running: subprocess.Popen) -> None:
    running.kill()


def kill_group(running: subprocess.Popen) -> None:
    os.killpg(running.pid, signal.SIGKILL)


def processes_in(folder: Path) -> list[str]:
    """Return what runs in a folder; the dead that wait for their parents have no folder."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal():
            continue
        try:
            if Path(os.readlink(process / "cwd")) == folder.resolve():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended while we looked
    return found


def wait_until(claim: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def disturb(
    project: Project,
    moment: Callable[[Project], bool],
    kill: Callable[[subprocess.Popen], None],
) -> None:
    """Start a run, kill it at a moment, and check that none of its jobs goes on."""
    running = start(project)
    try:
        reached = wait_until(lambda: moment(project) or running.poll() is not None, REACHED)
        assert reached, "the moment never came"
        assert running.poll() is None, "the run had ended before it could be killed"
        assert len(processes_in(project.folder)) >= 1
    finally:
        kill(running)
        running.wait()
    gone = wait_until(lambda: not processes_in(project.folder), SURVIVAL)
    assert gone, f"still at work: {processes_in(project.folder)}"
    project.run("tiny", "--unlock")


def assert_same_bytes(ours: dict[str, bytes], theirs: dict[str, bytes]) -> None:
    assert set(ours) == set(theirs)
    assert not [name for name, content in ours.items() if content != theirs[name]]


@pytest.mark.slow
def test_a_run_killed_thrice_ends_with_the_bytes_of_an_undisturbed_one(finished, fresh):
    disturb(fresh, a_file("derivatives/tiny/raw.json"), kill_head)
    disturb(fresh, a_file("results/tiny/**/model.safetensors"), kill_group)
    disturb(fresh, a_job_at_work("fit_null", "null.arrow"), kill_head)
    fresh.run()
    assert not fresh.plan()
    assert_same_bytes(fresh.artifacts(), finished.artifacts())
