"""Decoding window by window: what is decodable when, and never before."""

import numpy as np
import pandas as pd
import pytest
from model_rows import write_array

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.contracts.registry import build
from afterimage.evaluate.assemble import Shown
from afterimage.evaluate.time_resolved import latencies, score_windows
from afterimage.models.fitting import fit_model, predict_model
from afterimage.models.folds import ResponseSettings, SubjectData
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder
from afterimage.models.rows import write_rows
from afterimage.models.time_resolved import time_resolved
from afterimage.models.time_windows import time_windows

RIDGE = RidgeConfig(name="ridge")
SLIDING = {"kind": "sliding", "window": 0.02, "step": 0.02}
RATE, SENSORS, PICTURES, VALUES = 100, 8, 80, 3
EPOCH = tuple(np.round(np.arange(-0.1, 0.3, 1 / RATE), 6).tolist())
ONSET, PEAK = 0.10, 0.16
EVALUATION = {"bootstrap": 100, "permutations": 200}


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """One trial per picture; nothing is evoked before 100 ms, most at 160 ms."""
    folder = tmp_path_factory.mktemp("time")
    rng = np.random.default_rng(2)
    ids = [f"p{i:02d}" for i in range(PICTURES)]
    values = rng.normal(size=(PICTURES, VALUES)).astype(np.float32)
    times = np.array(EPOCH)
    past = (times - PEAK) / (PEAK - ONSET)
    course = np.where(np.abs(past) < 1, np.cos(np.pi / 2 * np.clip(past, -1, 1)) ** 2, 0)
    signal = course[None, :, None] * (values @ rng.normal(size=(VALUES, SENSORS)))[:, None]
    responses = (signal + 0.7 * rng.normal(size=signal.shape)).astype(np.float32)
    trials = pd.DataFrame({"trial_id": [f"t{i:02d}" for i in range(PICTURES)], "subject": "s"})
    trials["session"], trials["run"], trials["onset"] = 1, 1, np.nan
    trials["stimulus_id"], trials["repetition"] = ids, 0
    role = np.where(np.arange(PICTURES) < 50, "train", "test")
    splits = pd.DataFrame({"trial_id": trials["trial_id"], "fold": 0, "role": role, "group": ids})
    channels = pd.DataFrame({"channel": np.arange(SENSORS), "name": None, "excluded": False})
    channels["rois"] = [[]] * SENSORS
    names = trials["trial_id"].tolist()
    return SubjectData(
        write_array(folder / "r.arrow", "trial_id", names, responses, ("time", "sensor")),
        write_array(folder / "f.arrow", "stimulus_id", ids, values, ("value",)),
        trials, splits, channels, ResponseSettings(),
    )  # fmt: skip


def predicted(subject, path, settings, generalise=False):
    windows = time_windows(EPOCH, settings)
    rows = time_resolved(
        RidgeDecoder, RIDGE, subject, windows,
        generalise=generalise, seed=0, device="cpu", work=path.parent / "work",
    )  # fmt: skip
    provenance = {"windows": [[window.first, window.last] for window in windows]}
    write_rows(path, rows, "decoder", subject, provenance)
    return ArrayFile(path), windows


def scored(subject, file):
    stimuli = pd.DataFrame({"stimulus_id": subject.trials["stimulus_id"], "category": None})
    return score_windows(
        file,
        subject.values,
        Shown(subject.trials, subject.splits, stimuli),
        build("metric", {"name": "two_way"}),
        space_per_fold=False,
        evaluation=EVALUATION,
        identity={"subject": "s", "analysis": "sliding"},
        seed=0,
    )


def test_decoding_begins_and_is_best_when_it_should_and_never_before(subject, tmp_path):
    file, windows = predicted(subject, tmp_path / "p.arrow", SLIDING)
    scores = scored(subject, file)
    assert len(scores) == len(windows) == 20
    before = scores[scores["tested_last"] < ONSET]
    assert (before["value"] <= before["null_max"]).all()
    assert before["value"].mean() == pytest.approx(0.5, abs=0.06)
    (found,) = latencies(scores).to_dict("records")
    assert found["onset"] == pytest.approx(ONSET, abs=0.035)
    assert found["peak"] == pytest.approx(PEAK, abs=0.02)
    assert found["peak_value"] > 0.85
    assert (scores["null_max"] >= scores["null_high"] - 1e-12).all()
    assert (scores["null_low"] < scores["chance"]).all()


