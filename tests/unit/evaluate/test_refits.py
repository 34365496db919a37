import numpy as np

from afterimage.evaluate.refits import null_mean


def test_mean_sd_and_number_of_refits():
    null = null_mean([0.4, 0.5, 0.6])
    assert np.isclose(null.mean, 0.5)
    assert np.isclose(null.sd, 0.1)
    assert null.n_refits == 3
    assert np.isclose(null.standard_error, 0.1 / np.sqrt(3))


def test_undefined_refits_are_not_counted():
    assert null_mean([0.4, np.nan]).n_refits == 1
    assert np.isnan(null_mean([0.4]).sd)


def test_without_refits_there_is_no_null():
    null = null_mean([])
    assert np.isnan([null.mean, null.sd, null.standard_error]).all()
