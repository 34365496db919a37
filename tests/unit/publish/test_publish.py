import json
from dataclasses import replace

import pytest
import yaml

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.records import JobRecord, write_record
from afterimage.publish.ledger import read_ledger


def record(output, commit):
    return JobRecord(
        output=output, rule="build_report", wildcards={}, inputs=[], parameters={},
        commit=commit, dirty=False, started="2026-01-01T00:00:00Z", seconds=1.5, peak_rss_mb=100.0,
        machine={"cores": 2}, python="3.11", versions={}, lock=None, executor="local",
        size=3, modified=5, sha256=None,
    )  # fmt: skip


def test_each_derivative_job_and_each_experiment_is_a_stage_of_its_own(lab):
    lab.run(derivatives=("pixels", "gabor"))
    lab.publish()
    ledger = read_ledger(lab.root)
    assert set(ledger) == {
        "derivatives-d-list_stimuli",
        "derivatives-d-features-gabor-extract_features",
        "derivatives-d-features-pixels-extract_features",
        "results-x",
    }
    for entry in ledger.values():
        assert (entry["cmd"], entry["frozen"]) == ("snakemake", True)
        assert all(flags["persist"] for out in entry["outs"] for flags in out.values())


def test_publishing_twice_uploads_nothing_and_changes_nothing(lab):
    lab.run()
    lab.publish()
    lab.commit()
    before = lab.objects()
    lab.publish()
    assert lab.objects() == before
    assert lab.git("status", "--porcelain") == ""


def test_a_second_experiment_stores_shared_derivatives_once(lab):
    lab.run("x")
    lab.publish("x")
    before = set(lab.objects())
    lab.run("y", score=0.5)
    lab.publish("y")
    # The table, the report and Snakemake's records of these.
    assert len(set(lab.objects()) - before) == 3
    assert {"results-x", "results-y"} < set(read_ledger(lab.root))


def test_two_clones_keep_each_others_stages(lab, tmp_path):
    lab.run("x", derivatives=("pixels", "gabor"))
    lab.publish("x")
    lab.commit()
    other = lab.hand_out(tmp_path / "other")
    other.run("y")  # from pixels alone
    other.publish("y")
    other.commit()
    names = set(read_ledger(other.root))
    assert "derivatives-d-features-gabor-extract_features" in names
    assert {"results-x", "results-y"} < names
    lab.git("pull", "--quiet", str(other.root), "main")
    third = lab.hand_out(tmp_path / "third")
    third.restore("x")
    third.restore("y")


def test_after_a_conflict_one_side_and_publishing_again_gives_both(lab, tmp_path):
    lab.run("w")
    lab.publish("w")
    lab.commit()
    other = lab.hand_out(tmp_path / "other")
    lab.run("x")
    lab.publish("x")
    lab.commit()
    other.run("y")
    other.publish("y")
    other.commit()
    with pytest.raises(Exception, match="returned non-zero"):
        other.git("pull", "--quiet", "--no-rebase", str(lab.root), "main")
    other.git("checkout", "--theirs", "dvc.yaml", "dvc.lock")
    other.publish("y")
    other.commit("merged")
    third = other.hand_out(tmp_path / "third")
    for experiment in "wxy":
        third.restore(experiment)


def test_licensed_derivatives_never_reach_the_remote(lab):
    lab.run()
    lab.publish(licensed=True)
    assert not [text for text in lab.contents() if "values of pixels" in text]
    assert [text for text in lab.contents() if "report of x" in text]
    # The list of raw files (names, sizes, hashes) does, or a clone could not plan.
    assert "{}" in lab.contents()


def test_licensed_derivatives_stay_private_and_are_not_copied(lab):
    lab.run()
    file = lab.root / "derivatives/d/features/pixels/values.arrow"
    file.chmod(0o600)
    lab.publish(licensed=True)
    assert file.stat().st_mode & 0o777 == 0o600
    kept = [path for path in (lab.root / ".dvc").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"values of pixels" in path.read_bytes()]


def test_simulated_derivatives_stay_here_if_asked(lab):
    lab.run()
    lab.publish(pushed="results")
    assert not [text for text in lab.contents() if "values of pixels" in text]


def test_what_one_experiment_keeps_here_no_other_lets_leave(lab):
    lab.run("x")
    lab.publish("x", licensed=True)
    lab.run("y")
    with pytest.raises(DataError, match=r"features-pixels.*push: false") as raised:
        lab.publish("y", licensed=True, pushed="everything")
    assert "publish.pushed" in raised.value.remedy
    assert not [text for text in lab.contents() if "values of pixels" in text]


def test_what_is_licensed_and_not_here_stays_in_the_ledger(lab, tmp_path):
    lab.run("x")
    lab.publish("x", licensed=True)
    lab.commit()
    clone = lab.hand_out(tmp_path / "clone")
    clone.restore("x")
    assert not (clone.root / "derivatives/d/features").exists()
    before = read_ledger(clone.root)
    clone.publish("x", licensed=True)
    assert read_ledger(clone.root) == before
    assert clone.git("status", "--porcelain") == ""


