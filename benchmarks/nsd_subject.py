"""Ingest one simulated subject at the size of the published volumes, and say what it costs.

    python benchmarks/nsd_subject.py [--folder FOLDER] [--sessions N]

81 x 104 x 83 voxels, 750 trials a session, 15,724 voxels of cortex. The simulator writes the raw
files; then the workflow reads them, one job a session, and joins them. Time and peak memory are
those that Snakemake measured of each job.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
NAME, SUBJECT = "real_size", "subj01"
TRIALS, SHARED = 750, 100
COPIED = ("workflow", "scripts", "profiles", "config", "src")
RULES = ("simulate_raw", "ingest_part", "ingest_subject", "measure_ncsnr")


def dataset(sessions: int) -> dict:
    pictures = -(-(sessions * TRIALS - 3 * SHARED) // 3)
    return {
        "name": "nsd",
        "sessions": {SUBJECT: sessions},
        "simulate": {
            "pictures": pictures,
            "shared": SHARED,
            "side": 32,
            "voxels": 15724,
            "volume": [81, 104, 83],
            "reference_pictures": 500,
        },
    }


def experiment() -> dict:
    return {
        "experiment": NAME,
        "dataset": NAME,
        "split": {"protocol": "published", "version": "shared1000"},
        "targets": {"thumbnail": {"extractor": "thumbnail"}},
        "models": {"ridge": {"decoder": {"name": "ridge"}, "targets": ["thumbnail"]}},
        "evaluation": {"metrics": ["two_way"]},
    }


def ingest(folder: Path, sessions: int) -> None:
    """Run a copy of the workflow, up to the joined recording and its noise-ceiling ratios."""
    shutil.copy(ROOT / "Snakefile", folder)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    (folder / f"config/datasets/{NAME}.yaml").write_text(yaml.safe_dump(dataset(sessions)))
    file = folder / f"config/experiments/{NAME}.yaml"
    file.write_text(yaml.safe_dump(experiment()))
    wanted = f"derivatives/{NAME}/{SUBJECT}"
    command = [sys.executable, "-m", "snakemake", "--cores", "2", f"{wanted}/ncsnr.parquet"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    subprocess.run([*command, "--configfile", str(file)], check=True, cwd=folder, env=environment)


def table(folder: Path) -> pd.DataFrame:
    found = [
        pd.read_csv(path, sep="\t").assign(rule=rule)
        for rule in RULES
        for path in sorted((folder / "logs" / NAME).rglob("*.tsv"))
        if rule in (path.stem, path.parent.name)
    ]
    jobs = pd.concat(found).groupby("rule", sort=False)
    return jobs.agg(jobs=("s", "size"), longest_s=("s", "max"), peak_mb=("max_rss", "max"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where the temporary files go; 2 GB a session are needed")
    parser.add_argument("--sessions", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        ingest(folder, chosen.sessions)
        raw = sum(p.stat().st_size for p in (folder / "raw").rglob("*.hdf5"))
        responses = folder / f"derivatives/{NAME}/{SUBJECT}/responses.arrow"
        print(f"raw HDF5 {raw / 1e9:.2f} GB, responses {responses.stat().st_size / 1e6:.0f} MB")
        print(table(folder).to_string(float_format="%.1f"))


if __name__ == "__main__":
    main()
