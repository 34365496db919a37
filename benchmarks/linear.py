"""Choose ridge penalties by K-fold, and say what it costs beside himalaya.

    python benchmarks/linear.py [--shape wide|many|tall] [--scale S] [--threads N] [--device D]
    python benchmarks/linear.py --growth [--scale S]

Ten penalties, five folds, float32, a penalty per target. himalaya runs with its PyTorch backend,
by the solver that its authors recommend for the shape: KernelRidgeCV where there are fewer rows
than columns, RidgeCV elsewhere. It has no standardisation within folds: "loop, fold" is the
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
WAYS = ("himalaya", "grid", "bracket", "loop, fold", "grid, fold", "bracket, fold")
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


def by_a_loop(x: np.ndarray, y: np.ndarray, folds: np.ndarray, device: str) -> np.ndarray:
    """Standardise in each fold, and solve for each penalty by Cholesky in PyTorch."""
    import torch

    def standard(values: Any, like: Any) -> Any:
        return (values - like.mean(0)) / like.std(0, correction=0)

    def prepared(train: Any, target: Any) -> tuple[Any, Any]:
        if len(train) <= train.shape[1]:
            return train @ train.T, target
        return train.T @ train, train.T @ target

    def solved(gram: Any, right: Any, penalty: float) -> Any:
        unit = torch.eye(len(gram), device=gram.device)
        return torch.cholesky_solve(right, torch.linalg.cholesky(gram + penalty * unit))

    x_, y_ = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    dual, error = len(x) <= x.shape[1], np.zeros((len(PENALTIES), y.shape[1]))
    for fold in np.unique(folds):
        out = torch.from_numpy(folds == fold)
        train, test = standard(x_[~out], x_[~out]), standard(x_[out], x_[~out])
        centre = y_[~out].mean(0)
        gram, right = prepared(train, y_[~out] - centre)
        across = test @ train.T if dual else test
        for place, penalty in enumerate(PENALTIES):
            missed = across @ solved(gram, right, penalty) - (y_[out] - centre)
            error[place] += (missed**2).sum(0).cpu().numpy()
    chosen, train = error.argmin(axis=0), standard(x_, x_)
    gram, right = prepared(train, y_ - y_.mean(0))
    for place in np.unique(chosen):
        weights = solved(gram, right[:, chosen == place], PENALTIES[place])
        if dual:
            train.T @ weights
    return np.asarray(PENALTIES)[chosen]


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
    if way == "loop, fold":
        return by_a_loop(x, y, folds, device)
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
            peer = found if way in ("himalaya", "loop, fold") else peer
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
