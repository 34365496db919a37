"""Jobs that outlived the head which submitted them."""

import pytest

from afterimage.contracts import left_in_queue
from afterimage.contracts.errors import ConfigError
from afterimage.contracts.left_in_queue import (
    cancel_jobs_of_run,
    jobs_of,
    refuse_while_jobs_are_queued,
)

RUN = "1b6c7f0e-8d1f-4c3b-9a53-0c6f4e1d2a77"


def test_only_the_executors_jobs_of_the_same_folder_are_found(tmp_path):
    queue = "\n".join(
        [
            f"11|afterimage_{RUN}|{tmp_path}",
            f"12|{RUN}|{tmp_path}",
            f"13|afterimage_{RUN}|{tmp_path}/elsewhere",
            f"14|interactive|{tmp_path}",
        ]
    )
    assert jobs_of(tmp_path, queue) == ["11", "12"]


@pytest.fixture
def cut_off(tmp_path):
    (tmp_path / ".snakemake/incomplete").mkdir(parents=True)
    (tmp_path / ".snakemake/incomplete/b3V0").write_text("{}")
    return tmp_path


def pretend_queue(monkeypatch, text):
    monkeypatch.setattr(left_in_queue.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(left_in_queue, "_queue", lambda: text)


def test_a_restart_beside_jobs_of_a_killed_run_is_refused_with_their_numbers(cut_off, monkeypatch):
    pretend_queue(monkeypatch, f"11|{RUN}|{cut_off}\n12|{RUN}|{cut_off}")
    with pytest.raises(ConfigError, match="scancel 11 12"):
        refuse_while_jobs_are_queued(cut_off)


def test_slurm_is_not_asked_where_nothing_was_cut_off(tmp_path, monkeypatch):
    pretend_queue(monkeypatch, f"11|{RUN}|{tmp_path}")
    refuse_while_jobs_are_queued(tmp_path)


def test_a_cluster_that_does_not_answer_is_named_and_does_not_stop_a_run(cut_off, monkeypatch):
    monkeypatch.setattr(left_in_queue.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", "")
    with pytest.warns(UserWarning, match="does not say what is left"):
        refuse_while_jobs_are_queued(cut_off)


def test_what_is_left_of_a_run_is_cancelled_by_its_name_and_no_other_executors(monkeypatch):
    asked = []
    monkeypatch.setattr(left_in_queue.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(left_in_queue.subprocess, "run", lambda command, **_: asked.append(command))
    cancel_jobs_of_run("Building DAG of jobs...\n")
    assert not asked
    cancel_jobs_of_run(f"Building DAG of jobs...\nSLURM run ID: afterimage_{RUN}\nUsing shell")
    assert asked == [["scancel", "--me", f"--name=afterimage_{RUN}"]]
