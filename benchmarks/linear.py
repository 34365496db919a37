"""Choose ridge penalties by K-fold, and say what it costs beside himalaya.

    python benchmarks/linear.py [--shape wide|many|tall] [--scale S] [--threads N] [--device D]
    python benchmarks/linear.py --growth [--scale S]

Ten penalties, five folds, float32, a penalty per target. himalaya runs with its PyTorch backend,
by the solver that its authors recommend for the shape: KernelRidgeCV where there are fewer rows
than columns, RidgeCV elsewhere. It has no standardisation within folds: "himalaya, fold" is the
loop over folds that a user would write around its solvers, one decomposition per fold. Ratios
compare like with like. Every measurement is a process of its own, so that its peak memory can be
told. `--scale` shrinks all sizes. The share of the machine's rate is that of the products that the
method cannot do without (one of the decomposition with the targets per penalty), of a plain
product's rate.
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
WAYS = ("himalaya", "grid", "bracket", "himalaya, fold", "grid, fold", "bracket, fold")
# From a common middle, a decade along each axis.
MIDDLE = (1600, 1600, 1600)
DECADE = (500, 1600, 5000)


def problem(n: int, p: int, q: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs of unequal weight, and targets of which some follow them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, p), dtype=np.float32)
    x *= np.linspace(1, 0.05, p, dtype=np.float32)
    weights = rng.standard_normal((p, q), dtype=np.float32) / np.sqrt(np.float32(p))
    y = x @ weights
    y *= np.linspace(0, 2, q, dtype=np.float32)
    for start in range(0, n, 500):
        block = y[start : start + 500]
        block += rng.standard_normal(block.shape, dtype=np.float32)
    x -= x.mean(axis=0)
    y -= y.mean(axis=0)
    return x, y


def by_himalaya(x: np.ndarray, y: np.ndarray, folds: np.ndarray, device: str) -> np.ndarray:
    from himalaya.backend import set_backend
    from himalaya.kernel_ridge import KernelRidgeCV
    from himalaya.ridge import RidgeCV
    from sklearn.model_selection import PredefinedSplit

    backend = set_backend("torch" if device == "cpu" else "torch_cuda")
    kind = KernelRidgeCV if len(x) <= x.shape[1] else RidgeCV
    model = kind(alphas=PENALTIES, cv=PredefinedSplit(folds)).fit(x, y)
    if kind is KernelRidgeCV:
        model.get_primal_coef()
    return np.asarray(backend.to_numpy(model.best_alphas_))


def by_himalaya_in_folds(
    x: np.ndarray, y: np.ndarray, folds: np.ndarray, device: str
) -> np.ndarray:
    """Standardise in each fold, score every penalty with one decomposition, fit the best."""
    from himalaya.backend import set_backend
    from himalaya.kernel_ridge import KernelRidge
    from himalaya.ridge import Ridge

    backend = set_backend("torch" if device == "cpu" else "torch_cuda")
    kind = KernelRidge if len(x) <= x.shape[1] else Ridge
    error = np.zeros((len(PENALTIES), y.shape[1]))
    every = np.repeat(PENALTIES, y.shape[1])
    for fold in np.unique(folds):
        out = folds == fold
        mean, sd, centre = x[~out].mean(axis=0), x[~out].std(axis=0), y[~out].mean(axis=0)
        train, test = (x[~out] - mean) / sd, (x[out] - mean) / sd
        # A penalty for each copy of the targets: its only way to many penalties in one solve.
        model = kind(alpha=every).fit(train, np.tile(y[~out] - centre, len(PENALTIES)))
        predicted = backend.to_numpy(model.predict(test)).reshape(out.sum(), len(PENALTIES), -1)
        error += ((predicted - (y[out] - centre)[:, None]) ** 2).sum(axis=0)
    best = np.asarray(PENALTIES)[error.argmin(axis=0)]
    model = kind(alpha=best).fit((x - x.mean(axis=0)) / x.std(axis=0), y - y.mean(axis=0))
    if kind is KernelRidge:
        model.get_primal_coef()
    return best


def by_us(x: np.ndarray, y: np.ndarray, folds: np.ndarray, way: str, device: str) -> np.ndarray:
    from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv

    search, _, standardise = way.partition(", ")
    plain = not standardise
    settings = RidgeSettings(
        penalties=PENALTIES,
        search="bracket" if search == "bracket" else "grid",
        standardise="no" if plain else "fold",
        intercept=not plain,
    )
    return ridge_cv(x, y, settings, folds=folds, device=device).penalties


def run_way(
    way: str, x: np.ndarray, y: np.ndarray, folds: np.ndarray, device: str = "cpu"
) -> np.ndarray:
    if way == "himalaya":
        return by_himalaya(x, y, folds, device)
    if way == "himalaya, fold":
        return by_himalaya_in_folds(x, y, folds, device)
    return by_us(x, y, folds, way, device)


def measure(way: str, sizes: tuple[int, int, int], device: str) -> dict[str, Any]:
    import torch  # noqa: F401  (its pages belong to no way)

    x, y = problem(*sizes)
    folds = np.arange(len(x)) % FOLDS
    # Imports and first uses of libraries are not what is compared.
    small = np.arange(60) % FOLDS
    run_way(way, x[:60, :20], y[:60, :5], small, device)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    chosen = run_way(way, x, y, folds, device)
    spent = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = np.abs(np.log(chosen[:, None] / np.array(PENALTIES))).argmin(axis=1)
    return {"seconds": spent, "peak": peak / 1024, "data": before / 1024, "found": found.tolist()}


def rate() -> float:
    """Return floating-point operations per second of a plain float32 product."""
    a, b = np.ones((2, 3000, 3000), np.float32)
    a @ b
    begun = time.perf_counter()
    a @ b
    return 2 * 3000**3 / (time.perf_counter() - begun)


def compare(given: argparse.Namespace) -> None:
    """Print ratios, shape by shape."""
    speed = rate()
    print(f"plain product: {speed / 1e9:.0f} GFLOP/s")
    for shape in SHAPES if given.shape == "all" else [given.shape]:
        n, p, q = (round(size * given.scale) for size in SHAPES[shape])
        print(f"\n{shape}: n={n}, p={p}, t={q}", flush=True)
        floor = 2 * len(PENALTIES) * n * min(n, p) * q / speed
        peer: dict[str, Any] = {}
        for way in WAYS:
            found = run(way, (n, p, q), given)
            peer = found if way.startswith("himalaya") else peer
            agree = np.mean(np.equal(found["found"], peer["found"]))
            print(
                f"  {way:14s} {found['seconds']:7.2f} s"
                f"  ratio {peer['seconds'] / found['seconds']:5.2f}"
                f"  peak {found['peak']:6.0f} MB ({found['data']:.0f} MB before the fit)"
                f"  same penalties {agree:.4f}  share of rate {floor / found['seconds']:.2f}",
                flush=True,
            )


def growth(given: argparse.Namespace) -> None:
    """Print seconds along each axis."""
    print("seconds of `grid` from n, p, t = " + ", ".join(map(str, MIDDLE)))
    for axis, name in enumerate("npt"):
        for size in DECADE:
            sizes = list(MIDDLE)
            sizes[axis] = size
            n, p, q = (round(one * given.scale) for one in sizes)
            print(f"  {name} = {size:5d}: {run('grid', (n, p, q), given)['seconds']:6.2f} s")


def run(way: str, sizes: tuple[int, int, int], given: argparse.Namespace) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).resolve()), "--one", way]
    command += ["--sizes", *map(str, sizes)]
    command += ["--threads", str(given.threads), "--device", given.device]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=[*SHAPES, "all"], default="all")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--sizes", type=int, nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(given.threads):
            print(json.dumps(measure(given.one, tuple(given.sizes), given.device)))
    elif given.growth:
        growth(given)
    else:
        compare(given)


if __name__ == "__main__":
    main()
