import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from afterimage.contracts.files import sha256_of
from afterimage.contracts.records import record_path
from tests.workflow.project import Project, copy_project, new_project

FIGURE = "results/tiny/figures/ceilings.png"
CEILINGS = "results/tiny/subj01/ceilings.parquet"
SECRET = "5e4317-not-for-others"
SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "HF_TOKEN",
    "GH_TOKEN",
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Project:
    """A clone with one figure and what it was made from."""
    project = new_project(tmp_path_factory.mktemp("explained") / "project")
    (project.folder / ".gitignore").write_text("/derivatives/\n/results/\n/raw/\n/logs/\n")
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Start")
    with pytest.MonkeyPatch.context() as environment:
        for name in SECRETS:
            environment.setenv(name, SECRET)
        project.run("tiny", FIGURE)
    return project


@pytest.fixture
def project(drawn, tmp_path) -> Project:
    return copy_project(drawn, tmp_path / "project")


def git(project, *arguments):
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=project.folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def afterimage(project, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "afterimage", *arguments],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
    )


def explained(project, *arguments):
    done = afterimage(project, "explain", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(project, file):
    """Return the two lines of a refusal."""
    done = afterimage(project, "explain", str(file))
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    what, remedy = done.stderr.splitlines()
    assert remedy
    return what


def test_a_figure_tells_everything_that_made_it(drawn):
    text = explained(drawn, FIGURE)
    assert f"sha256 {sha256_of(drawn.folder / FIGURE)}" in text
    assert "made by      rule draw_ceilings (log logs/tiny/figures/draw_ceilings.log)" in text
    assert f"{CEILINGS}  sha256 {sha256_of(drawn.folder / CEILINGS)}\n" in text
    assert 'subjects: ["subj01", "subj02"]' in text
    assert "    afterimage.report.style " in text
    assert "    scripts/draw_ceilings.py " in text
    assert f"commit {git(drawn, 'rev-parse', 'HEAD')}\n" in text
    assert "environment  python 3.11" in text
    assert f"sha256 {sha256_of(drawn.folder / 'requirements.lock')}, the same as now" in text
    assert "MiB of memory at most" in text
    assert "executor local" in text
    assert str(drawn.folder) not in text


def test_the_chain_goes_up_to_the_list_of_raw_files_and_sums_the_cost(drawn):
    lines = explained(drawn, FIGURE, "--deep").splitlines()
    chain = lines[lines.index("made from, the nearest first:") + 1 :]
    made = [line.split()[0] for line in chain[:-1]]
    assert len(made) == len(set(made)), "each file once"
    assert made.index(CEILINGS) < made.index("results/tiny/splits.parquet")
    assert made.index("results/tiny/splits.parquet") < made.index("derivatives/tiny/raw.json")
    jobs = len(list((drawn.folder / "logs").rglob("*.log")))
    assert chain[-1].startswith(f"{jobs} jobs, ")


def test_what_lies_in_the_folder_of_an_output_is_explained_by_the_folder(project):
    folder = project.folder / "results/tiny/subj01/maps"
    folder.mkdir()
    (folder / "a.nii").write_text("x")
    record = record_path(project.folder, CEILINGS)
    content = json.loads(record.read_text())
    content |= {"output": "results/tiny/subj01/maps", "size": None, "sha256": None}
    record_path(project.folder, content["output"]).write_text(json.dumps(content))
    text = explained(project, "results/tiny/subj01/maps/a.nii")
    assert text.startswith("results/tiny/subj01/maps\n  file         a folder of 1 files\n")


def test_an_edited_file_is_refused_for_what_was_recorded_is_of_another(project):
    path = project.folder / CEILINGS
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    what = refused(project, CEILINGS)
    assert "changed after rule estimate_ceilings made it (expected sha256" in what
    path.write_bytes(content[:-1])
    assert f"expected {len(content)} bytes, found {len(content) - 1}" in refused(project, CEILINGS)


def test_a_touched_file_is_the_same_file(project):
    (project.folder / CEILINGS).touch()
    assert "rule estimate_ceilings" in explained(project, CEILINGS)


def test_an_input_that_changed_since_is_marked(project):
    (project.folder / CEILINGS).write_bytes(b"other")
    (line,) = [line for line in explained(project, FIGURE).splitlines() if CEILINGS in line]
    assert line.endswith("CHANGED since")


def test_a_raw_file_is_told_by_the_manifest_that_pins_it(project):
    raw = next(path for path in (project.folder / "raw").rglob("*.mat"))
    what = refused(project, raw.relative_to(project.folder))
    assert "a raw file, not the output of a job; derivatives/tiny/raw.json pins it" in what


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("results/tiny/none.png", "found no such file"),
        ("../outside.txt", "found one outside of it"),
        ("Snakefile", "no job is known to have made this file"),
        ("results/tiny", "no job is known to have made this file"),
    ],
)
def test_what_no_job_made_is_refused(project, file, expected):
    (project.folder.parent / "outside.txt").write_text("x")
    assert expected in refused(project, file)


