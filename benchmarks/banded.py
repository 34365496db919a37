"""Choose a penalty per feature space, and say what it costs beside himalaya.

    python benchmarks/banded.py [--shape wide|many|tall] [--scale S] [--threads N] [--mixtures G]

Two spaces of equal width, ten penalties, five folds, float32, the same mixtures for both, no
intercept and no scaling. himalaya runs with its PyTorch backend on the processor, by the solver
that its authors recommend for the shape: a random search over kernels where there are fewer rows
than columns (it makes the kernels within the time, as ours does), GroupRidgeCV elsewhere; targets
in batches that keep its memory bounded. Every measurement is a process of its own, so that its peak
memory can be told. `--scale` shrinks all sizes. Compared are the scores of what was chosen, and how
many targets have the same penalties.
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
PENALTIES = np.logspace(1, 5.5, 10).astype(np.float32)
FOLDS = 5
BATCH = 5000
WAYS = ("himalaya", "grid", "bracket")


def problem(n: int, p: int, q: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return two spaces, of which targets follow the one, the other, or both."""
    rng = np.random.default_rng(0)
    spaces = {}
    y = np.zeros((n, q), np.float32)
    for name, share in (("a", np.linspace(0, 2, q)), ("b", np.linspace(2, 0, q))):
        x = rng.standard_normal((n, p // 2), dtype=np.float32)
        x *= np.linspace(1, 0.05, p // 2, dtype=np.float32)
        spaces[name] = x - x.mean(axis=0)
        weights = rng.standard_normal((p // 2, q), dtype=np.float32) * share.astype(np.float32)
        y += spaces[name] @ weights / np.sqrt(np.float32(p))
    for start in range(0, n, 500):
        block = y[start : start + 500]
        block += rng.standard_normal(block.shape, dtype=np.float32)
    return spaces, y - y.mean(axis=0)


def mixtures(count: int) -> np.ndarray:
    """Return mixtures of two spaces without corners: himalaya divides by shares."""
    return np.stack([np.linspace(0.02, 0.98, count), np.linspace(0.98, 0.02, count)], axis=1)


def by_himalaya(
    spaces: dict[str, np.ndarray], y: np.ndarray, folds: np.ndarray, tried: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    import torch
    from himalaya.backend import set_backend
    from himalaya.kernel_ridge import solve_multiple_kernel_ridge_random_search
    from himalaya.ridge import GroupRidgeCV
    from sklearn.model_selection import PredefinedSplit

    set_backend("torch")
    split = PredefinedSplit(folds)
    both = [torch.from_numpy(one) for one in spaces.values()]
    batches = {"n_targets_batch": BATCH, "n_targets_batch_refit": BATCH, "progress_bar": False}
    common = {"alphas": torch.from_numpy(PENALTIES), **batches}
    gammas = torch.from_numpy(tried.astype(np.float32))
    if len(y) <= sum(one.shape[1] for one in both):
        kernels = torch.stack([one @ one.T for one in both])
        deltas, _, scores = solve_multiple_kernel_ridge_random_search(
            kernels, torch.from_numpy(y), gammas, cv=split, return_weights="primal", Xs=both,
            n_alphas_batch=1, **common,
        )  # fmt: skip
        return np.exp(-np.asarray(deltas)), np.asarray(scores)
    params = {"n_iter": gammas, "n_alphas_batch": 1, "warn": False, **common}
    model = GroupRidgeCV("input", solver_params=params, cv=split).fit(both, torch.from_numpy(y))
    return np.exp(-np.asarray(model.deltas_)), np.asarray(model.cv_scores_)


def by_us(
    spaces: dict[str, np.ndarray], y: np.ndarray, folds: np.ndarray, tried: np.ndarray, way: str
) -> tuple[np.ndarray, np.ndarray]:
    from afterimage.linear.banded import BandedSettings, banded_ridge_cv
    from afterimage.linear.ridge_cv import RidgeSettings

    search = "bracket" if way == "bracket" else "grid"
    settings = RidgeSettings(PENALTIES.tolist(), search=search, intercept=False)
    fit = banded_ridge_cv(
        spaces, y, BandedSettings(settings), folds=folds, mixtures=tried, batch=BATCH
    )
    return fit.penalties, fit.scores


def run_way(way: str, *data: Any) -> tuple[np.ndarray, np.ndarray]:
    return by_himalaya(*data) if way == "himalaya" else by_us(*data, way)


def measure(way: str, sizes: tuple[int, int, int], count: int) -> dict[str, Any]:
    spaces, y = problem(*sizes)
    folds = np.arange(len(y)) % FOLDS
    # Imports and first uses of libraries are not what is compared.
    small = {name: one[:60, : 10 if sizes[0] > sizes[1] else 40] for name, one in spaces.items()}
    run_way(way, small, y[:60, :5], folds[:60], mixtures(2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    penalties, _ = run_way(way, spaces, y, folds, mixtures(count))
    spent = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = np.round(np.log10(penalties), 3)
    return {"seconds": spent, "peak": peak / 1024, "data": before / 1024, "found": found.tolist()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=[*SHAPES, "all"], default="all")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mixtures", type=int, default=5)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    shapes = SHAPES if given.shape == "all" else {given.shape: SHAPES[given.shape]}
    for shape, full in shapes.items():
        n, p, q = (round(size * given.scale) for size in full)
        if given.one:
            import torch
            from threadpoolctl import threadpool_limits

            torch.set_num_threads(given.threads)
            with threadpool_limits(given.threads):
                print(json.dumps(measure(given.one, (n, p, q), given.mixtures)))
            return
        results = {way: run(way, shape, given) for way in WAYS}
        peer = results["himalaya"]
        print(f"\n{shape}: n={n}, p={p} in two spaces, t={q}, {given.mixtures} mixtures")
        for way, found in results.items():
            same = np.abs(np.subtract(found["found"], peer["found"])).max(axis=0) < 0.01
            print(
                f"  {way:10s} {found['seconds']:7.2f} s"
                f"  ratio {peer['seconds'] / found['seconds']:5.2f}"
                f"  peak {found['peak']:6.0f} MB ({found['data']:.0f} MB of data before)"
                f"  same penalties {same.mean():.4f}"
            )


def run(way: str, shape: str, given: argparse.Namespace) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", way, "--shape", shape]
    for name in ("scale", "threads", "mixtures"):
        command += [f"--{name}", str(getattr(given, name))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    main()
