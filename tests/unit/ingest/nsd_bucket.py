"""A tiny experiment, written by hand in the published layout of the Natural Scenes Dataset.

Every value tells its voxel and its trial, and no two axes have one length, so that any other
memory order, hemisphere or first number shows.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pandas as pd
from scipy.io import savemat

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.adapter import Nsd

SHAPE = (5, 4, 3)
VERTICES = (7, 5)
SESSIONS, TRIALS, RUNS = 4, 12, 4
SHARED, OWN = 4, 12
PICTURES = SHARED + 2 * OWN
VERSION = "betas_fithrf_GLMdenoise_RR"
AFFINE = np.array([[2.0, 0, 0, -10], [0, 3.0, 0, -20], [0, 0, 4.0, -30], [0, 0, 0, 1]])
REGIONS = {
    "nsdgeneral": {1: "nsdgeneral"},
    "prf-visualrois": {1: "V1v", 2: "V1d", 3: "V2v", 7: "hV4"},
    "streams": {1: "early", 5: "ventral"},
    "HCP_MMP1": {1: "V1", 2: "MST"},
}
CONFIG: dict[str, Any] = {
    "name": "nsd",
    "sessions": {"subj01": 4, "subj02": [2, 4]},
    "trials_per_session": TRIALS,
    "runs_per_session": RUNS,
    "atlases": ["prf-visualrois", "streams"],
}


def dataset(**changes: Any) -> Nsd:
    return Nsd(Nsd.Config.model_validate({**CONFIG, **changes}))


def read_all(adapter: Nsd, root: Path, subject: str = "subj01") -> np.ndarray:
    return np.concatenate([block for _, block in adapter.recording(root, subject).blocks()])


# ------------------------------------------------------------------------------------ the tables


def ordering() -> np.ndarray:
    """Positions from 1: each shared picture thrice, all others thrice; the same for everybody."""
    positions = np.repeat(np.arange(1, SHARED + OWN + 1), 3)
    return np.random.default_rng(5).permutation(positions)


def lists() -> np.ndarray:
    """Numbers from 1 of each subject's pictures: the shared ones are scattered."""
    shared = np.array([3, 9, 20, 28])
    others = np.setdiff1d(np.arange(1, PICTURES + 1), shared)
    rows = [others[:OWN], others[OWN:]]
    return np.stack([np.concatenate([shared, row[::-1]]) for row in rows])


def shown(subject: str) -> np.ndarray:
    """Numbers from 0 of a subject's pictures in all trials."""
    return lists()[layout.subject_row(subject)][ordering() - 1] - 1


def runs_of_session() -> np.ndarray:
    return np.repeat(np.arange(1, RUNS + 1), TRIALS // RUNS)


def write_design(root: Path, **changes: np.ndarray) -> None:
    design = {
        "masterordering": ordering()[None].astype(np.uint8),
        "subjectim": lists().astype(np.uint8),
        "sharedix": lists()[:1, :SHARED].astype(np.uint8),
    }
    path = made(root / layout.DESIGN)
    savemat(path, {key: value for key, value in {**design, **changes}.items() if value.size})


def stimulus_table() -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "cocoId": 1000 + np.arange(PICTURES),
            "cocoSplit": np.where(np.arange(PICTURES) % 2, "train2017", "val2017"),
            "cropBox": "(0, 0, 0.1, 0.1)",
            "loss": 0.1,
            "nsdId": np.arange(PICTURES),
            "flagged": False,
        }
    )
    for subject in ("subj01", "subj02"):
        row = layout.subject_row(subject) + 1
        trials = [np.flatnonzero(shown(subject) == number) + 1 for number in range(PICTURES)]
        for repetition in range(3):
            table[f"subject{row}_rep{repetition}"] = [
                own[repetition] if len(own) > repetition else 0 for own in trials
            ]
    return table


def write_stimulus_table(root: Path, table: pd.DataFrame | None = None) -> None:
    table = stimulus_table() if table is None else table
    table.to_csv(made(root / layout.STIMULUS_TABLE))


