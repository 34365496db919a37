"""Published results can be had by others, to the byte, and go on from there.

What does not need a run of Snakemake (damage, licences, several clones, S3) is in
tests/unit/publish.
"""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.workflow.project import CONFIGS, ROOT, Project, new_project

MODEL = "results/share/subj01/ridge/thumbnail/model.safetensors"


def git(project: Project, *arguments: str) -> str:
    who = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=project.folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def dvc(project: Project, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=project.folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def in_the_remote(project: Project) -> dict[Path, int]:
    remote = project.folder.parent / "remote"
    return {p: p.stat().st_mtime_ns for p in sorted(remote.rglob("*")) if p.is_file()}


def results(project: Project) -> dict[str, bytes]:
    return {
        name: content
        for name, content in project.artifacts().items()
        if name.startswith(("results/", "derivatives/"))
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Project:
    """A finished, published and committed run; clone it, never change it."""
    project = new_project(tmp_path_factory.mktemp("share") / "origin")
    shutil.copy2(CONFIGS / "share.yaml", project.folder / "config/experiments/share.yaml")
    shutil.copy2(ROOT / ".gitignore", project.folder / ".gitignore")
    git(project, "init", "--quiet", "--initial-branch", "main")
    dvc(project, "init", "--quiet")
    dvc(project, "remote", "add", "--default", "store", str(project.folder.parent / "remote"))
    project.run("share", "publish")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "published")
    return project


def clone_of(published: Project, folder: Path) -> Project:
    subprocess.run(["git", "clone", "--quiet", published.folder, folder], check=True)
    return Project(folder)


@pytest.fixture(scope="module")
def restored(published, tmp_path_factory) -> Project:
    """A restored clone at another place; change nothing but its configuration."""
    clone = clone_of(published, tmp_path_factory.mktemp("elsewhere") / "a clone")
    clone.run("share", "restore")
    return clone


def test_a_clone_has_every_byte(published, restored):
    assert results(restored) == results(published)


def test_a_clone_plans_nothing_and_for_a_value_exactly_what_is_downstream(restored):
    assert not restored.plan("share", "--config", 'execution={"batch_size": 7}')
    assert restored.plan("share", "--config", 'evaluation={"bootstrap": 120}') == Counter(
        score_predictions=1,
        collect_metrics=1,
        draw_scores=1,
        write_tables=1,
        build_report=1,
    )


def test_publishing_twice_uploads_nothing_and_leaves_everything_clean(published):
    before = in_the_remote(published)
    published.run("share", "publish")
    assert in_the_remote(published) == before
    assert git(published, "status", "--porcelain") == ""
    assert "up to date" in dvc(published, "status")


def test_code_committed_after_publishing_is_named(published, tmp_path):
    clone = clone_of(published, tmp_path / "clone")
    clone.edit("src/afterimage/models/fitting.py", "import numpy as np", "import numpy as np\nX=1")
    shown = clone.errors("share", "restore")
    assert "jobs would run: 1 fit_model" in shown
    assert "code that differs from what was published: afterimage.models.fitting." in shown
    assert "Traceback" not in shown


def test_a_part_is_made_again_with_the_same_bytes_and_the_original_untouched(restored):
    def state():
        path = restored.folder / MODEL
        return path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()

    before = state()
    command = [sys.executable, "-m", "afterimage", "verify", MODEL, "--cores", "2"]
    done = subprocess.run(
        [*command, "--configfile", "config/experiments/share.yaml"],
        cwd=restored.folder,
        env=restored.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"agrees  {MODEL}: same bytes" in done.stdout
    assert state() == before
    assert not list(restored.folder.glob(".afterimage-verify-*"))


def test_a_file_that_was_tampered_with_is_found_by_making_it_again(restored, tmp_path):
    clone = Project(tmp_path / "tampered")
    shutil.copytree(restored.folder, clone.folder)
    page = clone.folder / "results/share/tables/headline.csv"
    page.write_text(page.read_text().replace("two_way,0.", "two_way,1."))
    done = subprocess.run(
        [sys.executable, "-m", "afterimage", "verify", "results/share/tables/headline.csv",
         "--configfile", "config/experiments/share.yaml", "--cores", "2"],
        cwd=clone.folder, env=clone.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "DIFFERS  results/share/tables/headline.csv: other bytes" in done.stdout
