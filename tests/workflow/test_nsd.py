"""NSD's public bucket in small: eight subjects, from `snakemake fetch` to the report."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

pytest.importorskip("boto3", reason="fetching needs boto3: pip install 'afterimage[fetch]'")
pytest.importorskip("moto", reason="the local bucket needs moto, flask and flask-cors")

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.adapter import Nsd
from afterimage.ingest.nsd.simulator.simulate import simulate
from tests.local_bucket import serving
from tests.workflow.project import Project

SUBJECTS = tuple(layout.SESSIONS)
SHARED = 6
PUBLISHED = {
    "name": "nsd",
    # As in the real data set, some have fewer sessions than others.
    "sessions": {s: 2 if layout.SESSIONS[s] == 40 else 1 for s in SUBJECTS},
    "trials_per_session": 40,
    "runs_per_session": 2,
    "atlases": ["prf-visualrois", "streams"],
}
EXPERIMENT = {
    "experiment": "small_nsd",
    "dataset": "small_nsd",
    "split": {"protocol": "published", "version": "shared1000", "expect": {"test": SHARED}},
    "audit": {"near_duplicate_bits": -1},
    "responses": {"normalise": "session_train"},
    "targets": {"thumbnail": {"extractor": "thumbnail"}},
    "models": {
        "ridge": {"decoder": {"name": "ridge"}, "targets": ["thumbnail"]},
        "voxelwise": {"encoder": {"name": "ridge_encoder"}, "targets": ["thumbnail"]},
    },
    "evaluation": {
        "metrics": ["two_way", "encoding_r"],
        "spaces": ["thumbnail"],
        "bootstrap": 100,
        "permutations": 100,
    },
}
RUN = ("--configfile", "config/experiments/small_nsd.yaml", "--config", "data_root=bucket")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> tuple[Nsd, Path]:
    root = tmp_path_factory.mktemp("nsd")
    drawn = {"seed": 2, "pictures": 30, "shared": SHARED, "side": 32, "voxels": 30}
    simulation = {**drawn, "ncsnr_median": 1.5, "reference_pictures": 100}
    dataset = Nsd(Nsd.Config.model_validate({**PUBLISHED, "simulate": simulation}))
    simulate(dataset.config, root)
    return dataset, root


@pytest.fixture
def published(fresh: Project, simulated) -> Iterator[Project]:
    """A project that knows the bucket, and has nothing of it."""
    config = fresh.folder / "config"
    (config / "datasets/small_nsd.yaml").write_text(yaml.safe_dump(PUBLISHED))
    _, root = simulated
    with serving("natural-scenes-dataset", prefix="") as bucket:
        # What only a simulation has stays out of the bucket; what nobody asks for is in it.
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            name = str(path.relative_to(root))
            if name != layout.SIDECAR and not name.startswith("truth/"):
                bucket.put(name, path.read_bytes())
        bucket.put("nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf/betas_session01.hdf5", b"0")
        experiment = {**EXPERIMENT, "fetch": {"endpoint": bucket.endpoint, "accept_terms": True}}
        (config / "experiments/small_nsd.yaml").write_text(yaml.safe_dump(experiment))
        yield fresh


def fetched_files(project: Project) -> set[str]:
    folder = project.folder / "bucket"
    found = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(folder)) for p in found}


def test_a_small_bucket_of_all_eight_subjects_runs_from_fetch_to_report(
    published: Project, simulated
):
    fresh, (dataset, root) = published, simulated
    fresh.snakemake("fetch", *RUN)
    fetched = fetched_files(fresh)
    real = Nsd(Nsd.Config.model_validate(PUBLISHED))
    needed = set(real.needed_files(SUBJECTS))
    assert needed <= fetched <= needed | set(real.optional_files(SUBJECTS))
    assert not any("betas_fithrf/" in name for name in fetched)

    fresh.snakemake(*RUN)
    assert (fresh.folder / "results/small_nsd/report.html").is_file()
    for subject in SUBJECTS:
        check_subject(fresh.folder, dataset, root, subject)
    metrics = pd.read_parquet(fresh.folder / "results/small_nsd/metrics.parquet")
    assert set(metrics["subject"]) == set(SUBJECTS)
    card = json.loads((fresh.folder / "results/small_nsd/split.json").read_text())
    assert len(card["sha256"]) == 64


def test_subjects_and_sessions_are_chosen_by_the_experiment_or_by_config(published: Project):
    one = (*RUN, "subjects=[subj02]", "sessions=[2]")
    published.snakemake("fetch", *one)
    betas = {Path(name).name for name in fetched_files(published) if "betas_session" in name}
    assert betas == {"betas_session02.hdf5"}
    assert not [name for name in fetched_files(published) if "subj01" in name]
    trials = "derivatives/small_nsd--sessions-2/subj02/trials.parquet"
    published.snakemake(trials, *one)
    assert set(pd.read_parquet(published.folder / trials)["session"]) == {2}

    # Subject 5 needs nothing of subject 1, and reads nothing of subject 5 again when it comes.
    published.snakemake("fetch", *RUN, "subjects=[subj05]")
    first = "derivatives/small_nsd/subj05/recording.json"
    published.snakemake(first, *RUN, "subjects=[subj05]")
    assert not (published.folder / "derivatives/small_nsd/subj01").exists()
    published.snakemake("fetch", *RUN, "subjects=[subj01]")
    both = (*RUN, "subjects=[subj01, subj05]")
    second = "derivatives/small_nsd/subj01/recording.json"
    plan = published.snakemake(first, second, "--dry-run", *both)
    text = plan.stdout + plan.stderr
    assert "reading the recording of subj01" in text
    assert "subj05" not in text.replace(first, "").replace("subjects=[subj01, subj05]", ""), text
    # Another subject in the data set's file concerns the stimuli, and no recording.
    fewer = {s: n for s, n in PUBLISHED["sessions"].items() if s != "subj04"}
    path = published.folder / "config/datasets/small_nsd.yaml"
    path.write_text(yaml.safe_dump({**PUBLISHED, "sessions": fewer}))
    stimuli = "derivatives/small_nsd/stimuli.parquet"
    plan = published.snakemake(first, stimuli, "--dry-run", *RUN, "subjects=[subj05]")
    text = plan.stdout + plan.stderr
    assert "reading the stimuli" in text
    assert "reading the recording" not in text


def check_subject(folder: Path, dataset: Nsd, root: Path, subject: str) -> None:
    """Compare what was read with the simulator's own files and truth."""
    derived = folder / "derivatives/small_nsd" / subject
    trials = pd.read_parquet(derived / "trials.parquet")
    assert trials["stimulus_id"].tolist() == (
        dataset.recording(root, subject).trials["stimulus_id"].tolist()
    )
    ncsnr = pd.read_parquet(derived / "ncsnr.parquet")
    np.testing.assert_allclose(ncsnr["ncsnr"], ncsnr["released"], atol=1e-5)
    assert ncsnr[["x", "y", "z"]].notna().all(axis=None)
    truth = dataset.truth(root, subject)
    if len(trials) > 40:
        assert np.corrcoef(ncsnr["ncsnr"], truth["ncsnr_population"])[0, 1] > 0.5
    behaviour = pd.read_parquet(derived / "behaviour.parquet")
    assert {"RT", "ISOLD"} <= set(behaviour["measure"])
    maps = folder / "results/small_nsd" / subject / "voxelwise/thumbnail/maps"
    assert (maps / "r.nii.gz").is_file()
