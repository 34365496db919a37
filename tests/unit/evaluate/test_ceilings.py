import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.ncsnr import nc_percent
from afterimage.contracts.tables import check_table
from afterimage.evaluate.ceilings import CEILINGS, ceiling_correlation, ceilings_table


def case(roles, stimuli, steps=1):
    trials = pd.DataFrame(
        {"trial_id": [f"t{i}" for i in range(len(roles))], "stimulus_id": stimuli}
    )
    splits = trials[["trial_id"]].assign(role=roles)
    ncsnr = pd.DataFrame(
        {
            "step": np.repeat(np.arange(steps), 2),
            "channel": np.tile([0, 1], steps),
            "ncsnr": np.tile([0.7, np.nan], steps),
        }
    )
    return ncsnr, trials, splits


def test_the_ceiling_is_the_correlation_of_averages_with_the_noise_free_signal():
    ncsnr = np.array([0.4, 0.7, 1.2])
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(20_000, 3)) * ncsnr
    average = signal + rng.normal(size=(3, 20_000, 3)).mean(axis=0)
    measured = [np.corrcoef(average[:, v], signal[:, v])[0, 1] for v in range(3)]
    expected = ceiling_correlation(nc_percent(ncsnr, np.full(10, 3)))
    np.testing.assert_allclose(measured, expected, atol=0.01)


@pytest.mark.parametrize(
    ("average_test", "share"), [("stimulus", (1 / 3 + 1) / 2), ("prediction", 2 / 3), ("none", 1)]
)
def test_the_ceiling_is_that_of_what_is_averaged_on_the_test_side_only(average_test, share):
    roles = ["train"] * 4 + ["test"] * 4
    tables = case(roles, ["a", "a", "b", "b", "c", "c", "c", "d"])
    found = ceilings_table(*tables, average_test)
    check_table(found, CEILINGS, "test")
    assert found["noise_ceiling"][0] == pytest.approx(100 * 0.49 / (0.49 + share))
    assert np.isnan(found["noise_ceiling"][1])


def test_responses_over_time_have_a_ceiling_per_step_and_channel():
    found = ceilings_table(*case(["test", "test"], ["a", "a"], steps=3), "stimulus")
    check_table(found, CEILINGS, "test")
    assert found["step"].tolist() == [0, 0, 1, 1, 2, 2]
    assert found["noise_ceiling"].notna().tolist() == [True, False] * 3
