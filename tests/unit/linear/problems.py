"""Regression problems of every shape, and slow answers to them."""

import numpy as np

SHAPES = {"tall": (60, 7), "wide": (30, 80), "square": (40, 40), "one_more_row": (41, 40)}
GRID = np.logspace(-2, 4, 7)


def problem(n, p, q=5, seed=0):
    """Inputs of unequal scale and mean, targets of which some follow them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * rng.uniform(0.5, 2, size=p) + rng.normal(size=p)
    signal = x @ rng.normal(size=(p, q)) / np.sqrt(p) * np.linspace(0, 2, q)
    return x, signal + rng.normal(size=(n, q)) + 3


def difficult(name):
    """Problems on which solvers differ where they are careless."""
    x, y = problem(40, 20, seed=1)
    if name == "rank_deficient":
        x[:, 10:] = x[:, :10] @ np.random.default_rng(0).normal(size=(10, 10))
    elif name == "duplicate_features":
        x[:, 10:] = x[:, :10]
    elif name == "badly_scaled":
        x *= np.logspace(-3, 3, 20)
    elif name == "constant_input":
        x[:, 4] = 7.0
    elif name == "constant_target":
        y[:, 1] = 2.5
    return x, y


DIFFICULT = (
    "rank_deficient",
    "duplicate_features",
    "badly_scaled",
    "constant_input",
    "constant_target",
)


def solve(x, y, penalty, *, intercept=True, standardise=False):
    """Return weights and intercepts by the normal equations."""
    mean, centre = (part.mean(axis=0) * intercept for part in (x, y))
    sd = x.std(axis=0)
    varies = sd > 1e-6 * np.abs(x.mean(axis=0))
    gain = np.where(varies, 1 / np.where(varies, sd, 1), 0) if standardise else np.ones(x.shape[1])
    z = (x - mean) * gain
    weights = np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T @ (y - centre))
    weights = weights * gain[:, None]
    return weights, centre - mean @ weights


def held_out(x, y, folds, penalty, *, intercept=True, standardise="no"):
    """Predict every fold by a fit to the others."""
    z = x * (1 / x.std(axis=0)) if standardise == "once" else x
    predicted = np.empty_like(y)
    for fold in np.unique(folds):
        out = folds == fold
        own = standardise == "fold"
        weights, constant = solve(z[~out], y[~out], penalty, intercept=intercept, standardise=own)
        predicted[out] = z[out] @ weights + constant
    return predicted


def r2(y, predicted, folds, intercept=True):
    """Return 1 - error / error of the training means, over all left-out rows."""
    guess = np.empty_like(y)
    for fold in np.unique(folds):
        out = folds == fold
        guess[out] = y[~out].mean(axis=0) * intercept
    return 1 - ((y - predicted) ** 2).sum(axis=0) / ((y - guess) ** 2).sum(axis=0)


def correlation(y, predicted, folds):
    """Return the mean over folds of Pearson's r."""
    each = [
        [np.corrcoef(a, b)[0, 1] for a, b in zip(y[own].T, predicted[own].T, strict=True)]
        for own in (folds == fold for fold in np.unique(folds))
    ]
    return np.mean(each, axis=0)
