"""The ridge decoder and encoder, and their refits."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from model_rows import MemoryRows, in_memory

from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder
from afterimage.models.ridge_encoder import RidgeEncoder, RidgeEncoderConfig

CONFIG = RidgeConfig(name="ridge")
WIDE_AND_TALL = {"wide": {"stimuli": 20, "p": 60}, "tall": {"stimuli": 60, "p": 9}}


@pytest.mark.parametrize("shape", WIDE_AND_TALL)
@pytest.mark.parametrize("sizes", [(1,), (2,), (1, 2, 4)])
def test_refits_with_one_decomposition_equal_fits_of_shuffled_rows(shape, sizes):
    data = in_memory(**WIDE_AND_TALL[shape], sizes=sizes, validation=False)
    x = data.x[:5]
    fast = list(RidgeDecoder(CONFIG).refits(data, [1, 2, 3]))
    for seed, refit in zip([1, 2, 3], fast, strict=True):
        slow = RidgeDecoder(CONFIG).fit(data.shuffled(seed), Path())
        np.testing.assert_allclose(refit.penalties, slow.penalties)
        np.testing.assert_allclose(refit.predict(x), slow.predict(x), atol=1e-5)


def test_refits_of_an_encoder_are_fits_of_shuffled_rows():
    data = in_memory(kind="encoder", validation=False)
    model = RidgeEncoder(RidgeEncoderConfig(name="ridge_encoder"))
    (refit,) = model.refits(data, [5])
    slow = RidgeEncoder(model.config).fit(data.shuffled(5), Path())
    np.testing.assert_array_equal(refit.predict(data.x), slow.predict(data.x))


def test_standardised_fits_equal_a_scikit_learn_pipeline_on_badly_scaled_inputs():
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from afterimage.models.training import TrainingData

    data = in_memory(stimuli=40, p=9, validation=False)
    x = data.x.astype(np.float64) * np.logspace(-4, 4, 9) + 1
    scaled = TrainingData(MemoryRows(x), MemoryRows(data.y), data.groups, "y")
    model = RidgeDecoder(CONFIG).fit(scaled, Path())
    oracle = make_pipeline(StandardScaler(), Ridge(alpha=model.penalties, solver="svd"))
    inputs = scaled.x.astype(np.float64)
    expected = oracle.fit(inputs, data.y).predict(inputs)
    np.testing.assert_allclose(model.predict(scaled.x), expected, atol=5e-6)


def test_held_out_predictions_equal_refits_without_each_stimulus():
    from sklearn.linear_model import Ridge

    data = in_memory(stimuli=15, p=6, sizes=(1, 2), validation=False)
    config = RidgeConfig(name="ridge", standardise=False)
    model = RidgeDecoder(config).fit(data, Path())
    predicted = model.held_out(data)
    for group in np.unique(data.groups):
        out = data.groups == group
        oracle = Ridge(alpha=model.penalties, solver="svd").fit(data.x[~out], data.y[~out])
        np.testing.assert_allclose(predicted[out], oracle.predict(data.x[out]), atol=1e-5)


def test_the_card_tells_penalties_and_edges():
    data = in_memory(validation=False)
    card = RidgeDecoder(RidgeConfig(name="ridge", penalties=(1e-6, 1e-7))).fit(data, Path()).card()
    assert card["targets_at_lowest_penalty"] + card["targets_at_highest_penalty"] == 4
    assert card["penalty_grid"] == sorted(card["penalty_grid"])
    assert 0 < card["cv_score_mean"] < 1
    assert card["stimuli"] == 30


def test_a_ridge_job_does_not_import_torch():
    code = (
        "import sys, afterimage.models.ridge_decoder, afterimage.models.ridge_encoder, "
        "afterimage.models.fitting, afterimage.models.learning_curve, "
        "afterimage.models.target_values, afterimage.models.mean, afterimage.models.chance; "
        "heavy = {'torch', 'sklearn', 'skimage', 'transformers'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
