import numpy as np
import pytest

from afterimage.contracts.errors import DataError
from afterimage.ingest.things_meg.head import largest_shift, read_coils
from afterimage.ingest.things_meg.latency import Latency, first_response, is_occipital

TIMES = np.arange(-20, 261) / 200


def trials(peak: float | None, count: int = 120, seed: int = 0) -> np.ndarray:
    """Trials of 30 sensors in noise, with one bump of 40 ms."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((count, len(TIMES), 30))
    if peak is not None:
        values += np.exp(-(((TIMES - peak) / 0.02) ** 2))[:, None] * rng.choice([-1, 1], 30)
    return values


@pytest.mark.parametrize("peak", [0.08, 0.1, 0.15])
def test_a_visual_response_is_found_within_a_sample_or_two(peak):
    found = first_response([trials(peak)[:50], trials(peak)[50:]], TIMES)
    assert found.seconds == pytest.approx(peak, abs=0.0101)
    assert found.plausible
    assert found.trials == 120
    assert "plausible (60 to 180 ms)" in found.note("events")


@pytest.mark.parametrize("peak", [-0.05, 0.25])
def test_onsets_that_are_150_ms_off_are_not_plausible(peak):
    found = first_response([trials(peak)], TIMES)
    assert found.seconds == pytest.approx(peak, abs=0.0101)
    assert not found.plausible
    assert "NOT plausible" in found.note("triggers")


def test_the_first_of_several_peaks_counts_and_the_end_of_the_picture_does_not():
    later = 2.0 * np.exp(-(((TIMES - 0.7) / 0.02) ** 2))[:, None]
    second = 1.5 * np.exp(-(((TIMES - 0.2) / 0.02) ** 2))[:, None]
    values = trials(0.1) + later + second
    assert first_response([values], TIMES).seconds == pytest.approx(0.1, abs=0.0101)


def test_noise_alone_or_few_trials_say_that_nothing_is_known():
    for seed in range(20):
        assert first_response([trials(None, seed=seed)], TIMES).seconds is None
    assert first_response([trials(0.1, count=5)], TIMES) == Latency(None, 5)
    assert first_response([], TIMES) == Latency(None, 0)
    assert "could not be checked" in Latency(None, 0).note("events")


def test_sensors_that_are_not_finite_or_flat_are_passed_over():
    values = trials(0.1)
    values[3, 7, :5] = np.nan
    values[:, :, 6] = 0
    assert first_response([values], TIMES).seconds == pytest.approx(0.1, abs=0.0101)
    assert first_response([np.full((20, len(TIMES), 3), np.nan)], TIMES).seconds is None


def test_occipital_sensors_are_told_by_their_third_letter():
    names = ["MLO11-1609", "MZO01", "MRO53-2908", "MLT11-1609", "UPPT001", "O1", "MLO"]
    assert [is_occipital(name) for name in names] == [True, True, True, False, False, False, False]


# ------------------------------------------------------------------------------------- the head

COIL = "measured {} coil position relative to dewar (cm):\n\tx = {:.3f}\n\ty = 0.5\n\tz = -25\n"


def coils(x: float) -> str:
    standard = "standard nasion coil position relative to dewar (cm):\n\tx = 9\n\ty = 9\n\tz = 9\n"
    own = "".join(COIL.format(n, x) for n in ("nasion", "left ear", "right ear"))
    return standard + own + COIL.format("nasion", 99).replace("dewar", "head")


def test_the_largest_shift_of_the_head_is_in_millimetres(tmp_path):
    found = []
    for number, x in enumerate((1.0, 1.2, 0.7)):
        path = tmp_path / f"{number}.hc"
        path.write_text(coils(x))
        found.append(read_coils(path))
    assert found[0]["nasion"].tolist() == [10, 5, -250]
    assert largest_shift(found) == pytest.approx(3.0)


def test_a_file_without_coils_is_told(tmp_path):
    path = tmp_path / "run.hc"
    path.write_text(coils(1).replace("left ear", "toe"))
    with pytest.raises(DataError, match="no measured position of left"):
        read_coils(path)
    path.write_text(coils(1)[:-60])
    with pytest.raises(DataError, match=r"run\.hc"):
        read_coils(path.with_name("none_run.hc"))
