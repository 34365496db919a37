"""A tiny THINGS-EEG2 folder, written by NumPy and pickle as the published files were."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from afterimage.ingest.things_eeg2.adapter import ThingsEeg2
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config

CONCEPTS, EXEMPLARS, TEST = 3, 2, 2
PICTURES = CONCEPTS * EXEMPLARS
SENSORS = ["Pz", "O1", "Oz", "O2"]
METADATA = {
    "train_img_concepts": [f"{c:05d}_thing{c}" for c in range(1, 4) for _ in range(EXEMPLARS)],
    "train_img_files": [f"thing{c}_{e:02d}b.jpg" for c in range(1, 4) for e in range(EXEMPLARS)],
    "test_img_concepts": ["00001_kite", "00002_lamp"],
    "test_img_files": ["kite_01b.jpg", "lamp_03s.jpg"],
    "train_img_concepts_THINGS": [f"{c:05d}_thing{c}" for c in (11, 11, 25, 25, 31, 31)],
    "test_img_concepts_THINGS": ["00999_kite", "01001_lamp"],
}
SHAPES = {
    "official": {"training": (PICTURES, 4, 4, 10), "test": (TEST, 8, 4, 10)},
    "nice": {"training": (PICTURES, 4, 4, 25), "test": (TEST, 8, 4, 25)},
}
TIMES = {
    "official": np.arange(-2, 8) / 10,
    "nice": np.arange(-5, 25) / 25,  # five more than the data
}
FOLDERS = {"official": "Preprocessed_data", "nice": "Preprocessed_data_250Hz"}
FILE = "sub-01/preprocessed_eeg_{}.npy"


def adapter(form: str = "official", **changes: Any) -> ThingsEeg2:
    entry = {"name": "things_eeg2", "subjects": ["sub-01"], "form": form, **changes}
    return ThingsEeg2(ThingsEeg2Config.model_validate(entry))


def save(path: Path, content: Any, bare: bool = False) -> Path:
    """Write a dictionary as the authors do (np.save), or as NICE's scripts do (a pickle)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if bare:
        path.write_bytes(pickle.dumps(content, protocol=4))
    else:
        np.save(path, content, allow_pickle=True)
    return path


def write_pictures(root: Path, metadata: dict[str, list[str]] = METADATA) -> None:
    save(root / "Image_set/image_metadata.npy", metadata)
    for start, folder in (("train", "training_images"), ("test", "test_images")):
        both = zip(metadata[f"{start}_img_concepts"], metadata[f"{start}_img_files"], strict=True)
        for number, (concept, name) in enumerate(both):
            path = root / "Image_set" / folder / concept / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (12, 8), (number * 20, 100, 30)).save(path)


def released(form: str, partition: str, **changes: Any) -> dict[str, Any]:
    """Return a dictionary of epochs; every value tells its place."""
    shape = SHAPES[form][partition]
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    content = {"preprocessed_eeg_data": values, "ch_names": SENSORS, "times": TIMES[form]}
    return {**content, **changes}


def write_released(root: Path, form: str) -> None:
    for partition in ("training", "test"):
        path = root / FOLDERS[form] / FILE.format(partition)
        save(path, released(form, partition), bare=form == "nice")


RATE = 1000
RAW_SENSORS = ["Fp1", "Pz", "O1", "Oz", "O2"]
TARGET = 99999
SPACING = 200
SECONDS_BEFORE, SECONDS_AFTER = 2, 2


def codes_of(session: int, partition: str) -> np.ndarray:
    """Return the codes of a file: three or nine trials of each picture, and three targets."""
    pictures, repetitions = (PICTURES, 3) if partition == "training" else (TEST, 9)
    random = np.random.default_rng([session, partition == "test"])
    shown = np.tile(np.arange(1, pictures + 1), repetitions)
    return random.permutation(np.concatenate([shown, [TARGET] * 3]))


def raw(session: int, partition: str, **changes: Any) -> dict[str, Any]:
    codes = codes_of(session, partition)
    samples = SECONDS_BEFORE * RATE + SPACING * np.arange(len(codes))
    length = int(samples[-1]) + SECONDS_AFTER * RATE
    random = np.random.default_rng([session, partition == "test", 1])
    values = np.zeros((len(RAW_SENSORS) + 1, length))
    values[:-1] = 1e-5 * random.standard_normal((len(RAW_SENSORS), length)).cumsum(axis=1)
    for sample, code in zip(samples, codes, strict=True):
        values[-1, sample : sample + 3] = code
    content = {
        "raw_eeg_data": values,
        "ch_names": [*RAW_SENSORS, "stim"],
        "ch_types": ["eeg"] * len(RAW_SENSORS) + ["stim"],
        "sfreq": RATE,
        "highpass": 0.01,
        "lowpass": 100,
    }
    return {**content, **changes}


def raw_path(root: Path, session: int, partition: str) -> Path:
    return root / f"Raw_data/sub-01/ses-{session:02d}/raw_eeg_{partition}.npy"


def write_raw(root: Path, sessions: tuple[int, ...] = (1, 2)) -> None:
    for session in sessions:
        for partition in ("training", "test"):
            save(raw_path(root, session, partition), raw(session, partition))


def read_all(dataset: ThingsEeg2, root: Path) -> tuple[list[str], np.ndarray]:
    blocks = list(dataset.recording(root, "sub-01").blocks())
    return [name for ids, _ in blocks for name in ids], np.concatenate([b for _, b in blocks])
