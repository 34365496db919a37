"""A small recording on disk."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from model_rows import N_TEST, N_TRAIN, N_VAL, VALUES, VOXELS, write_array

from afterimage.models.folds import ResponseSettings, SubjectData


@pytest.fixture
def recording(tmp_path):
    """Two sessions of two runs, 38 pictures: 24 train (twice), 6 validate, 8 test (thrice)."""
    rng = np.random.default_rng(0)
    n = N_TRAIN + N_VAL + N_TEST
    repetitions = [2] * (N_TRAIN + N_VAL) + [3] * N_TEST
    picture = rng.permutation(np.repeat(np.arange(n), repetitions))
    ids = [f"p{i:02d}" for i in range(n)]
    session = np.repeat([1, 2], (len(picture) + 1) // 2)[: len(picture)]
    run = np.repeat([1, 2, 1, 2], (len(picture) + 3) // 4)[: len(picture)]
    trials = pd.DataFrame(
        {
            "trial_id": [f"t{i:03d}" for i in range(len(picture))],
            "subject": "s1",
            "session": session,
            "run": run,
            "onset": np.nan,
            "stimulus_id": [ids[i] for i in picture],
        }
    )
    trials["repetition"] = trials.groupby("stimulus_id").cumcount()
    values = rng.normal(size=(n, VALUES))
    tuning = rng.normal(size=(VALUES, VOXELS))
    responses = (
        values[picture] @ tuning + rng.normal(size=(len(picture), VOXELS)) + 10 * session[:, None]
    ).astype(np.float32)
    roles = np.array(["train"] * N_TRAIN + ["val"] * N_VAL + ["test"] * N_TEST)
    second = np.roll(roles, 9)
    splits = pd.concat(
        pd.DataFrame(
            {
                "trial_id": trials["trial_id"],
                "fold": fold,
                "role": role[picture],
                "group": trials["stimulus_id"],
            }
        )
        for fold, role in enumerate([roles, second])
    )
    # Files are in another order than the trials: only keys join them.
    order = rng.permutation(len(picture))
    channels = pd.DataFrame(
        {
            "channel": np.arange(VOXELS),
            "name": None,
            "excluded": False,
            "reason": "",
            "rois": [["V1"]] * VOXELS,
        }
    )
    channels.loc[3, "excluded"] = True
    return {
        "responses": write_array(
            tmp_path / "responses.arrow",
            "trial_id",
            trials["trial_id"].to_numpy()[order].tolist(),
            responses[order],
            ("voxel",),
            unit="percent",
        ),
        "values": write_array(
            tmp_path / "values.arrow",
            "stimulus_id",
            ids[::-1],
            values[::-1].astype(np.float32),
            ("value",),
        ),
        "trials": trials,
        "splits": splits,
        "channels": channels,
        "raw": responses,
        "raw_values": values.astype(np.float32)[picture],
    }


@pytest.fixture
def subject(recording):
    def make(**settings):
        fields = ("responses", "values", "trials", "splits", "channels")
        return SubjectData(
            *(recording[field] for field in fields), settings=ResponseSettings(**settings)
        )

    return make


@pytest.fixture
def work(tmp_path) -> Path:
    return tmp_path / "work"
