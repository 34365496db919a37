import pytest
from tests.unit.publish.lab import EMPTY, Lab, new_lab


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Lab:
    """A clone in which nothing was run; asked for its plan, Snakemake says: nothing."""
    monkeypatch.setattr("afterimage.publish.restore.planned", lambda snakefile, config: EMPTY)
    return new_lab(tmp_path / "lab", tmp_path / "remote")
