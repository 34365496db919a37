"""Choose ridge penalties by K-fold, and say what it costs beside himalaya.

    python benchmarks/linear.py [--shape wide|many|tall] [--scale S] [--threads N]

Ten penalties, five folds, float32, a penalty per target. himalaya runs with its PyTorch backend on
the processor, by the solver that its authors recommend for the shape: KernelRidgeCV where there are
fewer rows than columns, RidgeCV elsewhere; no intercept and no scaling in the plain comparison.
Every measurement is a process of its own, so that its peak memory can be told. `--scale` shrinks
all sizes. The share of the machine's rate is that of the products that the method cannot do without
(one of the decomposition with the targets per penalty), of a plain product's rate.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

SHAPES = {"wide": (3000, 5000, 5000), "many": (3000, 5000, 50_000), "tall": (8000, 2000, 5000)}
PENALTIES = tuple(np.logspace(1, 5.5, 10).tolist())
FOLDS = 5
WAYS = ("himalaya", "grid", "bracket", "grid, fold", "bracket, fold")


def problem(n: int, p: int, q: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs of unequal weight, and targets of which some follow them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, p), dtype=np.float32)
    x *= np.linspace(1, 0.05, p, dtype=np.float32)
    weights = rng.standard_normal((p, q), dtype=np.float32) / np.sqrt(np.float32(p))
    y = x @ weights * np.linspace(0, 2, q, dtype=np.float32)
    for start in range(0, n, 500):
        block = y[start : start + 500]
        block += rng.standard_normal(block.shape, dtype=np.float32)
    return x - x.mean(axis=0), y - y.mean(axis=0)


def by_himalaya(x: np.ndarray, y: np.ndarray, folds: np.ndarray) -> np.ndarray:
    from himalaya.backend import set_backend
    from himalaya.kernel_ridge import KernelRidgeCV
    from himalaya.ridge import RidgeCV
    from sklearn.model_selection import PredefinedSplit

    set_backend("torch")
    kind = KernelRidgeCV if len(x) <= x.shape[1] else RidgeCV
    model = kind(alphas=PENALTIES, cv=PredefinedSplit(folds)).fit(x, y)
    if kind is KernelRidgeCV:
        model.get_primal_coef()
    return np.asarray(model.best_alphas_)


def by_us(x: np.ndarray, y: np.ndarray, folds: np.ndarray, way: str) -> np.ndarray:
    from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv

    search, _, standardise = way.partition(", ")
    plain = not standardise
    settings = RidgeSettings(
        penalties=PENALTIES,
        search="bracket" if search == "bracket" else "grid",
        standardise="no" if plain else "fold",
        intercept=not plain,
    )
    return ridge_cv(x, y, settings, folds=folds).penalties


def run_way(way: str, x: np.ndarray, y: np.ndarray, folds: np.ndarray) -> np.ndarray:
    return by_himalaya(x, y, folds) if way == "himalaya" else by_us(x, y, folds, way)


def measure(way: str, sizes: tuple[int, int, int]) -> dict[str, Any]:
    x, y = problem(*sizes)
    folds = np.arange(len(x)) % FOLDS
    # Imports and first uses of libraries are not what is compared.
    small = np.arange(60) % FOLDS
    run_way(way, x[:60, :20], y[:60, :5], small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    chosen = run_way(way, x, y, folds)
    spent = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = np.abs(np.log(chosen[:, None] / np.array(PENALTIES))).argmin(axis=1)
    return {"seconds": spent, "peak": peak / 1024, "data": before / 1024, "found": found.tolist()}


def rate() -> float:
    """Return floating-point operations per second of a plain float32 product."""
    a = np.ones((3000, 3000), np.float32)
    a @ a
    begun = time.perf_counter()
    a @ a
    return 2 * 3000**3 / (time.perf_counter() - begun)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=[*SHAPES, "all"], default="all")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    shapes = SHAPES if given.shape == "all" else {given.shape: SHAPES[given.shape]}
    if given.one:
        from threadpoolctl import threadpool_limits

        (sizes,) = shapes.values()
        n, p, q = (round(size * given.scale) for size in sizes)
        with threadpool_limits(given.threads):
            print(json.dumps(measure(given.one, (n, p, q))))
        return
    speed = rate()
    print(f"plain product: {speed / 1e9:.0f} GFLOP/s")
    for shape, sizes in shapes.items():
        results = {way: run(way, shape, given.scale, given.threads) for way in WAYS}
        peer = results["himalaya"]
        n, p, q = (round(size * given.scale) for size in sizes)
        floor = 2 * len(PENALTIES) * n * min(n, p) * q / speed
        print(f"\n{shape}: n={n}, p={p}, t={q}")
        for way, found in results.items():
            agree = np.mean(np.equal(found["found"], peer["found"]))
            ratio = peer["seconds"] / found["seconds"]
            print(
                f"  {way:14s} {found['seconds']:7.2f} s  ratio {ratio:5.2f}"
                f"  peak {found['peak']:6.0f} MB ({found['data']:.0f} MB of data before)"
                f"  same penalties {agree:.4f}  share of rate {floor / found['seconds']:.2f}"
            )


def run(way: str, shape: str, scale: float, threads: int) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", way, "--shape", shape]
    command += ["--scale", str(scale), "--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    main()
