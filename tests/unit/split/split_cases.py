"""Small recordings to split, and settings as the configuration validates them."""

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from afterimage.contracts.config.splits import Split
from afterimage.split.assemble import make_splits
from afterimage.split.inputs import SplitInputs

SPLIT = TypeAdapter(Split)


def settings(protocol, **keys):
    return SPLIT.validate_python({"protocol": protocol, **keys}).model_dump(mode="json")


def make_trials(stimuli=20, repetitions=3):
    """One subject, one session; the n-th presentations are run n."""
    ids = np.repeat([f"s{i:02d}" for i in range(stimuli)], repetitions)
    repetition = np.tile(np.arange(repetitions), stimuli)
    return pd.DataFrame(
        {
            "trial_id": [f"t{i}" for i in range(len(ids))],
            "subject": "sub-01",
            "session": 1,
            "run": repetition + 1,
            "onset": np.nan,
            "stimulus_id": ids,
            "repetition": repetition,
        }
    )


def make_sessions(subjects, sessions, stimuli, seed, first=1, trials=30):
    """Pictures in random order over sessions, so that they repeat across them."""
    rng = np.random.default_rng(seed)
    rows = [
        pd.DataFrame(
            {
                "trial_id": [f"{subject}_{session}_{i}" for i in range(trials)],
                "subject": f"sub-{subject:02d}",
                "session": session + first,
                "run": np.arange(trials) // 10 + 1,
                "onset": np.nan,
                "stimulus_id": [f"s{i:02d}" for i in rng.integers(0, stimuli, trials)],
                "repetition": 0,
            }
        )
        for subject in range(subjects)
        for session in range(sessions)
    ]
    return pd.concat(rows, ignore_index=True)


def make_stimuli(stimuli=20, per_source=1):
    ids = [f"s{i:02d}" for i in range(stimuli)]
    return pd.DataFrame(
        {
            "stimulus_id": ids,
            "source_id": [f"tile{i // per_source}" for i in range(stimuli)],
            "category": ["cat" if i % 2 else "dog" for i in range(stimuli)],
        }
    )


def make_inputs(chosen, trials=None, stimuli=None, roles=(), seed=0, clusters=None):
    trials = make_trials() if trials is None else trials
    stimuli = make_stimuli() if stimuli is None else stimuli
    published = pd.Series(roles, index=trials["trial_id"][: len(roles)], dtype=object)
    return SplitInputs(trials, stimuli, published, chosen, seed, clusters)


def split(chosen, *arguments, **keys):
    """Return the splits joined with what was shown."""
    inputs = make_inputs(chosen, *arguments, **keys)
    shown = inputs.shown().drop(columns="published_role")
    return make_splits(inputs).merge(shown, on="trial_id", validate="m:1")


def names_by_role(rows, column="stimulus_id"):
    """The distinct stimuli (or sources, clusters ...) of each role."""
    return {
        role: set(rows.loc[rows["role"] == role, column])
        for role in ("train", "val", "test", "unused")
    }
