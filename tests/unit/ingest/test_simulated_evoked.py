import numpy as np
import pytest
from in_memory import ncsnr

from afterimage.ingest.simulated import evoked as model
from afterimage.ingest.simulated.features import views
from afterimage.ingest.simulated.pictures import draw_reference

SENSORS = 40
moments = np.arange(-0.1, 0.6, 0.01)


@pytest.fixture(scope="module")
def reference():
    return views(draw_reference(400, 32, seed=1))


def subject_of(reference, shared=0.5, seed=4):
    return model.draw_evoked(
        np.random.default_rng(3).normal(size=(SENSORS, 3)),
        reference,
        ncsnr=0.5,
        shared=shared,
        common=np.random.default_rng(0),
        own=np.random.default_rng(seed),
    )


@pytest.fixture(scope="module")
def drawn(reference):
    return subject_of(reference)


def test_subjects_share_what_was_asked_of_their_patterns(reference):
    for shared in (0.0, 0.5, 1.0):
        pairs = [
            [np.concatenate(subject_of(reference, shared, seed).patterns) for seed in both]
            for both in ((4, 5), (6, 7), (8, 9), (10, 11))
        ]
        found = np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs])
        assert found == pytest.approx(shared, abs=0.15)


def test_nothing_is_evoked_before_the_onset_and_most_at_the_peak():
    course = model.courses(moments)
    for kind, own in zip(model.KINDS, course, strict=True):
        assert not own[moments <= kind.onset + 1e-9].any()
        assert own[moments > kind.onset + 1e-9][0] > 0
        assert moments[own.argmax()] == pytest.approx(kind.peak, abs=0.0051)
        assert model.courses(np.array([kind.peak])).max() == pytest.approx(1)


def test_latents_have_mean_zero_and_variance_one_over_the_population(drawn, reference):
    latents = model.latents_of(drawn, reference)
    assert latents.shape[1] == sum(len(pattern) for pattern in drawn.patterns)
    np.testing.assert_allclose(latents.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(latents.std(axis=0), 1, atol=1e-8)


def test_the_signals_deviation_is_that_of_clean_responses(drawn, reference):
    latents = model.latents_of(drawn, reference)
    told = model.signal_sd(drawn, latents, moments)
    seen = model.clean(drawn, latents, moments).std(axis=0, ddof=1)
    np.testing.assert_allclose(seen, told, atol=1e-4)
    best = (told / drawn.noise_sd).max(axis=0)
    assert 0.4 < np.median(best) < 0.6


def test_jitter_moves_the_response(drawn, reference):
    latents = model.latents_of(drawn, reference)[:3]
    late = model.clean(drawn, latents, moments, jitter=np.full(3, 0.05))
    np.testing.assert_allclose(late[:, 5:], model.clean(drawn, latents, moments)[:, :-5], atol=1e-5)


def test_noise_is_stationary_of_known_deviation_and_correlated(drawn):
    values = model.noise(drawn, (400, 60), rate=100, rng=np.random.default_rng(5))
    np.testing.assert_allclose(values[:, 0].std(axis=0), drawn.noise_sd, rtol=0.2)
    np.testing.assert_allclose(values[:, -1].std(axis=0), drawn.noise_sd, rtol=0.2)
    np.testing.assert_allclose(values.std(axis=(0, 1)), drawn.noise_sd, rtol=0.05)
    lag = (values[:, 1:] * values[:, :-1]).mean() / (values**2).mean()
    assert lag == pytest.approx(np.exp(-1 / (100 * model.NOISE_SECONDS)), abs=0.03)
    spread = np.corrcoef(values.reshape(-1, SENSORS), rowvar=False)
    assert spread[~np.eye(SENSORS, dtype=bool)].max() > 0.3


def test_truth_tells_latencies_and_ceilings(drawn, reference):
    truth = model.truth_of(drawn, reference, moments)
    assert truth["ncsnr"].shape == (len(moments), SENSORS)
    assert not truth["ncsnr"][moments <= min(truth["onset"]) + 1e-9].any()
    assert (truth["peak"] > truth["onset"]).all()


def test_ceilings_measured_from_repetitions_follow_the_truth(drawn, reference):
    """As many test pictures and repetitions as THINGS-MEG has."""
    pictures, repetitions = 200, 12
    latents = model.latents_of(drawn, reference)[:pictures]
    clean = model.clean(drawn, latents, moments)
    rng = np.random.default_rng(8)
    trials = [
        clean + model.noise(drawn, clean.shape[:2], rate=100, rng=rng) for _ in range(repetitions)
    ]
    session = np.repeat(np.arange(repetitions), pictures)
    stimulus = np.tile(np.arange(pictures), repetitions)
    found = ncsnr(np.concatenate(trials), session, stimulus).reshape(len(moments), SENSORS)
    true = model.signal_sd(drawn, latents, moments) / drawn.noise_sd
    assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.9
    strong = true > 0.2
    np.testing.assert_allclose(found[strong], true[strong], atol=0.15)
