"""The simulated head sits straight in the helmet, in runs as in released epochs."""

from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
from meg_recordings import EPOCHS, RAW, dataset

from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.simulator.simulate import simulate

SHORT = {"concepts": 6, "test_images": 2, "catch": 2, "exemplars": 2}
# The simulated head moves by 1 mm (SD) in each direction before each run.
MOVED = 4.0
# MNE's own description has the hindmost frontal sensors (MLF67, MRF67) 7 mm behind the middle.
FRONT = -10.0


def places(adapter, root: Path) -> pd.DataFrame:
    """Return the sensors' places in the head, in millimetres, by name."""
    table = adapter.recording(root, "P1").channels
    return table.set_index("name")[["x", "y", "z"]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[Path, pd.DataFrame]:
    root = tmp_path_factory.mktemp("runs")
    adapter = dataset(RAW, sessions={"P1": 2}, simulate=SHORT)
    simulate(adapter.config, root)
    return root, places(adapter, root)


@pytest.fixture(scope="module")
def epochs(tmp_path_factory) -> pd.DataFrame:
    root = tmp_path_factory.mktemp("epochs")
    adapter = dataset(EPOCHS, sessions={"P1": 2}, simulate=SHORT)
    simulate(adapter.config, root)
    return places(adapter, root)


@pytest.mark.parametrize("form", ["runs", "epochs"])
def test_left_sensors_are_left_and_frontal_ones_in_front(form, request):
    found = request.getfixturevalue(form)
    found = found[1] if form == "runs" else found
    side, region = found.index.str[1], found.index.str[2]
    assert (found["x"][side == "L"] < 0).all()
    assert (found["x"][side == "R"] > 0).all()
    assert (found["y"][region == "F"] > FRONT).all()
    assert (found["y"][region == "O"] < 0).all()


def test_places_in_the_head_are_where_the_layout_of_mne_draws_them(runs):
    _, found = runs
    drawn = mne.channels.read_layout("CTF275")
    at = {name: place[:2] for name, place in zip(drawn.names, drawn.pos, strict=True)}
    flat = np.array([at[name.partition("-")[0]] for name in found.index])
    assert np.corrcoef(flat[:, 0], found["x"])[0, 1] > 0.95
    assert np.corrcoef(flat[:, 1], found["y"])[0, 1] > 0.95
    assert abs(np.corrcoef(flat[:, 0], found["y"])[0, 1]) < 0.05


def test_runs_and_released_epochs_differ_by_the_movement_of_the_head_alone(runs, epochs):
    shift = (runs[1] - epochs).dropna().to_numpy()
    assert len(shift) == 271
    assert np.ptp(shift, axis=0).max() < 0.01  # a plain shift, no turn
    assert np.linalg.norm(shift[0]) < MOVED


def test_the_head_of_each_run_looks_to_the_front(runs):
    root, _ = runs
    for session in (1, 2):
        path = root / layout.run_folder("P1", session, 1)
        trans = mne.io.read_raw_ctf(path, verbose="error").info["dev_head_t"]["trans"]
        np.testing.assert_allclose(trans[:3, :3], np.eye(3), atol=1e-4)
