"""Reruns are exact: nothing for nothing, and exactly what depends on a change."""

import os
from collections import Counter

import pytest
import yaml


def rules(plan):
    return set(plan)


def test_a_finished_run_plans_nothing_and_touching_every_file_neither(project):
    assert not project.plan()
    project.touch_all()
    assert not project.plan()


def test_comments_and_docstrings_plan_nothing(project):
    for file in ("src/afterimage/linear/problem.py", "src/afterimage/contracts/arrays.py"):
        path = project.folder / file
        path.write_text("# a remark\n" + path.read_text().replace('"""', '"""More: ', 1))
    assert not project.plan()


def test_an_edited_metric_plans_scores_and_report_only(project):
    project.edit(
        "src/afterimage/evaluate/identification.py",
        "import numpy as np",
        "import numpy as np\nX = 1",
    )
    assert rules(project.plan()) <= {
        "score_predictions",
        "score_pictures",
        "score_encoding",
        "score_truth",
        "collect_metrics",
        "draw_scores",
        "draw_grid",
        "draw_regions",
        "draw_encoding",
        "draw_learning_curve",
        "draw_ceilings",
        "write_maps",
        "write_tables",
        "build_report",
    }
    assert "score_predictions" in project.plan()
    assert "fit_model" not in project.plan()


def test_an_edited_decoder_plans_exactly_the_jobs_that_name_it(project):
    project.edit("src/afterimage/models/mean.py", "import numpy as np", "import numpy as np\nX = 1")
    plan = project.plan()
    # One target, two subjects; ridge and the encoder are untouched.
    assert plan["fit_model"] == plan["predict_model"] == 2
    assert plan["generate_pictures"] == 2
    assert not {"ingest_subject", "extract_features", "fit_null", "fit_target"} & set(plan)


def test_an_edit_with_an_old_time_stamp_is_noticed(project):
    path = project.folder / "src/afterimage/features/colour.py"
    path.write_text(path.read_text() + "\nX = 1\n")
    os.utime(path, (0, 0))
    plan = project.plan()
    assert plan["extract_features"] == 1
    assert "ingest_subject" not in plan


@pytest.mark.parametrize(
    ("changes", "first", "untouched"),
    [
        ({"evaluation__bootstrap": 120}, "score_predictions", "fit_model"),
        ({"audit__near_duplicate_bits": 0}, "audit_splits", "extract_features"),
        ({"responses__normalise": "train"}, "fit_model", "fit_target"),
        ({"targets__pixels__transform__n_components": 9}, "fit_target", "extract_features"),
        ({"split__validation": 0.25}, "split_trials", "extract_features"),
    ],
)
def test_one_value_plans_exactly_what_is_downstream(project, changes, first, untouched):
    project.configure(**changes)
    plan = project.plan()
    assert first in plan
    assert untouched not in plan
    assert "build_report" in plan
    assert not {"simulate_raw", "ingest_subject", "ingest_stimuli"} & set(plan)


def test_a_changed_target_plans_only_its_own_models(project):
    project.configure(targets__pixels__transform__n_components=9)
    plan = project.plan()
    # ridge and mean on pixels for two subjects; thumbnail and colour stay.
    assert plan["fit_model"] == 4
    assert plan["fit_target"] == 1


def test_two_swapped_values_are_noticed(project):
    project.configure(experiment="tiny", evaluation__bootstrap=100, evaluation__permutations=150)
    project.run()
    assert not project.plan()
    project.configure(experiment="tiny", evaluation__bootstrap=150, evaluation__permutations=100)
    assert "score_predictions" in project.plan()


def test_execution_values_plan_nothing(project):
    execution = {"device": "cpu", "blas_threads": 1, "batch_size": 7, "max_mem_mb": 3000}
    project.configure(execution=execution)
    assert not project.plan("tiny", "--config", "data_root=elsewhere")


def test_a_second_experiment_reuses_the_derivatives(project):
    project.configure(experiment="second", base="tiny", seed=2)
    path = project.folder / "config/experiments/second.yaml"
    content = {**yaml.safe_load(path.read_text()), "experiment": "second"}
    path.write_text(yaml.safe_dump(content))
    plan = project.plan("second")
    made_once = {"simulate_raw", "ingest_stimuli", "ingest_subject", "extract_features"}
    assert not made_once & set(plan)
    assert plan["fit_model"] == 10
    assert not project.plan("tiny")


def test_an_edit_while_a_job_runs_is_noticed(project):
    """The hash that counts is that of the code as it was when the job was planned."""
    import subprocess
    import time

    project.edit("src/afterimage/split/audit.py", "NAMED = 5", "NAMED = 6")
    path = project.folder / "scripts/audit_splits.py"
    path.write_text(path.read_text() + "    import time\n    time.sleep(4)\n")
    running = subprocess.Popen(
        project.command("results/tiny/audit.json", "--configfile", "config/experiments/tiny.yaml"),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = project.folder / "logs/tiny/audit_splits.log"
    log.unlink()
    deadline = time.monotonic() + 60
    # The job has begun once its log is there; the loop is bounded, and it is the job that waits.
    while running.poll() is None and not log.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    project.edit("src/afterimage/split/audit.py", "NAMED = 6", "NAMED = 7")
    assert running.wait(timeout=120) == 0
    assert "audit_splits" in project.plan()


def test_jobs_of_the_tiny_experiment(fresh):
    """The whole plan, so that a lost rule or a doubled job is seen."""
    assert fresh.plan() == Counter(
        simulate_raw=1,
        ingest_stimuli=1,
        ingest_part=5,
        ingest_subject=2,
        measure_ncsnr=2,
        ingest_truth=2,
        extract_features=3,
        split_trials=1,
        audit_splits=1,
        measure_neighbours=1,
        fit_target=1,
        fit_model=10,
        predict_model=10,
        fit_null=8,
        fit_learning_curve=2,
        generate_pictures=4,
        generate_null=2,
        score_predictions=2,
        score_pictures=2,
        estimate_ceilings=2,
        score_encoding=2,
        write_maps=2,
        score_truth=2,
        collect_metrics=1,
        draw_scores=3,
        draw_regions=1,
        draw_grid=2,
        draw_encoding=2,
        draw_learning_curve=1,
        draw_ceilings=1,
        write_tables=1,
        build_report=1,
    )
