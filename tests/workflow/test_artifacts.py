"""Few files: thousands of small ones are slow on a cluster's file system."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST = 20


def outputs(folder: Path, configuration: str) -> list[str]:
    """Return every output that the workflow would make."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--summary"]
    done = subprocess.run(
        [*command, "--directory", folder, "--configfile", ROOT / configuration],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t")[0] for line in done.stdout.splitlines()[1:]]


@pytest.mark.parametrize(
    "configuration", ["config/config.yaml", "config/experiments/demo_meg.yaml"]
)
def test_a_fitted_model_of_a_subject_has_at_most_twenty_artifacts(tmp_path, configuration):
    # Subject, model and target: a model that is fitted to four targets is four fitted models.
    places = [path.split("/") for path in outputs(tmp_path, configuration)]
    fitted = Counter(tuple(place[2:5]) for place in places if len(place) > 5)
    assert len(fitted) > 3
    assert max(fitted.values()) <= MOST, fitted.most_common(3)
