import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.unit.contracts.records_cases import QuietLog, job_of

from afterimage.contracts import recording
from afterimage.contracts.errors import DataError
from afterimage.contracts.jobs import _leave_records
from afterimage.contracts.recording import Watch
from afterimage.contracts.records import record_of, record_path


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with one commit, which jobs take for their code."""
    folder = tmp_path / "clone"
    (folder / "src").mkdir(parents=True)
    (folder / "src/code.py").write_text("x = 1\n")
    (folder / "requirements.lock").write_text("numpy==1.0\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Start")
    monkeypatch.setattr(recording, "PROJECT", folder)
    return folder


def git(folder, *arguments):
    names = {
        f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **names}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def left(root, job):
    Watch(job).leave_records(root)
    return record_of(root, str(job.output[0]))


def test_a_job_leaves_one_record_for_each_of_its_outputs(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = job_of(tmp_path, outputs=("results/x/a.json", "results/x/b.json"))
    Watch(job).leave_records(tmp_path)
    one, other = (record_of(tmp_path, name) for name in job.output)
    assert (one.output, other.output) == ("results/x/a.json", "results/x/b.json")
    assert one.rule == other.rule == "make"
    assert one.inputs == ["derivatives/in.parquet"]
    assert one.wildcards == {"subject": "subj01"}
    assert one.parameters == {"model": {"alpha": 1.0}}, "hashes of code are no parameters"
    assert one.commit == git(clone, "rev-parse", "HEAD")
    assert one.dirty is False
    assert one.seconds >= 0
    assert one.peak_rss_mb > 1
    assert one.size == len("results/x/a.json")


@pytest.mark.parametrize("change", ["src/code.py", "src/new.py", "requirements.lock"])
def test_changed_or_added_code_is_dirty(tmp_path, clone, monkeypatch, change):
    monkeypatch.chdir(tmp_path)
    (clone / change).write_text("x = 2\n")
    assert left(tmp_path, job_of(tmp_path)).dirty is True


def test_a_file_that_is_no_code_leaves_the_commit_clean(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (clone / "notes.txt").write_text("x")
    assert left(tmp_path, job_of(tmp_path)).dirty is False


def test_the_commit_is_the_one_at_which_the_job_started(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = git(clone, "rev-parse", "HEAD")
    watch = Watch(job_of(tmp_path))
    watch.git.wait()
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "Later")
    watch.leave_records(tmp_path)
    assert record_of(tmp_path, "results/x/a.json").commit == before


def test_outside_a_clone_there_is_no_commit_and_no_other_repository_is_asked(
    tmp_path, clone, monkeypatch
):
    inside = clone / "installed"
    inside.mkdir()
    monkeypatch.setattr(recording, "PROJECT", inside)
    monkeypatch.chdir(tmp_path)
    record = left(tmp_path, job_of(tmp_path))
    assert (record.commit, record.dirty, record.lock) == (None, None, None)


def test_without_git_a_record_is_left_all_the_same(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert left(tmp_path, job_of(tmp_path)).commit is None


def test_a_record_names_no_host_no_user_and_no_absolute_path(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    left(tmp_path, job_of(tmp_path))
    text = record_path(tmp_path, "results/x/a.json").read_text()
    assert str(tmp_path) not in text
    assert os.uname().nodename not in json.loads(text)["machine"].values()
    assert set(json.loads(text)["machine"]) == {"system", "processor", "cores", "gpu"}


def test_a_folder_has_a_record_without_size(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = job_of(tmp_path, outputs=())
    (tmp_path / "maps").mkdir()
    job.output.append("maps")
    assert left(tmp_path, job).size is None


def test_a_large_output_is_told_by_size_and_time_alone(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recording, "HASHED_BYTES", 3)
    record = left(tmp_path, job_of(tmp_path))
    assert record.sha256 is None
    assert record.modified == (tmp_path / "results/x/a.json").stat().st_mtime_ns


@pytest.mark.parametrize(
    ("variable", "name"), [("SLURM_JOB_ID", "slurm"), ("LSB_JOBID", "lsf"), ("NO", "local")]
)
def test_the_queue_is_told_by_its_variable(variable, name):
    assert recording.executor({variable: "1"}) == name


def test_a_long_name_is_cut_into_folders_and_found_again(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "results/" + "/".join(["a" * 100] * 5) + "/b.json"
    assert left(tmp_path, job_of(tmp_path, outputs=(name,))).output == name
    assert all(len(part) < 256 for part in record_path(tmp_path, name).parts)


def test_a_job_whose_record_cannot_be_written_ends_well_and_says_so(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "provenance").write_text("in the way")
    log = QuietLog()
    _leave_records(log, Watch(job_of(tmp_path)))
    assert "no record of this job" in log.lines[0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rule": "x"}'])
def test_a_damaged_record_is_named(tmp_path, text):
    path = record_path(tmp_path, "a")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(DataError, match=r"YQ\.json: not the record of a job"):
        record_of(tmp_path, "a")


def test_nobody_left_a_record_of_a_file_that_no_job_made(tmp_path):
    assert record_of(tmp_path, "results/x/none.json") is None


def test_records_of_killed_jobs_are_overwritten_not_collected(tmp_path, clone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = record_path(tmp_path, "results/x/a.json")
    path.parent.mkdir(parents=True)
    path.with_name(f".{path.name}.part").write_text("half")
    left(tmp_path, job_of(tmp_path))
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_gpu_is_named_only_if_the_job_used_it(monkeypatch):
    def torch(used):
        cuda = SimpleNamespace(is_initialized=lambda: used, get_device_name=lambda: "A GPU")
        return SimpleNamespace(cuda=cuda)

    monkeypatch.setitem(recording.sys.modules, "torch", torch(True))
    assert recording.machine()["gpu"] == "A GPU"
    monkeypatch.setitem(recording.sys.modules, "torch", torch(False))
    assert recording.machine()["gpu"] is None


def test_the_folder_of_records_is_not_under_version_control():
    root = Path(__file__).resolve().parents[3]
    assert "/provenance/jobs/" in (root / ".gitignore").read_text().splitlines()
