"""Fit targets that are ten times larger than the memory that the fit may take.

    python benchmarks/linear_memory.py [--n N] [--p P] [--times 10]

Inputs and targets are Arrow files, weights a memory-mapped one. What may be taken is 1.5 times a
Gram matrix, a batch of targets and a block of inputs. What is taken is watched while the fit runs,
as private memory of the process over what it had before: pages of files are not counted, the system
takes them back when it wants them.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.heap import return_large_blocks
from afterimage.linear.array_matrix import ArrayMatrix
from afterimage.linear.decomposition import CHUNK
from afterimage.linear.matrix import BLOCK_BYTES
from afterimage.linear.memory import BATCH_PER_ROW
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv


def private_bytes() -> int:
    """Return the memory of this process that is no page of a file."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["RssAnon"].split()[0]) << 10


class Watch(threading.Thread):
    """Keeps the largest value that it saw."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.largest = private_bytes()
        self.ended = threading.Event()

    def run(self) -> None:
        """Look every five milliseconds."""
        while not self.ended.wait(0.005):
            self.largest = max(self.largest, private_bytes())


def write(path: Path, n: int, width: int, make: np.ndarray) -> ArrayMatrix:
    """Write random rows that follow `make`, a few at a time."""
    rng = np.random.default_rng(1)
    given = {"keys": {"stimulus_id": "string"}, "unit": "", "provenance": {}}
    with ArrayWriter(path, shape=(width,), dims=("value",), **given) as writer:
        for row in range(n):
            values = make[row] @ rng.standard_normal((make.shape[1], 1), dtype=np.float32)
            noise = rng.standard_normal(width, dtype=np.float32)
            writer.write({"stimulus_id": [str(row)]}, (values + noise)[None])
    return ArrayMatrix(ArrayFile(path))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--p", type=int, default=1500)
    parser.add_argument("--times", type=float, default=10)
    given = parser.parse_args()
    # As every job of the workflow does.
    return_large_blocks()
    n, p = given.n, given.p
    gram = 8 * min(n, p) ** 2
    targets_at_once = max(1, BATCH_PER_ROW * n // CHUNK) * CHUNK
    batch = 4 * n * targets_at_once
    block = min(BLOCK_BYTES, 8 * n * p)
    allowed = 1.5 * (gram + batch + block)
    q = round(given.times * allowed / (4 * n))
    settings = RidgeSettings(np.logspace(1, 4, 5))
    with tempfile.TemporaryDirectory() as folder:
        make = np.random.default_rng(0).standard_normal((n, 5), dtype=np.float32)
        inputs, targets = (
            write(Path(folder) / "x", n, p, make),
            write(Path(folder) / "y", n, q, make),
        )
        into = np.memmap(Path(folder) / "weights", np.float32, "w+", shape=(p, q))
        # Imports and first uses of libraries are not what is measured.
        small = np.random.default_rng(0).standard_normal((1100, 1200))
        ridge_cv(small, small[:, :5], settings)
        watch = Watch()
        watch.start()
        begun = time.perf_counter()
        ridge_cv(inputs, targets, settings, into=into, batch=targets_at_once)
        spent = time.perf_counter() - begun
        watch.ended.set()
    mb = 1 << 20
    taken = watch.largest - watch.before
    print(f"n={n}, p={p}, t={q}: targets of {4 * n * q / mb:,.0f} MB in {spent:.1f} s")
    print(f"Gram matrix {gram / mb:.0f} MB, batch {batch / mb:.0f} MB, block {block / mb:.0f} MB")
    print(f"may take {allowed / mb:.0f} MB, took {taken / mb:.0f} MB ({taken / allowed:.2f})")


if __name__ == "__main__":
    main()
