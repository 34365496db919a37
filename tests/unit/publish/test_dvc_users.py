"""What people do with DVC itself: compare, take one file, clean up."""

import json
import subprocess
import sys

import pytest

PAGE = "results/x/report.html"


def dvc(lab, *arguments, check=True):
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=lab.root, capture_output=True, text=True
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def twice(lab):
    """Two commits: another seed and another score."""
    lab.run(score=0.75)
    lab.publish()
    lab.commit("first")
    lab.run(score=0.5)
    lab.publish(seed=2)
    lab.commit("second")
    return lab


def test_metrics_of_two_commits_are_compared(twice):
    (change,) = json.loads(dvc(twice, "metrics", "diff", "HEAD~1", "--json")).values()
    assert change["sub-01.ridge.pixels.two_way"] == {"old": 0.75, "new": 0.5, "diff": -0.25}
    assert "0.5" in dvc(twice, "metrics", "show")


def test_params_of_two_commits_are_compared(twice):
    (change,) = json.loads(dvc(twice, "params", "diff", "HEAD~1", "--json")).values()
    assert change == {"seed": {"old": 1, "new": 2, "diff": 1}}


def test_scores_of_two_commits_are_drawn(twice):
    dvc(twice, "plots", "diff", "HEAD~1", "--out", "drawn")
    page = (twice.root / "drawn/index.html").read_text()
    assert "sub-01 ridge pixels two_way" in page


def test_one_report_comes_alone(twice, tmp_path):
    clone = twice.hand_out(tmp_path / "clone")
    dvc(clone, "pull", PAGE)
    files = [p for p in clone.root.rglob("*") if p.is_file() and "results" in p.parts]
    assert files == [clone.root / PAGE]
    assert (clone.root / PAGE).read_text() == "report of x: 0.5"


def test_status_is_clean_after_publishing(twice):
    assert "up to date" in dvc(twice, "status")


def test_collecting_garbage_as_documented_loses_nothing_that_a_commit_needs(twice, tmp_path):
    # Published, but the commit was never made: the only thing that may go.
    twice.run(score=0.25)
    twice.publish()
    twice.git("checkout", "--", ".")
    before = len(twice.objects())
    dvc(twice, "gc", "--all-commits", "--cloud", "--force")
    assert len(twice.objects()) < before
    assert not [text for text in twice.contents() if text.endswith("0.25")]
    old = twice.hand_out(tmp_path / "old")
    old.git("checkout", "--quiet", "HEAD~1")
    old.restore()
    assert (old.root / PAGE).read_text() == "report of x: 0.75"
    new = twice.hand_out(tmp_path / "new")
    new.restore(seed=2)
    assert (new.root / PAGE).read_text() == "report of x: 0.5"


def test_a_folder_among_the_outputs_travels_with_its_files(lab, tmp_path):
    lab.run()
    page = "results/x/report.html"
    (lab.root / "results/x/maps").mkdir()
    for name in ("r.nii.gz", "p.nii.gz"):
        (lab.root / "results/x/maps" / name).write_text(name)
    record = {"rule": "write_maps", "log": ["logs/x/maps.log"], "input": [page], "params": ["1"]}
    lab.remember("results/x/maps", record)
    lab.publish(targets=["results/x/maps"])
    lab.commit()
    clone = lab.hand_out(tmp_path / "clone")
    clone.restore()
    assert (clone.root / "results/x/maps/r.nii.gz").read_text() == "r.nii.gz"
    (clone.root / "results/x/maps/p.nii.gz").unlink()
    clone.restore()
    assert (clone.root / "results/x/maps/p.nii.gz").read_text() == "p.nii.gz"
