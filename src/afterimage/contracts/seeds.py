"""Every random draw comes from the experiment's seed and the key of what draws."""

import hashlib

import numpy as np


def derive_seed(seed: int, *key: str | int) -> int:
    """Derive an independent 63-bit seed from a base seed and a key.

    Parameters
    ----------
    seed : int
        The experiment's (or the simulation's) seed.
    *key : str or int
        What draws, from coarse to fine: ``("fit", "subj01", "ridge", 3)``.

    Returns
    -------
    int
        The same on every machine and in every process.
    """
    text = "\x1f".join([str(seed), *(f"{type(part).__name__}:{part}" for part in key)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def rng(seed: int, *key: str | int) -> np.random.Generator:
    """Return a generator seeded by :func:`derive_seed`."""
    return np.random.default_rng(derive_seed(seed, *key))
