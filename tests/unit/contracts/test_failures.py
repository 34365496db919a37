"""What the terminal shows of jobs that failed."""

from afterimage.contracts.failures import failure_lines


def test_jobs_that_failed_alike_share_a_message_and_others_keep_theirs(tmp_path):
    told = {"1.log": "x ERROR no mask", "2.log": "y ERROR no mask", "3.log": "z ERROR full disk"}
    names = [*told, "4.log", "5.log"]
    for name in names[:-1]:
        (tmp_path / name).write_text(told.get(name, "nothing said"))
    head = tmp_path / "head.log"
    head.write_text("".join(f"    log: {tmp_path / n} (check log file(s))\n" for n in names))
    text = "\n".join(failure_lines(str(head)))
    assert text.count("no mask") == 1
    assert f"error in {tmp_path / '1.log'} (and in 1 more)" in text
    assert text.count("full disk") == 1
    assert f"ended from outside; see {tmp_path / '4.log'}" in text
    assert f"left no log at {tmp_path / '5.log'}" in text
