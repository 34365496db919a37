"""An encoder of the simulated sensors predicts nothing before the onset, and each kind in turn."""

import numpy as np
import pandas as pd
import pytest

from afterimage.evaluate.pair import Pair
from afterimage.evaluate.score_encoder import score_encoder
from afterimage.evaluate.summarise import Identity
from afterimage.ingest.simulated import evoked as model
from afterimage.ingest.simulated.features import views
from afterimage.ingest.simulated.pictures import draw_reference
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv

SENSORS, TRAIN, TEST, REPETITIONS = 24, 240, 80, 4
TIMES = np.round(np.arange(-0.1, 0.4, 0.02), 3)
EVALUATION = {
    "metrics": [{"name": "encoding_r"}, {"name": "encoding_normalised_r"}],
    "bootstrap": 100,
    "permutations": 400,
    "fdr": 0.05,
    "ceiling_floor": 0.3,
}


@pytest.fixture(scope="module")
def recorded():
    """Latents of each kind, responses of shape (pictures, times, sensors), and true ratios."""
    seen = views(draw_reference(TRAIN + TEST, 32, seed=1))
    subject = model.draw_evoked(
        np.random.default_rng(3).normal(size=(SENSORS, 3)),
        seen,
        ncsnr=1.0,
        shared=0.5,
        common=np.random.default_rng(0),
        own=np.random.default_rng(4),
    )
    latents = model.latents_of(subject, seen)
    shape = (TRAIN + TEST, len(TIMES))
    noise = model.noise(subject, shape, 50, np.random.default_rng(5))
    noise[TRAIN:] /= np.sqrt(REPETITIONS)
    ends = np.cumsum([len(pattern) for pattern in subject.patterns])[:-1]
    kinds = np.split(latents, ends, axis=1)
    ratio = model.signal_sd(subject, latents, TIMES) / subject.noise_sd
    return kinds, model.clean(subject, latents, TIMES) + noise, ratio


def scores(features, responses, ratio):
    """Fit on the first pictures, score on the others; return rows and table of sensors."""
    flat = responses.reshape(len(responses), -1).astype(np.float64)
    settings = RidgeSettings(tuple(10.0**k for k in range(-2, 3)), relative=True, dtype="float64")
    fit = ridge_cv(features[:TRAIN], flat[:TRAIN], settings)
    pair = Pair(features[TRAIN:] @ fit.weights + fit.intercept, flat[TRAIN:], np.arange(TEST))
    channels = pd.DataFrame({"channel": np.arange(SENSORS)})
    channels["rois"] = [["back"] if c < 10 else ["front"] for c in range(SENSORS)]
    ceilings = pd.DataFrame(
        {
            "step": np.repeat(np.arange(len(TIMES)), SENSORS),
            "channel": np.tile(np.arange(SENSORS), len(TIMES)),
            "ncsnr": ratio.ravel(),
            "noise_ceiling": (100 * ratio**2 / (ratio**2 + 1 / REPETITIONS)).ravel(),
        }
    )
    identity = Identity("x", "s", "sensorwise", "latents")
    return score_encoder(
        pair,
        [],
        channels,
        ceilings,
        cv_score=fit.best_scores,
        evaluation=EVALUATION,
        identity=identity,
        seed=0,
    )


def course_of(table, name="r"):
    return table.pivot(index="step", columns="channel", values=name).to_numpy()


def test_nothing_is_predicted_before_the_onset_and_much_of_what_can_be_after_it(recorded):
    kinds, responses, ratio = recorded
    metrics, table = scores(np.concatenate(kinds, axis=1), responses, ratio)
    assert len(table) == len(TIMES) * SENSORS
    before = min(kind.onset for kind in model.KINDS) >= TIMES
    r, q = course_of(table), course_of(table, "q_value")
    assert abs(r[before].mean()) < 0.05
    # The rate is that of all discoveries, wherever they lie: a twentieth of them may lie here.
    found = q <= EVALUATION["fdr"]
    assert found[before].sum() <= EVALUATION["fdr"] * found.sum()
    peak = np.abs(TIMES - 0.1).argmin()
    assert (q[peak] <= EVALUATION["fdr"]).mean() > 0.9
    assert r[peak].mean() > 0.6
    # No ceiling where there is no signal; near the peak most of what can be predicted is.
    normalised = course_of(table, "normalised_r")
    assert np.isnan(normalised[before]).all()
    assert 0.85 < np.nanmean(normalised[peak]) < 1.05
    trained = course_of(table, "cv_score")
    assert abs(trained[before].mean()) < 0.02
    assert trained[peak].mean() > 0.2
    share = metrics[(metrics["metric"] == "encoding_significant") & (metrics["roi"] == "back")]
    assert share["n"].tolist() == [10 * len(TIMES)]


def test_each_kind_of_feature_predicts_best_at_its_own_time(recorded):
    kinds, responses, ratio = recorded
    peaks = []
    for features in kinds:
        _, table = scores(features, responses, ratio)
        peaks.append(TIMES[course_of(table).mean(axis=1).argmax()])
    assert peaks == sorted(peaks)
    # Late in its course the category stands alone, and may be predicted better than at its peak.
    assert (model.courses(np.array(peaks)).diagonal() > 0.5).all()
    assert peaks[0] == pytest.approx(0.1, abs=0.021)
    assert peaks[-1] >= 0.2
