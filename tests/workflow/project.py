"""A copy of the project in a folder of its own, where tests may edit, break and kill."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = Path(__file__).parent / "configs"
COPIED = (
    "Snakefile",
    "workflow",
    "scripts",
    "src",
    "profiles",
    "config",
    "pyproject.toml",
    "requirements.lock",
)
JOB_LINE = re.compile(r"^(\w+)\s+(\d+)\s*$")
# What may differ between two runs that made the same artifacts.
NOT_ARTIFACTS = (
    "logs",
    ".snakemake",
    "src",
    "workflow",
    "scripts",
    "profiles",
    "config",
    "provenance",
)


@dataclass
class Project:
    """A working copy with its own package."""

    folder: Path

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self.folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=1800,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"snakemake failed:\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}")
        return done

    def run(self, experiment: str = "tiny", *arguments: str, check: bool = True):
        # Targets come first: --configfile takes everything that follows it.
        configfile = f"config/experiments/{experiment}.yaml"
        return self.snakemake(*arguments, "--configfile", configfile, check=check)

    def plan(self, experiment: str = "tiny", *arguments: str) -> Counter:
        """Return how many jobs of each rule a dry run plans."""
        done = self.run(experiment, "--dry-run", *arguments)
        text = done.stdout + done.stderr
        jobs = Counter()
        for line in text[text.find("Job stats") :].splitlines():
            if found := JOB_LINE.match(line):
                jobs[found[1]] = int(found[2])
        del jobs["total"], jobs["all"]
        return jobs

    def errors(self, experiment: str = "tiny", *arguments: str) -> str:
        """Run, expect a failure, and return what the terminal shows."""
        done = self.run(experiment, *arguments, check=False)
        assert done.returncode != 0, "this should have failed"
        return done.stdout + done.stderr

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} no longer holds {old!r}"
        path.write_text(text.replace(old, new))

    def configure(self, experiment: str = "tiny", base: str = "tiny", **changes) -> None:
        """Write an experiment file with some keys (dotted with __) changed."""
        path = self.folder / "config" / "experiments"
        content = yaml.safe_load((path / f"{base}.yaml").read_text())
        for key, value in changes.items():
            *parents, last = key.split("__")
            place = content
            for parent in parents:
                place = place[parent]
            place[last] = value
        (path / f"{experiment}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def artifacts(self) -> dict[str, bytes]:
        """Return the bytes of everything the workflow made, logs and timings apart."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
            and path.relative_to(self.folder).parts[0] not in NOT_ARTIFACTS
            and path.suffix != ".pyc"
            and path.name not in ("pyproject.toml", "requirements.lock")
            and path.name != "Snakefile"
        }

    def touch_all(self) -> None:
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and ".snakemake" not in path.parts:
                path.touch()


def new_project(folder: Path) -> Project:
    """Copy the project and add the small data set of the tests."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    shutil.copy2(CONFIGS / "dataset_tiny.yaml", folder / "config/datasets/tiny.yaml")
    shutil.copy2(CONFIGS / "tiny.yaml", folder / "config/experiments/tiny.yaml")
    extractors = folder / "config/extractors.yaml"
    added = yaml.safe_load((CONFIGS / "extractors.yaml").read_text())
    known = yaml.safe_load(extractors.read_text())
    extractors.write_text(yaml.safe_dump({**known, **added}, sort_keys=False))
    return Project(folder)


def copy_project(project: Project, folder: Path) -> Project:
    """Copy a project with its results, time stamps and Snakemake's records."""
    shutil.copytree(project.folder, folder, symlinks=True)
    return Project(folder)
