"""Published results can be had by others, to the byte, and go on from there.

What does not need a run of Snakemake (damage, licences, several clones, S3) is in
tests/unit/publish.
"""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.workflow.project import ROOT, Project, new_project
from tests.workflow.small_arrays import MINE, sound_arrays, write_mine

MODEL = "results/mine/sub-01/mean/pixels/model.safetensors"
WHOLE = 'publish={"pushed": "everything"}'


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


def in_the_remote(project: Project, name: str = "remote") -> dict[Path, int]:
    remote = project.folder.parent / name
    return {p: p.stat().st_mtime_ns for p in sorted(remote.rglob("*")) if p.is_file()}


def results(project: Project) -> dict[str, bytes]:
    return {
        name: content
        for name, content in project.artifacts().items()
        if name.startswith(("results/", "derivatives/"))
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Project:
    """A finished run on arrays, published whole and committed; clone it, never change it."""
    place = tmp_path_factory.mktemp("share")
    project = new_project(place / "origin")
    write_mine(project, {})
    shutil.copy2(ROOT / ".gitignore", project.folder / ".gitignore")
    np.savez(place / "d.npz", **sound_arrays())
    git(project, "init", "--quiet", "--initial-branch", "main")
    dvc(project, "init", "--quiet")
    dvc(project, "remote", "add", "--default", "store", str(place / "remote"))
    project.snakemake("publish", *MINE, f"data_root={place}", WHOLE)
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
    clone.run("mine", "restore")
    return clone


def test_a_clone_has_every_byte(published, restored):
    assert results(restored) == results(published)


def test_a_clone_says_what_made_a_file_elsewhere(published, restored):
    def told(project: Project) -> list[str]:
        command = [sys.executable, "-m", "afterimage", "explain", MODEL]
        environment = project.environment()
        done = subprocess.run(
            command, cwd=project.folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    assert any(line.split()[:1] == ["cost"] for line in told(restored))
    assert told(restored) == told(published)


def test_a_clone_plans_nothing_and_for_a_value_exactly_what_is_downstream(restored):
    assert not restored.plan("mine", "--config", 'execution={"batch_size": 7}')
    assert restored.plan("mine", "--config", 'evaluation={"bootstrap": 120}') == Counter(
        score_predictions=1,
        collect_metrics=1,
        draw_scores=1,
        write_tables=1,
        build_report=1,
    )


def test_publishing_twice_uploads_nothing_and_leaves_everything_clean(published):
    before = in_the_remote(published)
    published.run("mine", "publish", "--config", WHOLE)
    assert in_the_remote(published) == before
    assert git(published, "status", "--porcelain") == ""
    assert "up to date" in dvc(published, "status")


def test_derivatives_of_real_recordings_never_leave_and_the_plan_is_empty_without(
    published, tmp_path
):
    lab = clone_of(published, tmp_path / "lab")
    for folder in ("results", "derivatives", ".snakemake"):
        shutil.copytree(published.folder / folder, lab.folder / folder)
    dvc(lab, "remote", "modify", "store", "url", str(tmp_path / "other"))
    lab.run("mine", "publish")
    git(lab, "add", "--all")
    git(lab, "commit", "--quiet", "--message", "licensed")
    away = {path.read_bytes() for path in in_the_remote(lab, "other")}
    kept = {
        name
        for name, content in results(lab).items()
        if name.startswith("derivatives/") and content not in away
    }
    lists = {"derivatives/mine/raw.json", "derivatives/mine/sub-01/raw.json"}
    assert kept == {name for name in results(lab) if name.startswith("derivatives/")} - lists
    clone = clone_of(lab, tmp_path / "clone")
    # It proves that the plan is empty; no data_root is given.
    clone.run("mine", "restore")
    assert {name for name in results(clone) if name.startswith("derivatives/")} == lists
    assert not clone.plan("mine")


def test_code_committed_after_publishing_is_named(published, tmp_path):
    clone = clone_of(published, tmp_path / "clone")
    clone.edit("src/afterimage/models/mean.py", "import numpy as np", "import numpy as np\nX = 1")
    shown = clone.errors("mine", "restore")
    assert "jobs would run: 1 fit_model" in shown
    assert "code that differs from what was published: afterimage.models.mean." in shown
    assert "Traceback" not in shown


def test_a_part_is_made_again_with_the_same_bytes_and_the_original_untouched(restored):
    def state():
        path = restored.folder / MODEL
        return path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()

    before = state()
    command = [sys.executable, "-m", "afterimage", "verify", MODEL, "--cores", "2"]
    done = subprocess.run(
        [*command, "--configfile", "config/experiments/mine.yaml"],
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
    table = clone.folder / "results/mine/tables/metrics.csv"
    table.write_text(table.read_text() + "one more line\n")
    done = subprocess.run(
        [sys.executable, "-m", "afterimage", "verify", "results/mine/tables/metrics.csv",
         "--configfile", "config/experiments/mine.yaml", "--cores", "2"],
        cwd=clone.folder, env=clone.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "DIFFERS  results/mine/tables/metrics.csv: other bytes" in done.stdout
