"""What the terminal shows of jobs that failed."""

from afterimage.contracts.failures import failure_lines


def test_jobs_that_failed_alike_share_a_message_and_others_keep_theirs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = {"1.log": "x ERROR no mask", "2.log": "y ERROR no mask", "3.log": "z ERROR full disk"}
    names = [*told, "4.log", "5.log"]
    for name in names[:-1]:
        (tmp_path / name).write_text(told.get(name, "nothing said"))
    head = tmp_path / "head.log"
    head.write_text("".join(f"    log: {n} (check log file(s))\n" for n in names))
    text = "\n".join(failure_lines(str(head)))
    assert text.count("no mask") == 1
    assert "error in 1.log (and in 1 more)" in text
    assert text.count("full disk") == 1
    assert "ended from outside; see 4.log" in text
    assert "left no log at 5.log" in text


def error_of(job, log, queue_log):
    return (
        f"Error in rule x:\n    jobid: {job}\n    log: {log}, {queue_log} (check log file(s) ...)\n"
    )


def test_what_the_queue_says_of_a_job_it_ended_is_told_with_its_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.log").write_text("x INFO at work")
    queue_log = tmp_path / "7.log"
    queue_log.write_text(
        "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***\n"
        "slurmstepd-n1: error: *** JOB 7 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***\n"
        "srun: error: n1: task 0: Exited with exit code 1\n"
    )
    (tmp_path / "head.log").write_text(error_of(3, "own.log", queue_log))
    text = "\n".join(failure_lines("head.log"))
    assert text.count("JOB 7 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT\n") == 1
    assert "Exited" not in text
    assert f"the queue's log: {queue_log}" in text


def test_a_job_that_went_well_at_another_try_is_not_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed = error_of(3, "3.log", tmp_path / "7.log") + error_of(4, "4.log", tmp_path / "8.log")
    (tmp_path / "head.log").write_text(failed + "Finished jobid: 3 (Rule: x)\n")
    text = "\n".join(failure_lines("head.log"))
    assert "3.log" not in text
    assert "4.log" in text


def test_jobs_that_share_a_job_of_the_queue_share_its_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "head.log").write_text(
        f"Error in group drawing:\n    log: {tmp_path / '9.log'} (check log file(s) ...)\n"
        "    jobs:\n        rule x:\n            jobid: 1\n            log: 1.log (check log file\n"
        "        rule y:\n            jobid: 2\n            log: 2.log (check log file)\n"
    )
    text = "\n".join(failure_lines("head.log"))
    assert text.count(f"the queue's log: {tmp_path / '9.log'}") == 2
    assert text.count("error in") == 2
