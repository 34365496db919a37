"""Every YAML block of docs/arrays.md is valid, and most run on small files made here."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pandas as pd
import pytest
import scipy.io
import yaml
from PIL import Image

from afterimage.ingest.arrays.adapter import Arrays
from afterimage.ingest.arrays.layers import merged

DOCS = Path(__file__).parents[3] / "docs" / "arrays.md"
RNG = np.random.default_rng(0)


def sections() -> dict[str, list[str]]:
    """Return the YAML blocks under each heading."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^#{2,3} ", DOCS.read_text(encoding="utf-8"), flags=re.M)[1:]:
        heading = part.splitlines()[0]
        blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", part, flags=re.M | re.S)
        found[heading] = [re.sub(r"(?m)^   ", "", b) if b.startswith("   ") else b for b in blocks]
    return found


BLOCKS = [(name, i, text) for name, blocks in sections().items() for i, text in enumerate(blocks)]


@pytest.mark.parametrize(
    ("heading", "number", "text"), BLOCKS, ids=[f"{name}-{i}" for name, i, _ in BLOCKS]
)
def test_every_block_of_the_page_is_valid_and_survives_a_round_trip(heading, number, text):
    entry = yaml.safe_load(text)
    if "name" not in entry:
        entry = {"name": "arrays", "file": "data.npz", "responses": "X", **entry}
    config = Arrays.Config.model_validate(entry)
    assert Arrays.Config.model_validate(config.model_dump(mode="json")) == config


def test_the_page_has_at_least_eight_complete_examples():
    assert sum(text.startswith("name: arrays") for _, _, text in BLOCKS) >= 8


def test_every_key_of_the_models_stands_on_the_page():
    page = DOCS.read_text(encoding="utf-8")
    schema = Arrays.Config.model_json_schema()
    keys = {key for model in schema["$defs"].values() for key in model.get("properties", {})}
    keys |= set(schema["properties"])
    assert [key for key in sorted(keys) if f"`{key}`" not in page and f"{key}:" not in page] == []


def example(heading: str, number: int = 0) -> dict[str, Any]:
    blocks = next(blocks for name, blocks in sections().items() if name.startswith(heading))
    return yaml.safe_load(blocks[number])


def read(entry: dict[str, Any], root: Path) -> dict[str, Any]:
    """Read all that the workflow would read."""
    data = Arrays(Arrays.Config.model_validate(entry))
    files = data.stimulus_files(root)
    assert all((root / name).is_file() for name in files)
    stimuli = {s.stimulus_id: s for s in data.stimuli(root)}
    found: dict[str, Any] = {"files": files, "stimuli": stimuli, "subjects": {}}
    for subject in data.subjects():
        recording = data.recording(root, subject)
        blocks = list(recording.blocks())
        ids = [name for names, _ in blocks for name in names]
        assert ids == recording.trials["trial_id"].tolist()
        assert set(recording.trials["stimulus_id"]) <= set(stimuli)
        values = np.concatenate([block for _, block in blocks])
        assert values.shape == (len(ids), *recording.shape)
        assert values.dtype == np.float32
        assert len(recording.channels) == recording.shape[-1] == values.shape[-1]
        known = data.published_splits()
        roles = data.published_roles(root, subject, known[0]) if known else None
        found["subjects"][subject] = (recording, values, roles)
    return found


def save_picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((6, 5, 3), value, dtype=np.uint8)).save(path)


def simplest(root: Path) -> Callable[[dict], None]:
    x = RNG.normal(size=(8, 5))
    pictures = RNG.integers(0, 255, (8, 6, 4), dtype=np.uint8)
    np.savez(root / "recording.npz", X=x, pictures=pictures, y=np.array(["a", "b"] * 4))

    def check(found: dict) -> None:
        _, values, roles = found["subjects"]["sub-01"]
        np.testing.assert_allclose(values, x, rtol=1e-6)
        assert roles is None
        stimulus = found["stimuli"]["stimulus-003"]
        assert stimulus.category == "b"
        np.testing.assert_array_equal(stimulus.image[..., 1], pictures[3])

    return check