def responses(subject: str) -> pd.DataFrame:
    total = SESSIONS * TRIALS
    numbers = np.arange(total)
    runs = np.tile(runs_of_session(), SESSIONS)
    table = pd.DataFrame({"SUBJECT": layout.subject_row(subject) + 1}, index=numbers)
    table["SESSION"] = numbers // TRIALS + 1
    table["RUN"] = runs
    table["TRIAL"] = numbers % (TRIALS // RUNS) + 1
    table["73KID"] = shown(subject) + 1
    table["10KID"] = ordering()
    table["TIME"] = 0.5 + numbers / 1000
    table["ISOLD"] = 0
    table["RT"] = np.where(numbers % 5, 600.0 + numbers, np.nan)
    table["MISSINGDATA"] = 0
    return table


def write_responses(root: Path, subject: str, table: pd.DataFrame | None = None) -> None:
    table = responses(subject) if table is None else table
    path = made(root / layout.responses_table(subject))
    table.to_csv(path, sep="\t", index=False)


def write_pictures(root: Path) -> None:
    images = np.random.default_rng(1).integers(0, 256, (PICTURES, 8, 8, 3), dtype=np.uint8)
    with h5py.File(made(root / layout.PICTURES), "w") as file:
        file["imgBrick"] = images


def write_tables(root: Path) -> None:
    write_design(root)
    write_stimulus_table(root)
    write_pictures(root)
    for subject in ("subj01", "subj02"):
        write_responses(root, subject)


# ------------------------------------------------------------------------------------ the labels


def labels(atlas: str, shape: tuple[int, ...]) -> np.ndarray:
    """Random labels of an atlas; -1 outside."""
    random = np.random.default_rng(sum(map(ord, atlas)))
    return random.choice([-1, 0, *REGIONS[atlas]], size=shape).astype(np.int16)


def is_left(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.broadcast_to(np.arange(shape[0])[:, None, None] < 2, shape)


def save_volume(path: Path, volume: np.ndarray, affine: np.ndarray = AFFINE) -> None:
    nibabel.save(nibabel.Nifti1Image(volume, affine), made(path))


def write_volume_labels(root: Path, subject: str, space: str = "func1pt8mm") -> None:
    for atlas in REGIONS:
        whole = labels(atlas, SHAPE)
        save_volume(root / layout.atlas_files(subject, space, atlas)[0], whole)
        for side, inside in (("lh", is_left()), ("rh", ~is_left())):
            part = np.where(inside, whole, -1).astype(np.int16)
            save_volume(root / layout.atlas_files(subject, space, f"{side}.{atlas}")[0], part)
        write_names(root, subject, space, atlas)
    brain = (np.indices(SHAPE).sum(axis=0) > 1).astype(np.int16)
    save_volume(root / layout.brain_mask_file(subject, space), brain)


def write_surface_labels(root: Path, subject: str, space: str = "nativesurface") -> None:
    for atlas in REGIONS:
        both = np.split(labels(atlas, (sum(VERTICES),)), [VERTICES[0]])
        for name, values in zip(layout.atlas_files(subject, space, atlas), both, strict=True):
            save_mgh(root / name, values[:, None, None].astype(np.float32))
        write_names(root, subject, space, atlas)


def save_mgh(path: Path, values: np.ndarray) -> None:
    nibabel.save(nibabel.MGHImage(values, np.eye(4)), made(path))


def write_names(root: Path, subject: str, space: str, atlas: str) -> None:
    lines = ["0 Unknown", *(f"{number} {name}\t" for number, name in REGIONS[atlas].items())]
    made(root / layout.names_file(subject, space, atlas)).write_text("\n".join(lines) + "\n")


def write_surfaces(root: Path, subject: str, space: str = "nativesurface") -> np.ndarray:
    """Write both white surfaces and return the coordinates of all vertices."""
    points = np.random.default_rng(2).normal(size=(sum(VERTICES), 3)).astype(np.float32) * 50
    both = np.split(points, [VERTICES[0]])
    for name, own in zip(layout.surface_files(subject, space), both, strict=True):
        nibabel.freesurfer.write_geometry(made(root / name), own, np.array([[0, 1, 2]]))
    return points


# ------------------------------------------------------------------------------------- the betas


def stored(subject: str, session: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return int16 betas, shape (trials, *shape): each value tells its trial and its place."""
    size = int(np.prod(shape))
    place = np.arange(size).reshape(shape)
    trial = (session - 1) * TRIALS + np.arange(TRIALS)
    spread = trial.reshape(-1, *(1,) * len(shape)) * (size + 3)
    return (1 + place + spread + 7 * layout.subject_row(subject)).astype(np.int16)


def write_betas(
    root: Path,
    subject: str,
    session: int,
    form: str = "hdf5",
    values: np.ndarray | None = None,
    chunks: tuple[int, ...] | None = (TRIALS, 1, 1, 1),
) -> Path:
    """Write one session's volume, shape (trials, X, Y, Z), as HDF5 or NIfTI."""
    values = stored(subject, session, SHAPE) if values is None else values
    (name,) = layout.betas_files(subject, "func1pt8mm", VERSION, session, form)
    path = made(root / name)
    if form == "hdf5":
        with h5py.File(path, "w") as file:
            file.create_dataset("betas", data=values.transpose(0, 3, 2, 1), chunks=chunks)
    else:
        save_volume(path, np.moveaxis(values, 0, -1))
    return path


def write_surface_betas(
    root: Path, subject: str, session: int, space: str, values: np.ndarray | None = None
) -> list[Path]:
    """Write one session's two hemispheres, shape (trials, vertices) together."""
    form = layout.FORMATS[space][0]
    values = stored(subject, session, (sum(VERTICES),)) if values is None else values
    names = layout.betas_files(subject, space, VERSION, session, form)
    paths = [made(root / name) for name in names]
    for path, own in zip(paths, np.split(values, [VERTICES[0]], axis=1), strict=True):
        if form == "hdf5":
            with h5py.File(path, "w") as file:
                file["betas"] = own
        else:
            save_mgh(path, (own.T / np.float32(300))[:, None, None].astype(np.float32))
    return paths


def write_volume_bucket(root: Path, form: str = "hdf5") -> Path:
    """Write everything that a configuration of betas in the volume needs."""
    write_tables(root)
    for subject in ("subj01", "subj02"):
        write_volume_labels(root, subject)
        for session in range(1, SESSIONS + 1):
            write_betas(root, subject, session, form)
    return root


def write_surface_bucket(root: Path, space: str) -> Path:
    """Write everything that a configuration of betas on a surface needs."""
    write_tables(root)
    for subject in ("subj01", "subj02"):
        write_surface_labels(root, subject, space)
        for session in range(1, SESSIONS + 1):
            write_surface_betas(root, subject, session, space)
    return root


# ------------------------------------------------------------------------------------ the series


def series_onsets(run: int) -> np.ndarray:
    return np.array([2, 6 + run, 14])


def series_values(session: int, run: int, volumes: int = 21) -> np.ndarray:
    """Return (volumes, X, Y, Z) whose values tell run, volume and place."""
    random = np.random.default_rng([session, run])
    return random.integers(500, 1500, (volumes, *SHAPE)).astype(np.int16)


def write_session_series(
    root: Path, subject: str, session: int, rest: bool, rest_design: bool = True
) -> list[int]:
    """Write the runs of one session; return the numbers of those with pictures."""
    shift = 1 if rest else 0
    first = (session - 1) * TRIALS
    pictures = shown(subject)[first : first + TRIALS] + 1
    for number in range(1, RUNS + 2 * shift + 1):
        task = number - shift
        path = made(root / layout.series_file(subject, "func1pt8mm", session, number))
        save_volume(path, np.moveaxis(series_values(session, number), 0, -1))
        design = np.zeros(20, dtype=int)
        if 1 <= task <= RUNS:
            design[series_onsets(task)] = pictures[runs_of_session() == task]
        elif not rest_design:
            continue
        path = made(root / layout.series_design_file(subject, "func1pt8mm", session, number))
        path.write_text("\n".join(map(str, design)) + "\n")
    return list(range(1 + shift, RUNS + shift + 1))


# -------------------------------------------------------------------------------------- COCO etc.


def write_coco(root: Path, split: str, captions: Sequence[dict], objects: Sequence[dict]) -> None:
    names = layout.coco_files(split)
    made(root / names[0]).write_text(json.dumps({"info": {}, "annotations": list(captions)}))
    categories = [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}, {"id": 3, "name": "car"}]
    content = {"annotations": list(objects), "categories": categories}
    made(root / names[1]).write_text(json.dumps(content))


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
