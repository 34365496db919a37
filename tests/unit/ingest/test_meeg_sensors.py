"""Sensors are chosen by kind, region, side and name, and know where they are."""

import mne
import numpy as np
import pytest

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import ConfigError
from afterimage.contracts.tables import check_table
from afterimage.ingest.meeg.regions import regions_of
from afterimage.ingest.meeg.sensors import sensors_of

EEG17 = ["Pz", "P3", "P7", "O1", "Oz", "O2", "P4", "P8", "P1", "P5", "PO7", "PO3", "POz", "PO4"]


def ctf_with_references():
    """Return an info as of a CTF recording: suffixes, references, compensation, a trigger."""
    info = mne.channels.read_meg_canonical_info("ctf275")
    info = mne.pick_info(info, range(272))
    mne.rename_channels(info, {name: f"{name[:5]}-1609" for name in info.ch_names})
    refs = mne.create_info(["BG1-1609", "G11-1609"], 1200.0, "ref_meg")
    other = mne.create_info(["UPPT001", "EEG057"], 1200.0, ["stim", "eog"])
    with info._unlock():
        info["sfreq"] = 1200.0
        info["chs"] = [*refs["chs"], *info["chs"], *other["chs"]]
        info._update_redundant()
        matrix = {"nrow": 272, "ncol": 2, "row_names": info.ch_names[2:274]}
        matrix |= {"col_names": info.ch_names[:2], "data": np.zeros((272, 2))}
        info["comps"] = [
            {"ctfkind": 1, "colcals": np.ones(2), "rowcals": np.ones(272), "kind": 1}
            | {"save_calibrated": False, "data": matrix}
        ]
    return info


def eeg(names):
    return mne.create_info(list(names), 250.0, "eeg")


@pytest.mark.parametrize("word", ["mag", "meg"])
def test_reference_sensors_are_never_among_a_kind(word):
    sensors = sensors_of(ctf_with_references(), [word])
    assert len(sensors.names) == 272
    assert set(sensors.kinds) == {"mag"}
    assert not [name for name in sensors.names if name[0] in "BGU"]
    assert sensors.layout == "CTF275"


def test_ctf_regions_come_from_the_third_letter_and_sides_from_the_second():
    info = ctf_with_references()
    occipital = sensors_of(info, ["occipital"])
    assert {name[2] for name in occipital.names} == {"O"}
    assert {name[1] for name in sensors_of(info, ["left"]).names} == {"L"}
    table = sensors_of(info, ["mag"]).channels().set_index("name")
    assert table.loc["MRT11-1609", "rois"] == ["mag", "temporal", "right"]
    assert table.loc["MZC01-1609", "rois"] == ["mag", "central", "midline"]


def test_words_are_a_union_in_the_order_of_the_file():
    info = ctf_with_references()
    found = sensors_of(info, ["MZC01-1609", "occipital", "MLC11-1609", "occipital"]).names
    assert len(found) == len(set(found))
    assert {"MLC11-1609", "MZC01-1609"} <= set(found)
    assert list(found) == [name for name in info.ch_names if name in found]


@pytest.mark.parametrize(
    ("name", "regions"),
    [
        ("Fp1", ("frontal", "left")),
        ("FCz", ("central", "midline")),
        ("CP4", ("central", "right")),
        ("TP9", ("temporal", "left")),
        ("P10", ("parietal", "right")),
        ("POz", ("occipital", "midline")),
        ("Iz", ("occipital", "midline")),
        ("FP2", ("frontal", "right")),
        ("A1", ()),
        ("E17", ()),
    ],
)
def test_eeg_regions_are_those_of_the_10_20_system(name, regions):
    assert regions_of(name, "eeg") == regions


def test_standard_eeg_has_a_layout_and_standard_places():
    sensors = sensors_of(eeg(EEG17), ["eeg"])
    assert sensors.layout == "colin27_1005"
    x, y, _ = sensors.millimetres[EEG17.index("O1")]
    assert x < 0
    assert -130 < y < -60


def test_unknown_eeg_names_have_no_layout_and_no_places():
    sensors = sensors_of(eeg(["E1", "E2"]), ["eeg"])
    assert sensors.layout is None
    assert np.isnan(sensors.millimetres).all()


def test_capital_letters_make_no_difference_to_places():
    sensors = sensors_of(eeg(["FP1", "OZ", "CZ"]), ["eeg"])
    assert np.isfinite(sensors.millimetres).all()
    assert sensors.layout is None  # it has other names


def test_a_cap_with_names_of_its_own_has_no_regions_and_no_standard_places():
    biosemi = [f"{letter}{number}" for letter in "ABCD" for number in range(1, 33)]
    sensors = sensors_of(eeg(biosemi), ["eeg"])
    assert sensors.channels()["rois"].tolist() == [["eeg"]] * 128
    assert np.isnan(sensors.millimetres).all()
    with pytest.raises(ConfigError, match="central"):
        sensors_of(eeg(biosemi), ["central"])


def test_meg_places_are_in_head_coordinates():
    info = ctf_with_references()
    shifted = np.eye(4)
    shifted[:3, 3] = (0.01, 0.02, 0.03)
    before = sensors_of(info, ["mag"]).millimetres
    with info._unlock():
        info["dev_head_t"] = mne.transforms.Transform("meg", "head", shifted)
    np.testing.assert_allclose(sensors_of(info, ["mag"]).millimetres - before, [[10, 20, 30]] * 272)


def test_channels_fulfil_their_schema():
    for info in (ctf_with_references(), eeg(["E1", "Oz"])):
        table = sensors_of(info, ["mag" if "UPPT001" in info.ch_names else "eeg"]).channels()
        check_table(table, CHANNELS, "test")
        assert not table["excluded"].any()


@pytest.mark.parametrize("word", ["occipitale", "eeg", "MLC99", "UPPT001", ""])
def test_an_unknown_word_is_refused_with_the_known_ones(word):
    with pytest.raises(ConfigError, match="no sensor of this recording") as caught:
        sensors_of(ctf_with_references(), [word])
    assert "mag" in caught.value.remedy
    assert "occipital" in caught.value.remedy
    assert "272 sensors" in caught.value.remedy


def test_a_reference_sensor_is_not_a_sensor_even_by_name():
    with pytest.raises(ConfigError, match="BG1"):
        sensors_of(ctf_with_references(), ["BG1-1609"])