def folder(root: Path) -> Callable[[dict], None]:
    for i in range(1, 5):
        save_picture(root / f"images/pic_{i:03d}.png", 10 * i)
    np.savez(
        root / "recording.npz",
        betas=RNG.normal(size=(4, 3)),
        run=np.array([1, 1, 2, 2]),
        label=np.array([0, 1, 0, 1]),
    )

    def check(found: dict) -> None:
        recording, _, _ = found["subjects"]["sub-01"]
        assert recording.trials["run"].tolist() == [1, 1, 2, 2]
        assert found["stimuli"]["stimulus-002"].image[0, 0, 0] == 30
        assert len(found["files"]) == 5

    return check


def digits(root: Path) -> Callable[[dict], None]:
    upright = RNG.integers(0, 256, (5, 28, 28))
    flat = np.stack([p.reshape(-1, order="F") for p in upright]).astype(float)
    scipy.io.savemat(
        root / "digit69_28x28.mat",
        {
            "fmriTrn": RNG.normal(size=(3, 7)),
            "fmriTest": RNG.normal(size=(2, 7)),
            "stimTrn": flat[:3],
            "stimTest": flat[3:],
            "labelTrn": np.array([[1.0], [1.0], [2.0]]),
            "labelTest": np.array([[2.0], [1.0]]),
        },
    )

    def check(found: dict) -> None:
        _, _, roles = found["subjects"]["sub-01"]
        assert list(roles.values()) == ["train"] * 3 + ["test"] * 2
        assert list(found["stimuli"]) == [
            *(f"train-00{i}" for i in range(3)),
            "test-000",
            "test-001",
        ]
        np.testing.assert_array_equal(found["stimuli"]["test-000"].image[..., 0], upright[3])
        assert found["stimuli"]["test-000"].category == "nine"

    return check


def struct(root: Path) -> Callable[[dict], None]:
    x = RNG.normal(size=(9, 4))
    pictures = RNG.random((6, 5, 4))
    labels = np.array(["cat", "dog", "cat", "owl"], dtype=object).reshape(-1, 1)
    data = {
        "X": x,
        "labels": labels,
        "pictures": pictures,
        "coords": np.arange(27.0).reshape(9, 3),
        "roi": np.array([[0, 1, 1, 2, 2, 3, 3, 0, 1]]),
    }
    scipy.io.savemat(root / "subject1.mat", {"data": data})

    def check(found: dict) -> None:
        recording, values, _ = found["subjects"]["sub-01"]
        np.testing.assert_allclose(values, x.T, rtol=1e-6)
        assert [s.category for s in found["stimuli"].values()] == ["cat", "dog", "cat", "owl"]
        expected = np.rint(pictures[:, :, 2] * 255)
        np.testing.assert_array_equal(found["stimuli"]["stimulus-002"].image[..., 0], expected)
        assert recording.channels["rois"].tolist()[:4] == [[], ["V1"], ["V1"], ["V2"]]
        assert recording.channels.loc[1, ["x", "y", "z"]].tolist() == [3.0, 4.0, 5.0]

    return check


def table(root: Path) -> Callable[[dict], None]:
    shown = ["p2.png", "p1.png", "p2.png", "p3.png"]
    for i in (1, 2, 3):
        save_picture(root / f"pictures/p{i}.png", 50 * i)
    frame = pd.DataFrame(RNG.normal(size=(4, 3)), columns=["v0001", "v0002", "v0003"])
    frame["picture"], frame["label"] = shown, ["x", "y", "x", "z"]
    frame["session"], frame["run"], frame["onset_ms"] = 1, [1, 1, 2, 2], [0, 1500, 0, 1500]
    frame["set"] = ["training", "training", "training", "heldout"]
    frame.to_csv(root / "trials.csv", index=False)

    def check(found: dict) -> None:
        recording, _, roles = found["subjects"]["sub-01"]
        assert recording.trials["stimulus_id"].tolist() == shown
        assert recording.trials["repetition"].tolist() == [0, 0, 1, 0]
        assert recording.trials["onset"].tolist() == [0.0, 1.5, 0.0, 1.5]
        assert list(roles.values()) == ["train", "train", "train", "test"]
        assert found["stimuli"]["p3.png"].image[0, 0, 0] == 150
        assert recording.shape == (3,)

    return check


