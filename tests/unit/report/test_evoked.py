"""Sensors are drawn where they are, when they carry signal."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from example_report import example_sensors

from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.truth import true_ncsnr
from afterimage.report.ceilings_figure import draw_ceilings
from afterimage.report.evoked_figure import draw_evoked, regions_of
from afterimage.report.sensor_places import sensor_places
from afterimage.report.topographies import chosen_steps


def test_ctf_sensors_lie_on_their_side_and_the_front_is_above() -> None:
    left, right, front, back = sensor_places(["MLT11-1609", "MRT11", "MZF01", "MZO01"], "CTF275")
    assert left[0] < 0 < right[0]
    assert front[1] > 0 > back[1]
    assert np.isnan(sensor_places(["X1"], "CTF275")).all()


def test_electrodes_lie_on_their_side_and_the_front_is_above() -> None:
    names = ["T7", "T8", "Fz", "Oz", "Cz"]
    left, right, front, back, top = sensor_places(names, "colin27_1005")
    assert left[0] < -0.02 < 0.02 < right[0]
    assert front[1] > 0 > back[1]
    assert np.abs(top).max() < np.abs(left).max() / 2


def test_maps_stand_at_even_times_after_the_onset_and_at_the_best() -> None:
    table, _, times = example_sensors()
    ratio = table.pivot(index="step", columns="channel", values="ncsnr").to_numpy()
    now = 1000 * np.array(times)
    steps = chosen_steps(ratio, now)
    assert len(steps) == 5
    assert (now[steps] >= 0).all()
    assert 100 in now[steps].round().tolist()


def test_groups_are_regions_without_excluded_sensors() -> None:
    _, channels, _ = example_sensors()
    channels.loc[0, "excluded"] = True
    groups = regions_of(channels)
    assert sorted(groups) == ["central", "frontal", "occipital", "parietal", "temporal"]
    assert len(groups["occipital"]) == 5
    channels["rois"] = [["mag"]] * len(channels)
    assert list(regions_of(channels)) == ["all sensors"]


@pytest.mark.parametrize("layout", [None, "CTF275"])
def test_without_a_layout_or_repetitions_the_figure_says_so(tmp_path: Path, layout) -> None:
    table, channels, times = example_sensors()
    table["ncsnr"] = np.nan
    files = (tmp_path / "e.png", tmp_path / "e.pdf")
    draw_evoked(table, channels, times, layout, "T", *files)
    assert matplotlib.image.imread(files[0]).shape[1] == 1800


def test_ceilings_over_time_are_drawn_with_their_truth(tmp_path: Path) -> None:
    table, _, times = example_sensors()
    ceilings = table[["step", "channel", "ncsnr"]].assign(noise_ceiling=100 * table["ncsnr"])
    true = table.pivot(index="step", columns="channel", values="ncsnr").to_numpy()
    files = (tmp_path / "c.png", tmp_path / "c.pdf")
    draw_ceilings({"s": ceilings}, {"s": true}, {"s": times}, *files)
    assert files[0].stat().st_size > 5000


def test_the_truth_of_sensors_is_taken_at_the_recordings_times(tmp_path: Path) -> None:
    path = tmp_path / "truth.safetensors"
    ratio = np.arange(20.0).reshape(10, 2)
    save_tensors(path, {"times": np.arange(10) / 100, "ncsnr": ratio})
    found = true_ncsnr(path, [0.02, 0.0401])
    assert found is not None
    assert found.tolist() == [[4, 5], [8, 9]]
    assert true_ncsnr(path, [0.02, 0.3]) is None


def test_channels_without_names_have_one_group() -> None:
    channels = pd.DataFrame({"channel": [0, 1], "excluded": False, "rois": [[], []]})
    assert regions_of(channels)["all sensors"].tolist() == [0, 1]
