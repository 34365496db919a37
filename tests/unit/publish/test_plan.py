from afterimage.publish.plan import understood

DRY_RUN = """
Job stats:
job            count
-----------  -------
fit_model          2
build_report       1
all                1
total              4

Job 4: fitting
Reason: Params have changed since last execution: Union of exclusive params before and now across \
all output: before: 'afterimage.models.ridge 1123456789abcdef', ['afterimage.models.rows \
0123456789abcdef', 'afterimage.models.mean 2123456789abcdef'] now: 'afterimage.models.ridge \
3123456789abcdef', ['afterimage.models.rows 0123456789abcdef', 'scripts/fit_model.py \
4123456789abcdef']
"""


def test_a_plan_names_its_jobs_and_the_code_that_differs():
    plan = understood(DRY_RUN)
    assert plan.jobs == {"fit_model": 2, "build_report": 1}
    assert plan.code == [
        "afterimage.models.mean",
        "afterimage.models.ridge",
        "scripts/fit_model.py",
    ]
    assert plan.told() == "2 fit_model, 1 build_report"


def test_an_empty_plan_is_empty():
    plan = understood("Nothing to be done (all requested files are present and up to date).")
    assert not plan.jobs
    assert not plan.code
