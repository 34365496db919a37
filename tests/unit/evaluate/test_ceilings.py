import numpy as np
import pytest

from afterimage.contracts.errors import DataError
from afterimage.evaluate.ceilings import (
    CeilingMoments,
    ceiling_correlation,
    nc_percent,
    standardised,
)


def brain(n_stimuli, repetitions, ncsnr, seed=0):
    """Responses whose signal has the sd ``ncsnr`` and whose noise has sd one."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(n_stimuli, len(ncsnr))) * ncsnr
    ids = np.repeat(np.arange(n_stimuli), repetitions)
    return signal[ids] + rng.normal(size=(len(ids), len(ncsnr))), ids


def ncsnr_of(responses, ids):
    return CeilingMoments().add(responses, ids).ncsnr()


def standardise_sessions(responses, sessions):
    result = np.empty(responses.shape)
    for session in np.unique(sessions):
        block = responses[sessions == session]
        result[sessions == session] = standardised(block, np.ones(len(block), dtype=bool))
    return result


def slow_ncsnr(responses, ids):
    """The manual's formula for equal numbers of repetitions, one voxel at a time."""
    result = []
    for voxel in responses.T:
        noise = np.mean([voxel[ids == i].var(ddof=1) for i in np.unique(ids)])
        result.append(np.sqrt(max(0, voxel.var() - noise)) / np.sqrt(noise))
    return result


def test_estimates_converge_to_the_true_ratio():
    true = np.array([0.0, 0.3, 0.7, 1.5])
    responses, ids = brain(20_000, 3, true)
    ncsnr = ncsnr_of(responses, ids)
    np.testing.assert_allclose(ncsnr[1:], true[1:], rtol=0.05)
    assert ncsnr[0] < 0.1


def test_equals_a_slow_loop():
    responses, ids = brain(30, 3, np.linspace(0, 1, 6))
    np.testing.assert_allclose(ncsnr_of(responses, ids), slow_ncsnr(responses, ids))


def test_unequal_repetitions_are_pooled_by_their_degrees_of_freedom():
    true = np.full(3, 0.7)
    responses, ids = brain(6000, np.arange(6000) % 4 + 1, true)
    np.testing.assert_allclose(ncsnr_of(responses, ids), true, rtol=0.04)


def test_percent_follows_the_manual_for_three_two_and_one_repetitions():
    repetitions = np.repeat([3, 2, 1], [5, 4, 2])
    expected = 100 * 0.49 / (0.49 + (5 / 3 + 4 / 2 + 2) / 11)
    np.testing.assert_allclose(nc_percent(np.array([0.7]), repetitions), expected)
    np.testing.assert_allclose(nc_percent(np.array([1.0]), np.array([4, 4])), 80)


def test_the_ceiling_is_the_correlation_of_averages_with_the_noise_free_signal():
    ncsnr = np.array([0.4, 0.7, 1.2])
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(20_000, 3)) * ncsnr
    average = signal + rng.normal(size=(3, 20_000, 3)).mean(axis=0)
    measured = [np.corrcoef(average[:, v], signal[:, v])[0, 1] for v in range(3)]
    expected = ceiling_correlation(nc_percent(ncsnr, np.full(10, 3)))
    np.testing.assert_allclose(measured, expected, atol=0.01)


def test_a_stream_of_blocks_gives_the_same_as_one_piece():
    responses, ids = brain(40, 3, np.linspace(0.2, 1, 5))
    order = np.random.default_rng(0).permutation(len(ids))
    moments = CeilingMoments()
    for part in np.array_split(order, 7):
        moments.add(responses[part], ids[part])
    np.testing.assert_allclose(moments.ncsnr(), ncsnr_of(responses, ids))
    assert (moments.repetitions == 3).all()


def test_a_constant_voxel_has_no_ceiling():
    responses, ids = brain(20, 2, np.array([0.5, 0.5]))
    responses[:, 1] = 0
    ncsnr = ncsnr_of(responses, ids)
    np.testing.assert_array_equal(np.isnan(ncsnr), [False, True])
    assert np.isnan(nc_percent(ncsnr, np.array([2]))[1])


def test_without_repetitions_there_is_a_two_line_error():
    responses, ids = brain(20, 1, np.array([0.5]))
    with pytest.raises(DataError, match="shown once") as refused:
        ncsnr_of(responses, ids)
    assert len(str(refused.value).splitlines()) == 2


def test_an_estimator_without_data_says_so():
    with pytest.raises(DataError):
        CeilingMoments().ncsnr()


def test_sessions_are_standardised_each_on_its_own():
    rng = np.random.default_rng(0)
    sessions = np.repeat(["a", "b"], 50)
    responses = rng.normal(size=(100, 4)) * 3 + 7
    responses[sessions == "b"] *= 10
    responses[sessions == "a", 2] = 5.0
    result = standardise_sessions(responses, sessions)
    for session in ("a", "b"):
        block = result[sessions == session]
        np.testing.assert_allclose(block.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(result[sessions == "b"].std(axis=0), 1)
    assert not result[sessions == "a", 2].any()


def test_only_the_wanted_rows_are_returned_and_rounding_is_no_signal():
    session = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    session[:, 1] = 0.1
    wanted = np.arange(30) % 3 == 0
    whole = standardised(session, np.ones(30, dtype=bool))
    np.testing.assert_array_equal(standardised(session, wanted), whole[wanted])
    assert not whole[:, 1].any()


def test_drift_between_sessions_does_not_pass_for_noise_after_standardising():
    true = np.full(4, 0.7)
    responses, ids = brain(3000, 2, true)
    sessions = np.random.default_rng(1).integers(4, size=len(ids))
    drifted = responses * (1 + 0.2 * sessions[:, None]) + 3 * sessions[:, None]
    ncsnr = ncsnr_of(standardise_sessions(drifted, sessions), ids)
    np.testing.assert_allclose(ncsnr, true, rtol=0.06)