def test_an_unchanged_file_keeps_the_commit_at_which_it_was_made(lab):
    page = "results/x/report.html"
    lab.run()
    write_record(lab.root, record(page, "first"))
    lab.publish()
    # Made again at another commit: the same bytes, from the same code and values.
    write_record(lab.root, replace(record(page, "second"), seconds=9.0))
    lab.publish()
    assert commits(lab, page) == {"first"}
    lab.run(score=0.5)
    lab.publish()
    assert commits(lab, page) == {"second"}


def commits(lab, output):
    jobs = lab.manifest("results-x")["jobs"]
    return {job["outputs"][output]["commit"] for job in jobs if output in job["outputs"]}


def test_what_made_a_file_travels_with_it(lab, tmp_path):
    from afterimage.contracts.records import record_of

    page = "results/x/report.html"
    lab.run()
    write_record(lab.root, record(page, "first"))
    lab.publish()
    lab.commit()
    clone = lab.hand_out(tmp_path / "clone")
    clone.restore()
    found = record_of(clone.root, page)
    assert (found.commit, found.rule, found.machine) == ("first", "build_report", {"cores": 2})
    assert found.modified == (clone.root / page).stat().st_mtime_ns
    clone.publish()
    assert clone.git("status", "--porcelain") == ""


def test_the_manifest_says_what_each_file_came_from(lab):
    lab.run()
    lab.publish()
    manifest = lab.manifest("results-x")
    assert manifest["needs"] == [
        "derivatives-d-features-pixels-extract_features",
        "derivatives-d-list_stimuli",
    ]
    assert manifest["code"] == {"afterimage.models.ridge": "0123456789abcdef"}
    rules = {job["rule"]: job for job in manifest["jobs"]}
    assert rules["build_report"]["inputs"] == ["results/x/tables/headline.csv"]
    assert set(rules["build_report"]["files"]) == {"results/x/report.html"}


def test_a_record_of_an_older_version_of_a_job_is_no_result(lab):
    lab.run()
    old = ("'afterimage.models.ridge fedcba9876543210'",)
    lab.made("results/x/old_page.html", "old", "build_report", ("gone",), old)
    lab.publish()
    assert "old_page" not in (lab.root / "dvc.yaml").read_text()


def test_comments_and_other_entries_of_the_ledger_stay(lab):
    mine = "# kept by hand\nstages:\n  mine:\n    cmd: echo  # do not run\n"
    (lab.root / "dvc.yaml").write_text(mine)
    lab.run()
    lab.publish()
    text = (lab.root / "dvc.yaml").read_text()
    assert text.startswith(mine)
    assert "results-x" in yaml.safe_load(text)["stages"]


def test_scores_of_the_report_are_metrics(lab):
    lab.run()
    lab.publish()
    scores = json.loads((lab.root / "provenance/results-x.metrics.json").read_text())
    assert scores == {"sub-01": {"ridge": {"pixels": {"two_way": 0.75}}}}
    drawn = (lab.root / "provenance/results-x.scores.csv").read_text()
    assert drawn == "score,value\nsub-01 ridge pixels two_way,0.75\n"


def test_a_file_of_unknown_origin_is_refused(lab):
    lab.run()
    with pytest.raises(DataError, match="no record of what made it"):
        lab.publish("other")


def test_a_folder_without_dvc_is_refused(lab):
    lab.run()
    (lab.root / ".dvc").rename(lab.root / "dvc_of_old")
    with pytest.raises(ConfigError, match="not a DVC repository"):
        lab.publish()


def test_a_missing_remote_is_named_with_those_there_are(lab):
    lab.run()
    with pytest.raises(ConfigError, match=r"no remote named 'stroe'. Known: store") as raised:
        lab.publish(remote="stroe")
    assert "dvc remote add" in raised.value.remedy


def test_a_remote_that_cannot_be_written_is_told_in_two_lines(lab):
    lab.run()
    lab.remote.write_text("a file where a folder should be")
    with pytest.raises(DataError, match="dvc push") as raised:
        lab.publish()
    assert "run again" in raised.value.remedy
    lab.remote.unlink()
    lab.publish()
    assert lab.objects()


def test_a_half_merged_ledger_is_told(lab):
    lab.run()
    (lab.root / "dvc.yaml").write_text("<<<<<<< ours\nstages:\n=======\n>>>>>>> theirs\n")
    with pytest.raises(DataError, match="not YAML") as raised:
        lab.publish()
    assert "merge" in raised.value.remedy


@pytest.mark.parametrize("step", ["update_ledger", "Repository.commit", "Repository.push"])
def test_an_interrupted_publish_goes_on(lab, tmp_path, monkeypatch, step):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    lab.run()
    with monkeypatch.context() as patch:
        patch.setattr(f"afterimage.publish.publish.{step}", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lab.publish()
    lab.publish()
    lab.commit()
    lab.hand_out(tmp_path / "clone").restore()