def test_without_the_record_of_the_job_snakemakes_own_still_tells(project):
    shutil.rmtree(project.folder / "provenance")
    text = explained(project, FIGURE)
    assert "unknown: the job left no record here" in text
    assert 'parameter 1: ["subj01", "subj02"]' in text


def test_without_snakemakes_record_the_jobs_own_still_tells(project):
    shutil.rmtree(project.folder / ".snakemake")
    text = explained(project, FIGURE)
    assert f"{CEILINGS}  no hash noted" in text
    assert 'subjects: ["subj01", "subj02"]' in text


def test_a_damaged_record_of_snakemakes_is_named(project):
    for path in (project.folder / ".snakemake/metadata").iterdir():
        path.write_text("{")
    assert "not a record of Snakemake's" in refused(project, FIGURE)


def test_records_change_no_plan_and_no_result(project):
    assert not project.plan("tiny", FIGURE)
    shutil.rmtree(project.folder / "provenance")
    assert not project.plan("tiny", FIGURE)


def crate_of(project):
    done = afterimage(project, "crate", "results/tiny")
    assert done.returncode == 0, done.stderr
    return json.loads((project.folder / "ro-crate-metadata.json").read_text())


def test_the_crate_says_which_job_made_what(project):
    graph = {entity["@id"]: entity for entity in crate_of(project)["@graph"]}
    (job,) = [e for e in graph.values() if e.get("name") == "Run of draw_ceilings"]
    assert {made["@id"] for made in job["result"]} == {FIGURE, FIGURE.replace(".png", ".pdf")}
    assert {"@id": CEILINGS} in job["object"]
    assert job["instrument"] == {"@id": "scripts/draw_ceilings.py"}
    assert git(project, "rev-parse", "HEAD") in job["description"]
    assert graph[CEILINGS]["sha256"] == sha256_of(project.folder / CEILINGS)
    assert graph["Snakefile"]["version"] == git(project, "rev-parse", "HEAD")


def test_the_crate_is_the_same_each_time_and_names_no_absolute_path(project):
    crate_of(project)
    first = (project.folder / "ro-crate-metadata.json").read_bytes()
    crate_of(project)
    assert (project.folder / "ro-crate-metadata.json").read_bytes() == first
    assert str(project.folder).encode() not in first
    assert b'"@id": "/' not in first


def test_the_library_reads_the_crate_and_finds_every_file_and_reference(project):
    from rocrate.rocrate import ROCrate

    known = {entity["@id"] for entity in crate_of(project)["@graph"]}
    crate = ROCrate(project.folder)
    assert crate.mainEntity.id == "Snakefile"
    for part in crate.root_dataset["hasPart"]:
        assert (project.folder / part.id).exists()
    for entity in crate.get_entities():
        assert referred(entity.properties()) <= known


def referred(value):
    """Return the ids of ours that a value of JSON-LD refers to."""
    if isinstance(value, list):
        return set().union(*map(referred, value))
    if not isinstance(value, dict):
        return set()
    if set(value) == {"@id"}:
        return set() if value["@id"].startswith("https://w3id.org/ro/crate/") else {value["@id"]}
    return set().union(*(referred(item) for key, item in value.items() if key != "@id"))


@pytest.mark.skipif(
    "AFTERIMAGE_CRATE_VALIDATOR" not in os.environ,
    reason="needs the Python of an environment with roc-validator, see tests/validate_crate.py",
)
def test_the_crate_meets_what_the_profile_requires(project):
    crate_of(project)
    script = Path(__file__).parents[1] / "validate_crate.py"
    validator = os.environ["AFTERIMAGE_CRATE_VALIDATOR"]
    done = subprocess.run([validator, script, project.folder], capture_output=True, text=True)
    assert done.stdout.endswith("0 violations\n"), done.stdout + done.stderr


def test_a_crate_of_no_results_is_refused(project):
    done = afterimage(project, "crate", "results/other")
    assert done.returncode == 1
    assert "results/other: expected results of an experiment" in done.stderr


def test_no_secret_of_the_environment_is_in_any_file_of_a_run(project):
    crate_of(project)
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in files)
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_no_artifact_or_record_names_the_folder_of_the_run(drawn):
    made = [
        path
        for place in ("results", "derivatives", "provenance")
        for path in (drawn.folder / place).rglob("*")
        if path.is_file()
    ]
    assert made
    assert not [path for path in made if str(drawn.folder).encode() in path.read_bytes()]


def test_what_is_made_from_private_files_is_private_to_the_last_figure(project):
    splits = project.folder / "results/tiny/splits.parquet"
    splits.chmod(0o600)
    before = os.umask(0o022)
    try:
        project.run("tiny", CEILINGS, FIGURE, "--forcerun", "estimate_ceilings")
    finally:
        os.umask(before)
    made = (CEILINGS, FIGURE, "logs/tiny/subj01/estimate_ceilings.log")
    assert {(project.folder / name).stat().st_mode & 0o777 for name in made} == {0o600}
    assert record_path(project.folder, FIGURE).stat().st_mode & 0o777 == 0o600
