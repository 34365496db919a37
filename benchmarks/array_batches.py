"""Read batches of trials in random order from an array file and from a contiguous numpy.memmap.

    python benchmarks/array_batches.py [--folder FOLDER] [--trials N]

Responses of THINGS-MEG's size (281 samples x 271 sensors, float32) are written to both; by default
2,000 trials (0.6 GB). Batches of 128 trials are read in the same random order, each file once to
warm the page cache and then five times in turn; the ratio of the best times is printed (limit: 0.7
of the memmap's throughput).
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from afterimage.contracts.arrays import ArrayFile, ArrayWriter

SHAPE, BATCH, ROUNDS = (281, 271), 128, 5


def write(folder: Path, trials: int) -> tuple[Path, Path]:
    """Write the same numbers twice, in blocks."""
    rng = np.random.default_rng(0)
    flat = np.lib.format.open_memmap(folder / "a.npy", "w+", np.float32, (trials, *SHAPE))
    writer = ArrayWriter(
        folder / "a.arrow", keys={"trial_id": "string"}, shape=SHAPE, dims=("time", "sensor"),
        unit="", provenance={},
    )  # fmt: skip
    with writer:
        for start in range(0, trials, BATCH):
            block = rng.standard_normal((min(BATCH, trials - start), *SHAPE), dtype=np.float32)
            flat[start : start + len(block)] = block
            ids = [f"t{start + row}" for row in range(len(block))]
            writer.write({"trial_id": ids}, block)
    flat.flush()
    return folder / "a.npy", folder / "a.arrow"


def seconds(read: Callable[[np.ndarray], np.ndarray], order: np.ndarray) -> float:
    begun = time.perf_counter()
    for start in range(0, len(order), BATCH):
        read(order[start : start + BATCH])
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--trials", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        plain, ours = write(Path(folder), given.trials)
        flat, array = np.load(plain, mmap_mode="r"), ArrayFile(ours)
        order = np.random.default_rng(1).permutation(given.trials)
        np.testing.assert_array_equal(array.read(order[:BATCH]), flat[order[:BATCH]])
        readers = {"numpy.memmap": lambda rows: flat[rows], "array file": array.read}
        best = dict.fromkeys(readers, np.inf)
        for turn in range(ROUNDS + 1):
            for name, read in readers.items():
                took = seconds(read, order)
                best[name] = min(best[name], took) if turn else np.inf
        size = given.trials * int(np.prod(SHAPE)) * 4 / 1e6
        for name, took in best.items():
            print(f"{name}: {took:.3f} s, {size / took:,.0f} MB/s")
        print(f"ratio of throughputs: {best['numpy.memmap'] / best['array file']:.2f}")


if __name__ == "__main__":
    main()
