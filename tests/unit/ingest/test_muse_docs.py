"""The worked example of docs/datasets/bids.md: valid files, a script that does what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from muse_tree import FOLDER, RUNS

from afterimage.contracts.config.load import load_configuration
from afterimage.ingest.bids.adapter import Bids

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/datasets/bids.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.partition("## A worked example")[2]
CSV = FOLDER / "muse_eeg/N170/subject1/session1"


def shown(key: str) -> str:
    """Return the indented block whose first line begins with a key."""
    [block] = re.findall(rf"^    {key}: .*\n(?:    .*\n)*", EXAMPLE, flags=re.M)
    return dedent(block)


@pytest.fixture
def project(tmp_path) -> Path:
    """Return a project's folder with the example's data set."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "config/datasets/muse_n170.yaml").write_text(shown("name"), encoding="utf-8")
    return tmp_path


def test_data_set_and_experiment_are_valid_and_leave_out_runs(project):
    experiment = yaml.safe_load(shown("experiment"))
    found = load_configuration(experiment, project, []).experiment
    assert found.dataset == "muse_n170"
    assert (found.split.protocol, found.split.group) == ("leave_out", "run")
    assert [metric["name"] for metric in found.evaluation.metrics] == ["auc", "accuracy"]
    adapter = Bids(Bids.Config.model_validate(yaml.safe_load(shown("name"))))
    assert adapter.parts("sub-01") == RUNS


def test_the_script_writes_a_tree_of_which_the_adapter_keeps_1142_trials(tmp_path):
    pytest.importorskip("pybv", reason="mne-bids writes BrainVision files with pybv")
    if not CSV.is_dir():
        pytest.skip(f"the recordings are not at {CSV} (AFTERIMAGE_TEST_DATA)")
    [script] = re.findall(r"^```python\n(.*?)^```", EXAMPLE, flags=re.M | re.S)
    path, root = tmp_path / "muse_to_bids.py", tmp_path / "bids"
    path.write_text(script, encoding="utf-8")
    command = [sys.executable, str(path), str(CSV), str(root)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    adapter = Bids(Bids.Config.model_validate(yaml.safe_load(shown("name"))))
    parts = [adapter.read_part(root, "sub-01", run) for run in RUNS]
    kept = [len(values) for part in parts for _, values in part.blocks]
    assert sum(kept) == 1142
    assert sum(len(ids) for part in parts for ids in part.findings.excluded.values()) == 32
    assert parts[0].shape == (181, 4)
