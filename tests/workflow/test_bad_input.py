"""What a user can break ends in two lines of file and cause, and leaves nothing half done."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from afterimage.contracts.arrays import ArrayFile
from tests.workflow.project import Project
from tests.workflow.small_arrays import MINE, TRIALS, VOXELS, sound_arrays, write_mine

TINY = ("--configfile", "config/experiments/tiny.yaml")
# What stands under derivatives/mine/ when a rule fails: the outputs of the rules before it.
MADE_BEFORE = {
    "list_stimuli": set(),
    "list_recording": set(),
    "ingest_stimuli": {"raw.json"},
    "ingest_subject": {"sub-01/raw.json"},
}


def fails(project: Project, *arguments: str) -> str:
    """Run, expect a failure that is no traceback, and return what the terminal shows."""
    done = project.snakemake(*arguments, check=False)
    shown = done.stdout + done.stderr
    assert done.returncode != 0, shown
    assert "Traceback" not in shown, shown
    return shown


def last_message(shown: str) -> tuple[str, str, str]:
    """Return log, cause and remedy of the one failed job, which the terminal shows last."""
    assert shown.count("\nerror in ") == 1, shown
    head, *message = shown[shown.index("\nerror in ") + 1 :].rstrip("\n").split("\n")
    assert len(message) == 2, shown
    cause, remedy = (line.strip() for line in message)
    assert cause
    assert remedy
    return head.removeprefix("error in "), cause, remedy


def files_in(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def nothing_made(project: Project) -> bool:
    return not files_in(project.folder / "derivatives") | files_in(project.folder / "results")


# The configuration: before any job, all mistakes at once.


def test_a_misspelt_key_an_unknown_model_and_an_unknown_metric_are_told_together(fresh):
    fresh.configure(
        sede=3,
        models__ridge__decoder={"name": "rigde"},
        evaluation__metrics=["two_wai"],
    )
    shown = fails(fresh, *TINY)
    assert "3 mistakes" in shown
    assert "tiny.yaml: sede: unknown key. Did you mean 'seed'?" in shown
    assert "'rigde'" in shown
    assert "'ridge'" in shown
    assert "'two_wai'" in shown
    assert shown.rstrip().split("\n")[-1].startswith("Nothing was run.")
    assert nothing_made(fresh)


def test_a_misspelt_key_alone_is_two_lines(fresh):
    fresh.configure(sede=3)
    shown = fails(fresh, *TINY).rstrip("\n").split("\n")
    assert (
        shown[-2] == "error: config/experiments/tiny.yaml: sede: unknown key. Did you mean 'seed'?"
    )
    assert shown[-1].startswith("Nothing was run.")


@pytest.mark.parametrize("file", ["config/experiments/tiny.yaml", "config/datasets/tiny.yaml"])
def test_a_duplicate_key_is_refused(fresh, file):
    path = fresh.folder / file
    first = next(line for line in path.read_text().splitlines() if not line.startswith("#"))
    path.write_text(path.read_text() + first + "\n")
    shown = fails(fresh, *TINY)
    assert path.name in shown
    assert first.split(":")[0] in shown
    assert "duplicate" in shown or "twice" in shown
    assert nothing_made(fresh)


def test_a_value_of_a_wrong_type_and_two_duplicate_keys_are_told_without_names_of_code(fresh):
    path = fresh.folder / "config/datasets/tiny.yaml"
    given = path.read_text()
    path.write_text(given + "a: 1\na: 2\nb: 1\nb: 2\n")
    lines = given.count("\n")
    shown = fails(fresh, *TINY)
    assert f"tiny.yaml, line {lines + 2}: the key 'a' is given twice; line {lines + 4}: " in shown
    path.write_text(yaml.safe_dump({**yaml.safe_load(given), "sessions": {"subj01": "every"}}))
    shown = fails(fresh, *TINY).rstrip("\n").split("\n")
    assert shown[-2] == (
        "error: config/datasets/tiny.yaml: sessions.subj01: expected 'all', an integer from 1 to "
        "99, or a list of such integers (at least 1). Found: 'every'."
    )


def test_an_unknown_data_set_is_refused_with_the_closest_name(fresh):
    fresh.configure(dataset="tinny")
    shown = fails(fresh, *TINY)
    assert "there is no data set named 'tinny'. Did you mean 'tiny'?" in shown
    assert nothing_made(fresh)


def test_the_report_of_another_experiment_is_refused(fresh):
    shown = fails(fresh, "results/other/report.html", *TINY).rstrip("\n").split("\n")
    assert "results/other/report.html" in shown[-2]
    assert "'tiny'" in shown[-2]
    assert "config/experiments/other.yaml" in shown[-1]
    assert nothing_made(fresh)


# A finished run whose files are then damaged.


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("damage", "told"),
    [(append, "changed"), (alter, "differs"), (Path.unlink, "missing")],
    ids=["longer", "altered", "missing"],
)
def test_a_raw_file_that_is_not_the_listed_one_is_refused(project, damage, told):
    raw = "nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5"
    damage(project.folder / "raw/tiny" / raw)
    target = "derivatives/tiny/images.arrow"
    shown = fails(project, target, "--forcerun", "ingest_stimuli", *TINY)
    _, cause, remedy = last_message(shown)
    assert raw in cause
    assert told in cause
    assert "--forcerun derivatives/tiny/raw.json" in remedy
    left = files_in(project.folder / "derivatives/tiny")
    assert not {"stimuli.parquet", "images.arrow"} & left


@pytest.mark.parametrize("kept", [0, 0.5, 0.99])
def test_a_truncated_array_file_is_refused(project, kept):
    path = project.folder / "derivatives/tiny/subj01/responses.arrow"
    os.truncate(path, int(path.stat().st_size * kept))
    target = "results/tiny/subj01/ridge/thumbnail/model.safetensors"
    shown = fails(project, target, "--forcerun", "fit_model", *TINY)
    _, cause, _ = last_message(shown)
    assert "derivatives/tiny/subj01/responses.arrow" in cause
    assert "truncated" in cause
    assert not {"model.safetensors", "model.json"} & files_in((project.folder / target).parent)


def test_a_stimulus_on_both_sides_stops_the_run_before_any_fit(project):
    project.configure("leaky", split={"protocol": "kfold", "folds": 5, "group": "trial"})
    project.edit("config/experiments/leaky.yaml", "experiment: tiny", "experiment: leaky")
    shown = fails(project, "--configfile", "config/experiments/leaky.yaml")
    log, cause, remedy = last_message(shown)
    assert log == "logs/leaky/audit_splits.log"
    assert "leak in fold 0" in cause
    assert "nsd0" in cause
    assert "split.group" in remedy
    results = project.folder / "results/leaky"
    assert not list(results.rglob("model.*"))
    assert not list(results.rglob("audit.json"))


# A data set of arrays.


def describe(project: Project, arrays: dict, **entry) -> str:
    """Write arrays, the data set that describes them and an experiment; return the option."""
    root = project.folder.parent / "data"
    root.mkdir(exist_ok=True)
    np.savez(root / "d.npz", **arrays)
    write_mine(project, entry)
    return f"data_root={root}"


def changed(**arrays) -> dict[str, np.ndarray]:
    return {**sound_arrays(), **arrays}


SOUND = sound_arrays()
BROKEN = {
    "wrong key": (SOUND, {"responses": "Y"}, ["d.npz", "'Y'", "X"]),
    "transposed": (changed(X=SOUND["X"].T), {}, ["d.npz", str(VOXELS), str(TRIALS)]),
    "fewer pictures": (changed(pictures=SOUND["pictures"][:-1]), {}, ["d.npz", "11", "12"]),
    "fewer trials": (changed(X=SOUND["X"][:-1]), {}, ["d.npz", "11", "12"]),
    "duplicate ids": (
        changed(
            ids=np.array(["p0", *SOUND["ids"][:-1]]),
            number=np.arange(TRIALS),
        ),
        {"trials": {"stimulus": {"key": "number", "base": 0}}},
        ["d.npz", "duplicate", "p0"],
    ),
    "all voxels constant": (changed(X=np.ones((TRIALS, VOXELS))), {}, ["channels", "constant"]),
    "missing file": (SOUND, {"file": "e.npz"}, ["e.npz", "not found"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_arrays_are_refused(fresh, case):
    arrays, entry, told = BROKEN[case]
    option = describe(fresh, arrays, **entry)
    shown = fails(fresh, "derivatives/mine/sub-01/recording.json", *MINE, option)
    log, cause, _ = last_message(shown)
    assert not [part for part in told if part not in cause], cause
    assert files_in(fresh.folder / "derivatives/mine") == MADE_BEFORE[Path(log).stem]


def test_an_image_that_is_not_an_image_is_refused(fresh):
    images = fresh.folder.parent / "data/images"
    images.mkdir(parents=True)
    for i in range(TRIALS):
        (images / f"{i:02d}.png").write_text("a text")
    option = describe(fresh, SOUND, stimuli={"files": "images/*.png"})
    shown = fails(fresh, "derivatives/mine/images.arrow", *MINE, option)
    log, cause, _ = last_message(shown)
    assert "00.png" in cause
    assert "not a readable image" in cause
    assert files_in(fresh.folder / "derivatives/mine") == MADE_BEFORE[Path(log).stem]


def test_zero_test_trials_are_refused(fresh):
    option = describe(fresh, changed(role=np.array(["train"] * TRIALS)))
    shown = fails(fresh, "results/mine/splits.parquet", *MINE, option)
    _, cause, _ = last_message(shown)
    assert "test" in cause
    assert not files_in(fresh.folder / "results")


def test_voxels_with_nan_and_constant_ones_are_counted_reported_and_excluded(fresh):
    responses = SOUND["X"].copy()
    responses[3, 1] = np.nan
    responses[4, 2] = np.inf
    responses[:, 5] = 7
    option = describe(fresh, changed(X=responses))
    fresh.snakemake("derivatives/mine/sub-01/recording.json", *MINE, option)
    card = yaml.safe_load((fresh.folder / "derivatives/mine/sub-01/recording.json").read_text())
    assert card["channels"] == VOXELS
    assert card["excluded"] == {"NaN or infinite in some trial": 2, "constant over all trials": 1}


# Two runs that end before the windows of their last trials, decimated without a filter.
PARTED = {
    "name": "things_meg",
    "sessions": {"P1": 2},
    "form": "raw",
    "runs_per_session": 1,
    "epoch_files": 1,
    "sensors": ["occipital"],
    "incomplete": "drop",
    "preprocess": [
        {"step": "epoch", "first": -0.1, "last": 15},
        {"step": "crop", "first": -0.1, "last": 0.5},
        {"step": "decimate", "factor": 4},
    ],
    "simulate": {
        **{"concepts": 20, "exemplars": 2, "test_images": 6, "catch": 4, "side": 32},
        **{"rate": 240, "reference_pictures": 200},
    },
}


def test_what_is_learnt_and_left_out_while_parts_are_read_is_in_the_card(fresh):
    write_mine(fresh, {})
    (fresh.folder / "config/datasets/mine.yaml").write_text(yaml.safe_dump(PARTED))
    folder = fresh.folder / "derivatives/mine/P1"
    fresh.snakemake("derivatives/mine/P1/recording.json", *MINE[:2])
    card = yaml.safe_load((folder / "recording.json").read_text())
    assert any(note.startswith("All 2 parts: decimated to 60 Hz") for note in card["notes"])
    count, told = card["notes"][-1].split(" ", 1)
    assert told == (
        "trials are left out, because the window reaches outside the recording "
        "(ses-01_run-01, ses-02_run-01)."
    )
    assert 0 < int(count) == 52 - card["trials"]
    trials = pd.read_parquet(folder / "trials.parquet")["trial_id"].tolist()
    assert trials == ArrayFile(folder / "responses.arrow").keys["trial_id"].tolist()
    assert len(trials) == card["trials"]
    assert not files_in(folder / "parts")


# The disk.


@pytest.fixture
def small_disk(fresh):
    """A folder derivatives/ on a disk of 64 KiB."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting a small disk needs root")
    folder = fresh.folder / "derivatives"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield fresh
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(small_disk):
    pictures = np.random.default_rng(0).integers(0, 256, (TRIALS, 64, 64), dtype=np.uint8)
    option = describe(small_disk, changed(pictures=pictures))
    shown = fails(small_disk, "derivatives/mine/images.arrow", *MINE, option)
    log, cause, remedy = last_message(shown)
    assert log == "logs/mine/ingest_stimuli.log"
    assert "no space left on the disk" in cause
    assert "run again" in remedy
    assert files_in(small_disk.folder / "derivatives/mine") == {"raw.json"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into read-only folders")
def test_a_read_only_folder_is_told(fresh):
    option = describe(fresh, SOUND)
    folder = fresh.folder / "derivatives/mine"
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    try:
        shown = fails(fresh, "derivatives/mine/raw.json", *MINE, option)
    finally:
        folder.chmod(0o755)
    assert "derivatives/mine" in shown
    assert "ermission" in shown
    assert not files_in(folder)
