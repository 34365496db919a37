"""NSD's public bucket in small: eight subjects, from `snakemake fetch` to the report."""

import json
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


def test_a_small_bucket_of_all_eight_subjects_runs_from_fetch_to_report(fresh: Project, simulated):
    dataset, root = simulated
    config = fresh.folder / "config"
    (config / "datasets/small_nsd.yaml").write_text(yaml.safe_dump(PUBLISHED))
    with serving("natural-scenes-dataset", prefix="") as bucket:
        # What only a simulation has stays out of the bucket; what nobody asks for is in it.
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            name = str(path.relative_to(root))
            if name != layout.SIDECAR and not name.startswith("truth/"):
                bucket.put(name, path.read_bytes())
        bucket.put("nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf/betas_session01.hdf5", b"0")
        experiment = {**EXPERIMENT, "fetch": {"endpoint": bucket.endpoint, "accept_terms": True}}
        (config / "experiments/small_nsd.yaml").write_text(yaml.safe_dump(experiment))
        fresh.snakemake("fetch", *RUN)
    real = Nsd(Nsd.Config.model_validate(PUBLISHED))
    fetched = {
        str(p.relative_to(fresh.folder / "bucket"))
        for p in (fresh.folder / "bucket").rglob("*")
        if p.is_file() and not p.name.startswith(".")
    }
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