def groups(root: Path) -> Callable[[dict], None]:
    pixels = RNG.uniform(-1, 1, (3, 3, 4, 5)).astype(np.float32)
    with h5py.File(root / "experiment.h5", "w") as file:
        file["recording/betas"] = RNG.normal(size=(6, 4))
        file["design/picture"] = [2, 0, 1, 2, 0, 1]
        file["design/run"] = [1, 1, 1, 2, 2, 2]
        file["design/train_trials"] = [0, 1, 3, 4]
        file["design/test_trials"] = [2, 5]
        file["stimuli/pixels"] = pixels
        file["stimuli/names"] = ["ant", "bee", "cow"]

    def check(found: dict) -> None:
        recording, _, roles = found["subjects"]["sub-01"]
        assert recording.trials["stimulus_id"].tolist() == ["cow", "ant", "bee"] * 2
        assert recording.unit == "percent signal change"
        assert list(roles.values()) == ["train", "train", "test"] * 2
        expected = np.rint((np.moveaxis(pixels[1], 0, -1) + 1) / 2 * 255)
        np.testing.assert_array_equal(found["stimuli"]["bee"].image, expected)

    return check


def eeg(root: Path) -> Callable[[dict], None]:
    x = RNG.normal(size=(5, 4, 3))
    np.save(root / "eeg.npy", x)
    shown = ["a", "b", "a", "c", "b"]
    pd.DataFrame(
        {"image": shown, "session": ["ses-a"] * 3 + ["ses-b"] * 2, "artefact": [0, 0, 0, 1, 0]}
    ).to_csv(root / "trials.tsv", sep="\t", index=False)
    pd.DataFrame({"image": ["c", "b", "a"], "concept": ["car", "boat", "boat"]}).to_csv(
        root / "images.tsv", sep="\t", index=False
    )
    for name, concept in (("a", "boat"), ("b", "boat"), ("c", "car")):
        save_picture(root / f"images/{concept}/{name}.jpg", 90)

    def check(found: dict) -> None:
        recording, values, _ = found["subjects"]["sub-01"]
        assert recording.dims == ("time", "sensor")
        np.testing.assert_allclose(values[1], x[1].T, rtol=1e-6)
        assert recording.trials["session"].tolist() == [1, 1, 1, 2]
        assert recording.trials["stimulus_id"].tolist() == ["a", "b", "a", "b"]
        assert found["stimuli"]["a"].source_id == "boat"
        assert set(found["stimuli"]) == {"a", "b"}

    return check


def sessions(root: Path) -> Callable[[dict], None]:
    for subject, n in (("s1", 3), ("s2", 2), ("s3", 3)):
        (root / subject).mkdir()
        for session in range(1, n + 1):
            key = "betas_corrected" if subject == "s3" else "betas"
            values = {key: RNG.normal(size=(4, 3)), "image": np.array([0, 1, 2, 0])}
            np.savez(root / subject / f"session{session:02d}.npz", **values)
        pd.DataFrame(
            {"x": [1, 2, 3], "y": [0, 0, 0], "z": [4, 5, 6], "region": ["V1", "", "V2"]}
        ).to_csv(root / subject / "voxels.csv", index=False)
    with h5py.File(root / "stimuli.h5", "w") as file:
        file["images"] = RNG.integers(0, 255, (3, 4, 4, 3), dtype=np.uint8)

    def check(found: dict) -> None:
        assert len(found["stimuli"]) == 3
        assert {s: len(found["subjects"][s][1]) for s in ("s1", "s2", "s3")} == {
            "s1": 12,
            "s2": 8,
            "s3": 12,
        }
        recording = found["subjects"]["s2"][0]
        assert recording.trials["session"].tolist() == [1] * 4 + [2] * 4
        assert recording.channels["rois"].tolist() == [["V1"], [], ["V2"]]

    return check


def labels(root: Path) -> Callable[[dict], None]:
    np.save(root / "X.npy", RNG.normal(size=(6, 4)))
    np.save(root / "runs.npy", np.array([1, 1, 1, 2, 2, 2]))
    np.save(root / "y.npy", np.array([0, 1, 2, 0, 1, 2], dtype=float))

    def check(found: dict) -> None:
        assert [s.category for s in found["stimuli"].values()] == ["face", "house", "tool"] * 2
        assert all(s.image is None for s in found["stimuli"].values())
        assert "labels only" in " ".join(found["subjects"]["sub-01"][0].notes)

    return check


