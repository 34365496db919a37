import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def locked():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def name_of(requirement):
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0]


@pytest.mark.parametrize("file", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda p: p.name)
def test_conda_environments_hold_the_locked_versions_of_every_dependency(file):
    content = yaml.safe_load(file.read_text())
    (pins,) = [entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict)]
    expected = {name_of(r): locked().get(name_of(r), "2.13.0") for r in project()["dependencies"]}
    assert dict(pin.split("==") for pin in pins) == expected


def test_the_lock_covers_every_dependency_and_names_no_host():
    declared = project()
    wanted = [*declared["dependencies"], *declared["optional-dependencies"]["dev"]]
    missing = {name_of(requirement).lower() for requirement in wanted} - set(locked())
    # torch is pinned in pyproject.toml: a lock made on a machine with a CPU build names that build.
    assert missing == {"torch"}
    assert "torch==2.13.0" in declared["dependencies"]
    assert "://" not in (ROOT / "requirements.lock").read_text()


def test_every_dependency_has_its_reason():
    page = (ROOT / "docs/dependencies.md").read_text()
    declared = project()
    wanted = [*declared["dependencies"], *declared["optional-dependencies"]["dev"]]
    assert not [n for n in map(name_of, wanted) if not re.search(rf"\b{re.escape(n)}\b", page)]
