"""Runs of the workflow through SLURM's queue, and what a test does to them."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.workflow.project import Project, new_project

EXPERIMENT = "queued"
PATIENCE = 400  # the executor looks for news up to every three minutes
SUBMITTED = re.compile(r"has been submitted with SLURM jobid (\d+)")
# Faster news than on a cluster with users, and no accounting database.
PROMPT = (
    "--slurm-status-command=squeue",
    "--slurm-no-account",
    "--slurm-init-seconds-before-status-checks=3",
    "--seconds-between-status-checks=3",
    "--latency-wait=10",
)


def slurm(*command: str) -> str:
    """Run a command of SLURM's and return what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def jobs_in(states: str, folder: Path) -> list[str]:
    """Return the numbers of a folder's jobs in states such as PD,R."""
    lines = slurm("squeue", "--noheader", f"--states={states}", "--format=%i|%Z").splitlines()
    return [line.split("|")[0] for line in lines if line.split("|")[1] == str(folder)]


def wait_until(claim: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, f"it never came: {what}"
        time.sleep(0.2)


@dataclass
class Queued:
    """A head of Snakemake's that submits to the queue, and what it printed."""

    project: Project
    head: subprocess.Popen
    printed: Path

    def text(self) -> str:
        return self.printed.read_text()

    def numbers(self) -> list[str]:
        return SUBMITTED.findall(self.text())

    def wait(self) -> int:
        return self.head.wait(timeout=PATIENCE * 4)

    def one_at_work(self) -> str:
        """Wait for a job on a node and return its number."""
        folder = self.project.folder
        wait_until(lambda: jobs_in("R", folder) or self.head.poll() is not None, "a running job")
        assert self.head.poll() is None, self.text()
        return jobs_in("R", folder)[0]


def queued(project: Project, *arguments: str) -> Queued:
    """Start a run of the test's experiment; arguments begin with the targets, if there are any."""
    printed = project.folder.parent / f"head{len(list(project.folder.parent.glob('head*')))}.log"
    configfile = f"--configfile=config/experiments/{EXPERIMENT}.yaml"
    profile = "--workflow-profile=slurm"
    command = [sys.executable, "-m", "snakemake", *arguments, configfile, profile, *PROMPT]
    with printed.open("w") as stream:
        head = subprocess.Popen(
            command,
            cwd=project.folder,
            env={**project.environment(), "COLUMNS": "200"},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Queued(project, head, printed)


def small_project(folder: Path) -> Project:
    """Return a project whose experiment has a job of every kind, and few of each."""
    project = new_project(folder)
    project.configure(
        EXPERIMENT,
        subjects=["subj01"],
        targets={
            "thumbnail": {"extractor": "thumbnail"},
            "pixels": {
                "extractor": "tiny_pixels",
                "transform": {"name": "pca", "n_components": 8},
            },
        },
        models={
            "ridge": {
                "decoder": {"name": "ridge"},
                "targets": ["thumbnail", "pixels"],
                "null_refits": 2,
            },
            "voxelwise": {
                "encoder": {"name": "ridge_encoder"},
                "targets": ["thumbnail"],
                "null_refits": 2,
            },
        },
        generators={
            "linear": {
                "generator": {"name": "linear"},
                "target": "pixels",
                "models": ["ridge"],
                "null_refits": 2,
            }
        },
    )
    path = project.folder / f"config/experiments/{EXPERIMENT}.yaml"
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**content, "experiment": EXPERIMENT}, sort_keys=False))
    return project