def test_one_window_of_the_whole_epoch_is_the_usual_fit(subject, tmp_path):
    width = len(EPOCH) / RATE
    whole = {"kind": "sliding", "window": width, "step": width}
    file, windows = predicted(subject, tmp_path / "p.arrow", whole)
    assert len(windows) == 1
    tensors, _ = fit_model(
        RidgeDecoder, RIDGE, subject, seed=0, device="cpu", work=tmp_path / "work"
    )
    (rows,) = predict_model(RidgeDecoder, RIDGE, subject, tensors, device="cpu")
    np.testing.assert_allclose(file.read(), rows.values, rtol=1e-5, atol=1e-5)


def test_a_fit_of_one_window_is_tested_in_all_others(subject, tmp_path):
    settings = {"kind": "sliding", "window": 0.04, "step": 0.04}
    file, windows = predicted(subject, tmp_path / "p.arrow", settings, generalise=True)
    scores = scored(subject, file)
    assert len(scores) == len(windows) ** 2
    table = scores.pivot(index="fitted", columns="tested", values="value").to_numpy()
    at = [window.first for window in windows]
    best, early = at.index(0.14), at.index(-0.1)
    # The pattern stays the same, so that a fit carries over; where there is nothing, it does not.
    assert table[best, best] > 0.85
    assert table[best, at.index(0.18)] > 0.7
    assert abs(table[best, early] - 0.5) < 0.15
    alone, _ = predicted(subject, tmp_path / "q.arrow", settings)
    own = scored(subject, alone)["value"].to_numpy()
    np.testing.assert_allclose(table.diagonal(), own, atol=1e-12)


def test_growing_windows_begin_at_the_onset():
    windows = time_windows(EPOCH, {"kind": "growing", "window": 0.05, "step": 0.1})
    assert [window.first for window in windows] == [0.0, 0.0, 0.0]
    assert [window.last for window in windows] == pytest.approx([0.04, 0.14, 0.24])


def test_sliding_windows_have_one_width_and_stay_inside():
    windows = time_windows(EPOCH, {"kind": "sliding", "window": 0.1, "step": 0.025})
    assert {window.steps.stop - window.steps.start for window in windows} == {10}
    assert windows[0].first == -0.1
    assert windows[-1].steps.stop <= len(EPOCH)


def test_windows_that_cannot_be_are_told(subject, tmp_path):
    with pytest.raises(ConfigError, match="at most the epoch"):
        time_windows(EPOCH, {"kind": "sliding", "window": 3, "step": 0.1})
    with pytest.raises(DataError, match="no time axis"):
        time_windows(None, SLIDING)


def test_responses_without_time_are_refused(subject, tmp_path):
    flat = write_array(
        tmp_path / "flat.arrow", "trial_id", subject.trials["trial_id"].tolist(),
        subject.responses.read()[:, 0], ("sensor",),
    )  # fmt: skip
    other = SubjectData(
        flat, subject.values, subject.trials, subject.splits, subject.channels, subject.settings
    )
    rows = time_resolved(
        RidgeDecoder, RIDGE, other, time_windows(EPOCH, SLIDING),
        generalise=False, seed=0, device="cpu", work=tmp_path,
    )  # fmt: skip
    with pytest.raises(ShapeError, match="over time"):
        next(rows)


def test_no_window_above_chance_has_no_onset():
    frame = pd.DataFrame(
        {
            "subject": "s",
            "analysis": "a",
            "fitted": [0, 1],
            "tested": [0, 1],
            "tested_first": [0.0, 0.1],
            "tested_last": [0.1, 0.2],
            "value": [0.5, 0.55],
            "null_max": 0.6,
        }
    )
    (found,) = latencies(frame).to_dict("records")
    assert np.isnan(found["onset"])
    assert found["peak"] == pytest.approx(0.15)
