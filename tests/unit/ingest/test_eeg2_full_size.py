"""Full-length recordings of THINGS-EEG2: counts of everything, in little memory.

The files are sparse: their numbers are zeros that take no place on disk.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from eeg2_folder import FILE, FOLDERS, adapter, raw_path, save

from afterimage.ingest.things_eeg2.layout import ALL_SENSORS, OCCIPITAL, TARGET
from afterimage.ingest.things_eeg2.simulator.pickled import closing, opening

TRAINING, TEST = 1654, 200
FORMS = {
    "official": (OCCIPITAL, np.round(np.arange(-20, 80) / 100, 6), 100),
    "nice": (ALL_SENSORS, np.round(np.arange(-50, 250) / 250, 6), 250),
}
REPETITIONS = {"training": (TRAINING * 10, 4), "test": (TEST, 80)}
PEAK_MB = 500
READ = """
import sys
from pathlib import Path
from eeg2_folder import adapter
dataset, root = adapter(*eval(sys.argv[1]), **eval(sys.argv[2])), Path(sys.argv[3])
trials = 0
for ids, values in dataset.read_part(root, "sub-01", sys.argv[4]).blocks:
    assert len(ids) == len(values) and not values.any()
    trials += len(ids)
# Not getrusage: a child's peak there begins with what its parent held.
status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
print(trials, int(status.split()[0]) // 1024)
"""


def write_sparse(path: Path, plain: dict, key: str, shape: tuple[int, ...], header: bool) -> int:
    """Write a dictionary whose array is a hole; return where the numbers begin."""
    path.parent.mkdir(parents=True, exist_ok=True)
    start = opening(plain, key, shape, header)
    with path.open("wb") as stream:
        stream.write(start)
        stream.seek(8 * int(np.prod(shape)), 1)
        stream.write(closing(key, header))
    return len(start)


def write_metadata(root: Path) -> None:
    concepts = [f"concept{n:04d}" for n in range(TRAINING + TEST)]
    training = [c for c in concepts[:TRAINING] for _ in range(10)]
    numbers = [f"{i // 10 + 1:05d}_{c}" for i, c in enumerate(training)]
    tested = [f"{i:05d}_{c}" for i, c in enumerate(concepts[TRAINING:], 1)]
    content = {
        "train_img_concepts": numbers,
        "train_img_files": [f"{c}_{i % 10:02d}b.jpg" for i, c in enumerate(training)],
        "test_img_concepts": tested,
        "test_img_files": [f"{c}_01b.jpg" for c in concepts[TRAINING:]],
        "train_img_concepts_THINGS": numbers,
        "test_img_concepts_THINGS": tested,
    }
    save(root / "Image_set/image_metadata.npy", content)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("full")
    write_metadata(root)
    for form, (sensors, times, count) in FORMS.items():
        for part, own in REPETITIONS.items():
            path = root / FOLDERS[form] / FILE.format(part)
            plain = {"ch_names": list(sensors), "times": times}
            shape = (*own, len(sensors), count)
            write_sparse(path, plain, "preprocessed_eeg_data", shape, header=form == "official")
    return root


@pytest.mark.parametrize("form", list(FORMS))
def test_full_length_tables_have_the_published_counts(made, form):
    dataset = adapter(form)
    recording = dataset.recording(made, "sub-01")
    trials = recording.trials
    assert recording.shape == {"official": (100, 17), "nice": (250, 63)}[form]
    assert recording.times[0] == (-0.2 if form == "official" else 0)
    assert len(trials) == 16_540 * 4 + 200 * 80
    assert trials["trial_id"].is_unique
    roles = dataset.published_roles(made, "sub-01", "zero_shot200")
    assert list(roles.values()) == ["train"] * 66_160 + ["test"] * 16_000
    assert trials.groupby("stimulus_id").size().value_counts().to_dict() == {4: 16_540, 80: 200}


def read_elsewhere(root: Path, part: str, form: str, **changes) -> tuple[int, int]:
    """Read a part in a process of its own; return its trials and its peak of memory in MB."""
    arguments = [repr((form,)), repr(changes), str(root), part]
    done = subprocess.run(
        [sys.executable, "-c", READ, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    trials, peak = done.stdout.split()
    print(f"{form} {part}: peak {peak} MB")
    return int(trials), int(peak)


def test_a_gigabyte_of_epochs_is_read_in_half_a_gigabyte_of_memory(made):
    path = made / FOLDERS["official"] / FILE.format("training")
    assert path.stat().st_size > 0.89e9
    trials, peak = read_elsewhere(made, "training", "official")
    assert trials == 66_160
    assert peak < PEAK_MB


def test_a_gigabyte_of_recording_is_cut_in_half_a_gigabyte_of_memory(tmp_path):
    write_metadata(tmp_path)
    samples, sensors = 2_000_000, len(ALL_SENSORS)
    plain = {
        "ch_names": [*ALL_SENSORS, "stim"],
        "ch_types": ["eeg"] * sensors + ["stim"],
        "sfreq": 1000,
        "highpass": 0.01,
        "lowpass": 100,
    }
    shape = (sensors + 1, samples)
    path = raw_path(tmp_path, 1, "training")
    start = write_sparse(path, plain, "raw_eeg_data", shape, header=True)
    values = np.memmap(path, np.float64, "r+", start, shape)
    codes = np.arange(1, 2001)
    codes[::20] = TARGET
    values[-1, 1000 + 900 * np.arange(2000)] = codes
    values.flush()
    del values
    steps = [
        {"step": "epoch", "first": -0.2, "last": 1.0},
        {"step": "baseline"},
        {"step": "decimate", "factor": 4},
    ]
    trials, peak = read_elsewhere(
        tmp_path, "ses-01_training", "raw", sessions=[1], preprocess=steps
    )
    assert trials == 1900
    assert peak < PEAK_MB
