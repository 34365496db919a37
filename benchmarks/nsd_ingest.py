"""Read one session of betas at the size of the published ones, and say what it costs.

    python benchmarks/nsd_ingest.py [--folder FOLDER]

Files of 81 x 104 x 83 voxels and 750 trials (1 GB each) are made in a temporary folder. Each is
read whole by h5py or nibabel, doing nothing with it, and by the adapter: 15,724 voxels of a folded
sheet, and the whole brain. Every reading is a process of its own, so that its peak memory can be
told. The ratio is the adapter's speed over that of reading the same file and doing nothing.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import nibabel
import numpy as np

SHAPE, TRIALS = (81, 104, 83), 750
REGION_VOXELS = 15724
RADII = (0.36, 0.44, 0.46)  # of the brain, as parts of the volume's sides: 213,388 voxels
LAYOUTS = {
    "per-voxel.hdf5": (TRIALS, 1, 1, 1),  # as published
    "slabs.hdf5": (TRIALS, 1, *SHAPE[1::-1]),
    "contiguous.hdf5": None,
}
COMPRESSED = "compressed.nii.gz"


def brain() -> np.ndarray:
    middle = [(size - 1) / 2 for size in SHAPE]
    parts = zip(np.indices(SHAPE), middle, SHAPE, RADII, strict=True)
    return sum(((i - m) / (size * r)) ** 2 for i, m, size, r in parts) < 1


def region() -> np.ndarray:
    """Choose the voxels of the back of the brain that are nearest to a folded sheet."""
    x, y, z = np.indices(SHAPE)
    away = abs(z - 40 - 6 * np.sin(x / 4) - 4 * np.cos(y / 5)) + 1e3 * ((y > 40) | ~brain())
    chosen = np.zeros(SHAPE, dtype=bool)
    chosen.ravel()[np.argsort(away, axis=None, kind="stable")[:REGION_VOXELS]] = True
    return chosen


MASKS = {"region": region, "brain": brain}


def make(folder: Path) -> None:
    """Write the same betas, zero outside the brain, in every layout."""
    inside = brain()
    random = np.random.default_rng(0)
    whole = np.zeros((TRIALS, *SHAPE[::-1]), dtype=np.int16)
    for trial in range(TRIALS):
        values = random.normal(100, 450, SHAPE).astype(np.int16)
        whole[trial] = np.where(inside, values, 0).T
    for name, chunks in LAYOUTS.items():
        with h5py.File(folder / name, "w") as file:
            betas = file.create_dataset("betas", whole.shape, np.int16, chunks=chunks)
            for z in range(SHAPE[2]):
                betas[:, z] = whole[:, z]
    nibabel.save(nibabel.Nifti1Image(whole.T, np.eye(4)), folder / COMPRESSED)


def read_whole(path: Path) -> None:
    if path.name == COMPRESSED:
        np.asarray(nibabel.load(path).dataobj)
        return
    with h5py.File(path) as file:
        file["betas"][...]


def read_masked(path: Path, mask: str) -> None:
    from afterimage.ingest.nsd.betas import read_betas

    for _ in read_betas([path], [MASKS[mask]()], TRIALS):
        pass


def timed(work: Callable[[], None]) -> dict[str, float]:
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak": peak}


def measured(what: str, *arguments: str) -> dict[str, float]:
    """Do one thing in a process of its own; a child's peak is never below its parent's."""
    command = [sys.executable, __file__, "--measure", what, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def table(folder: Path) -> None:
    print(f"{'file':>18} {'read':>10} {'seconds':>8} {'ratio':>6} {'peak MiB':>9}")
    for name in [*LAYOUTS, COMPRESSED]:
        path = str(folder / name)
        base = measured("whole", path)
        print(f"{name:>18} {'whole':>10} {base['seconds']:8.2f} {'':>6} {base['peak']:9.0f}")
        for mask in MASKS:
            found = measured("masked", path, mask)
            ratio = base["seconds"] / found["seconds"]
            print(f"{'':>18} {mask:>10} {found['seconds']:8.2f} {ratio:6.2f} {found['peak']:9.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where the temporary files go; 5 GB are needed")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        what, path, *rest = chosen.measure
        work = {"make": make, "whole": read_whole, "masked": read_masked}[what]
        print(json.dumps(timed(lambda: work(Path(path), *rest))))
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        measured("make", folder)
        table(Path(folder))


if __name__ == "__main__":
    main()
