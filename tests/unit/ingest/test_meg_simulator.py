"""The simulated recordings: always the same bytes, in the published layout, with a known truth."""

import hashlib
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
from meg_recordings import CSV, EPOCHS, RAW, dataset
from PIL import Image

from afterimage.contracts.errors import DataError
from afterimage.contracts.registry import find_class
from afterimage.ingest.simulated.evoked import KINDS
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.config import Simulation
from afterimage.ingest.things_meg.simulator.epochs import epoch_grid
from afterimage.ingest.things_meg.simulator.pictures import draw_pictures
from afterimage.ingest.things_meg.simulator.sensors import sensor_info
from afterimage.ingest.things_meg.simulator.simulate import simulate
from afterimage.ingest.things_meg.truth import decoded, encoded, read_truth, truth_of_sensors

SHORT = {"concepts": 6, "test_images": 2, "catch": 2, "exemplars": 2}


def hashes(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


@pytest.mark.parametrize("entry", [EPOCHS, RAW], ids=["epochs", "raw"])
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(entry, tmp_path):
    found = []
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        adapter = dataset(entry, sessions={"P1": 2}, simulate={**SHORT, "seed": seed})
        simulate(adapter.config, tmp_path / name)
        found.append(hashes(tmp_path / name))
    assert found[0] == found[1]
    same = {name for name in found[0] if found[0][name] == found[2].get(name)}
    # Only what depends on numbers of things, not on draws.
    assert all(name == layout.IMAGE_PATHS or name.endswith(".res4") for name in same)
    needed = {*adapter.recording_files(tmp_path / "one", "P1")}
    needed |= {*adapter.stimulus_files(tmp_path / "one")}
    assert needed <= set(found[0])


def test_the_simulator_is_found_by_the_name_of_the_data_set():
    assert find_class("simulator", "things_meg") is simulate


def test_pictures_are_exemplars_of_concepts_and_test_pictures_one_more_of_some():
    wanted = Simulation(concepts=14, exemplars=3, test_images=5, side=32)
    shown = draw_pictures(wanted)
    assert len(set(shown.stems)) == len(shown.stems) == 14 * 3 + 5
    assert shown.stems == sorted(shown.stems)
    assert np.bincount(shown.concept).tolist().count(4) == 5
    assert (shown.exemplar[shown.is_test] == 4).all()
    categories = np.array(shown.pictures.categories)
    assert all(len(set(categories[shown.concept == c])) == 1 for c in range(14))
    # Photographs of test concepts are cut from other tiles than all others.
    tested = np.isin(shown.concept, shown.concept[shown.is_test])
    sources = np.array(shown.pictures.sources)
    assert not set(sources[tested]) & set(sources[~tested])


def test_sensors_are_those_of_the_device_with_the_faulty_one():
    info = sensor_info()
    assert len(info["ch_names"]) == 272
    assert layout.FAULTY in info["ch_names"]
    known = {name.partition("-")[0] for name in mne.channels.read_layout("CTF275.lay").names}
    assert {name.partition("-")[0] for name in info["ch_names"]} <= known


def test_epochs_are_281_samples_at_200_hz():
    times = epoch_grid(1200)
    assert len(times) == 281
    assert (times[0], times[20], times[-1]) == pytest.approx((-0.1, 0, 1.3))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    adapter = dataset(RAW, simulate={**SHORT, "flat": 2, "line": 4.0})
    simulate(adapter.config, root)
    path = root / layout.run_folder("P1", 1, 1)
    return adapter, root, mne.io.read_raw_ctf(path, preload=True, verbose="error")


def test_runs_have_references_triggers_a_faulty_and_flat_sensors(runs):
    _, root, raw = runs
    assert raw.get_channel_types().count("ref_meg") == 29
    assert raw.get_channel_types().count("mag") == 272
    assert len(raw.info["comps"]) == 1
    spread = raw.get_data(picks="mag").std(axis=1)
    names = [name for name in raw.ch_names if name.startswith("M")]
    assert (spread == 0).sum() == 2
    assert names[spread.argmax()] == layout.FAULTY
    places = np.array([one["loc"][:3] for one in raw.info["chs"][:272]])
    expected = np.array([one["loc"][:3] for one in sensor_info()["chs"]])
    np.testing.assert_allclose(places, expected, atol=1e-6)
    table = pd.read_csv(root / CSV)
    own = table[(table["session_nr"] == 1) & (table["run_nr"] == 1)]
    events = mne.find_events(raw, "UPPT001", verbose="error")
    assert events[:, 2].tolist() == [64] * len(own) + [32]


def test_runs_have_line_noise(runs):
    raw = runs[2]
    spectrum = raw.compute_psd(picks="mag", fmax=110, n_fft=960, verbose="error")
    power, hertz = spectrum.get_data().mean(axis=0), spectrum.freqs
    near = power[np.argmin(np.abs(hertz - 60))]
    assert near > 20 * power[np.argmin(np.abs(hertz - 70))]


def test_pictures_are_written_in_the_chosen_format(tmp_path, runs):
    root = runs[1]
    assert all(path.suffix == ".jpg" for path in (root / "Images").rglob("*_*.*"))
    adapter = dataset(EPOCHS, sessions={"P1": 2}, simulate={**SHORT, "picture": "png"})
    simulate(adapter.config, tmp_path)
    drawn = draw_pictures(adapter.config.simulate)
    for one in adapter.stimuli(tmp_path):
        expected = drawn.pictures.images[drawn.stems.index(one.stimulus_id)]
        np.testing.assert_array_equal(one.image, expected)
    path = next((tmp_path / "Images").rglob("*.png"))
    assert Image.open(path).size == (32, 32)


def test_the_truth_tells_latencies_and_is_that_of_the_recordings_sensors_and_times(runs):
    adapter, root, _ = runs
    recording, truth = adapter.recording(root, "P1"), adapter.truth(root, "P1")
    assert truth["onset"].tolist() == [kind.onset for kind in KINDS]
    assert truth["peak"].tolist() == [kind.peak for kind in KINDS]
    assert truth["times"].tolist() == list(recording.times)
    assert truth["ncsnr"].shape == recording.shape
    assert decoded(truth["names"]) == recording.channels["name"].tolist()
    before = truth["times"] <= truth["onset"].min()
    assert not truth["ncsnr"][before].any()
    assert 0.5 < np.median(truth["ncsnr"].max(axis=0)) < 1.5
    few = truth_of_sensors(truth, ["MZO01-1609", "MLC11-1609"], [0.1, 0.25])
    assert decoded(few["names"]) == ["MZO01-1609", "MLC11-1609"]
    assert few["ncsnr"].shape == (2, 2)


def test_a_truth_that_lacks_an_array_is_refused(tmp_path):
    from afterimage.contracts.modelfiles import save_tensors

    save_tensors(tmp_path / "P1.safetensors", {"names": encoded(["MLC11"])})
    with pytest.raises(DataError, match=r"no times, ncsnr"):
        read_truth(tmp_path / "P1.safetensors")