def repeated(root: Path) -> Callable[[dict], None]:
    shown = np.array([1, 1870, 0, 1751, 1, 1750])
    pictures = np.zeros((3, 4, 1870))
    pictures[0, 1, 1750] = 0.5
    scipy.io.savemat(
        root / "vim.mat",
        {"resp": RNG.normal(size=(5, 6)), "seq": shown, "run": np.ones(6), "stim": pictures},
    )

    def check(found: dict) -> None:
        recording, _, roles = found["subjects"]["sub-01"]
        assert recording.trials["stimulus_id"].tolist() == [
            "stimulus-001",
            "stimulus-1870",
            "stimulus-1751",
            "stimulus-001",
            "stimulus-1750",
        ]
        assert recording.trials["repetition"].tolist() == [0, 0, 0, 1, 0]
        assert list(roles.values()) == ["train", "test", "test", "train", "train"]
        image = found["stimuli"]["stimulus-1751"].image
        assert image[0, 1, 0] == 255
        assert image[0, 0, 0] == 128
        assert any("1 trials" in note for note in recording.notes)

    return check


def nifti(path: Path, values: np.ndarray, affine: np.ndarray | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4) if affine is None else affine), path)


def series(root: Path) -> Callable[[dict], None]:
    words = ["rest", "face", "face", "rest", "house", "house"]
    bold = RNG.normal(size=(3, 2, 1, 12)).astype(np.float32)
    nifti(root / "bold.nii.gz", bold, np.diag([2.0, 3.0, 4.0, 1.0]))
    mask = np.zeros((3, 2, 1), dtype=np.int16)
    mask[1, 0, 0] = mask[2, 1, 0] = 1
    nifti(root / "mask.nii.gz", mask)
    lines = [f"{word} {run}" for run in (0, 1) for word in words]
    (root / "attributes.txt").write_text("\n".join(lines) + "\n")

    def check(found: dict) -> None:
        recording, values, _ = found["subjects"]["sub001"]
        assert recording.trials["stimulus_id"].tolist() == [
            "run01-face",
            "run01-house",
            "run02-face",
            "run02-house",
        ]
        assert recording.trials["onset"].tolist() == [2.5, 10.0, 2.5, 10.0]
        assert recording.channels[["x", "y", "z"]].to_numpy().tolist() == [[2, 0, 0], [4, 3, 0]]
        from scipy.signal import detrend
        from scipy.stats import zscore

        voxel = zscore(detrend(bold[2, 1, 0, 6:].astype(float)))
        assert values[3, 1] == pytest.approx(voxel[4:6].mean(), abs=1e-6)

    return check


def events(root: Path) -> Callable[[dict], None]:
    nifti(root / "sub001/masks/25mm/brain.nii.gz", np.ones((2, 2, 1), dtype=np.uint8))
    for run in range(1, 13):
        place = root / f"sub001/BOLD/task001_run{run:03d}"
        nifti(place / "bold_25mm.nii.gz", RNG.normal(size=(2, 2, 1, 10)))
        (place / "bold_events.tsv").write_text(
            "onset\tduration\ttrial_type\n2.5\t5.0\tface\n12.5\t7.5\thouse\n"
        )

    def check(found: dict) -> None:
        recording, values, _ = found["subjects"]["sub001"]
        assert values.shape == (24, 4)
        assert recording.trials["run"].tolist() == [run for run in range(1, 13) for _ in "ab"]
        assert found["stimuli"]["run12-house"].category == "house"

    return check


def hemispheres(root: Path) -> Callable[[dict], None]:
    for subject in ("subj01", "subj02"):
        (root / subject).mkdir()
        np.save(root / subject / "lh_fmri.npy", RNG.normal(size=(3, 2)))
        np.save(root / subject / "rh_fmri.npy", RNG.normal(size=(3, 3)))
        np.save(root / subject / "v1.npy", np.array([True, False, True, False, False]))
        np.save(root / subject / "ffa_rows.npy", np.array([4]))
        for i in range(3):
            save_picture(root / subject / f"images/{i}.png", 20 * i)

    def check(found: dict) -> None:
        recording, values, _ = found["subjects"]["subj02"]
        assert values.shape == (3, 5)
        assert recording.channels["rois"].tolist() == [
            ["V1", "left"],
            ["left"],
            ["V1", "right"],
            ["right"],
            ["FFA", "right"],
        ]
        assert len(found["stimuli"]) == 6

    return check


def parquet(root: Path) -> Callable[[dict], None]:
    save_picture(root / "one.png", 77)
    content = (root / "one.png").read_bytes()
    pd.DataFrame(
        {
            "response": [list(row) for row in RNG.normal(size=(3, 4))],
            "image": [content] * 3,
            "image_id": [5, 6, 5],
            "label": ["a", "b", "a"],
            "split": ["train", "test", "train"],
        }
    ).to_parquet(root / "data.parquet")

    def check(found: dict) -> None:
        assert list(found["stimuli"]) == ["5", "6"]
        assert found["stimuli"]["5"].image[0, 0].tolist() == [77] * 3

    return check


def volumes(root: Path) -> Callable[[dict], None]:
    betas = RNG.normal(size=(2, 3, 2, 4))
    nifti(root / "betas.nii.gz", betas)
    mask = np.zeros((2, 3, 2))
    mask[1, 2, 0] = mask[0, 0, 1] = 1.0
    nifti(root / "brain.nii.gz", mask)
    pd.DataFrame({"condition": list("abab"), "run": [1, 1, 2, 2]}).to_csv(root / "design.csv")

    def check(found: dict) -> None:
        _, values, _ = found["subjects"]["sub-01"]
        np.testing.assert_allclose(values, betas[[0, 1], [0, 2], [1, 0]].T, rtol=1e-5)

    return check


EXAMPLES = {
    "Five minutes": simplest,
    "1.": folder,
    "2.": digits,
    "3.": struct,
    "4.": table,
    "5.": groups,
    "6.": eeg,
    "7.": sessions,
    "8.": labels,
    "9.": repeated,
    "10.": series,
    "11.": events,
    "12.": hemispheres,
    "13.": parquet,
    "14.": volumes,
}


@pytest.mark.parametrize("heading", list(EXAMPLES))
def test_the_example_reads_the_files_it_describes(heading, tmp_path):
    check = EXAMPLES[heading](tmp_path)
    check(read(example(heading), tmp_path))


def test_stimulus_by_repetition_axes_become_trials_and_absent_repetitions_are_dropped(tmp_path):
    x = RNG.normal(size=(3, 2, 4, 5))
    x[1, 1] = np.nan
    np.savez(tmp_path / "data.npz", eeg=x)
    entry = {"name": "arrays", "file": "data.npz", **example("6.", 1)}
    recording, values, _ = read(entry, tmp_path)["subjects"]["sub-01"]
    assert recording.trials["repetition"].tolist() == [0, 1, 0, 0, 1]
    np.testing.assert_allclose(values[2], x[1, 0].T, rtol=1e-6)


def test_planes_of_colour_one_hot_labels_and_names_from_the_file(tmp_path):
    colours = RNG.integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
    np.savez(
        tmp_path / "data.npz",
        X=RNG.normal(size=(2, 3)),
        rows=colours.transpose(0, 3, 1, 2).reshape(2, -1),
        labels_one_hot=np.array([[0, 1], [1, 0]]),
        class_names=np.array(["frog", "ship"]),
    )
    entry = {"name": "arrays", "file": "data.npz", "responses": "X", **example("15.")}
    stimuli = read(entry, tmp_path)["stimuli"]
    np.testing.assert_array_equal(stimuli["stimulus-001"].image, colours[1])
    assert [s.category for s in stimuli.values()] == ["ship", "frog"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_other_ways_to_name_image_files(number, tmp_path):
    names = ["b.jpg", "a.jpg", "c.jpg"]
    for i, name in enumerate(names):
        save_picture(tmp_path / "images" / name, 60 * (i + 1))
    np.savez(
        tmp_path / "data.npz",
        X=np.eye(3),
        filenames=np.array(names),
        image_file=np.array(names),
    )
    entry = {"name": "arrays", "file": "data.npz", "responses": "X", **example("1.", number)}
    values = [int(s.image[0, 0, 0]) for s in read(entry, tmp_path)["stimuli"].values()]
    expected = [120, 60, 180] if number == 2 else [60, 120, 180]
    np.testing.assert_allclose(values, expected, atol=3)  # JPEG


def test_layers_are_laid_over_each_other_key_by_key():
    config = Arrays.Config.model_validate(example("2."))
    assert config.parts is not None
    laid = merged(config, config.parts["train"])
    assert laid.stimuli is not None
    assert laid.stimuli.images is not None
    assert (laid.stimuli.images.key, laid.stimuli.images.order) == ("stimTrn", "F")
