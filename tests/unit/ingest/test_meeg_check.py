"""Steps that cannot follow one another are refused, all mistakes together."""

import pytest
from pydantic import BaseModel, ValidationError

from afterimage.ingest.meeg.check import EpochSteps, Preprocess
from afterimage.ingest.meeg.presets import PRESETS


class Config(BaseModel):
    preprocess: Preprocess


class Released(BaseModel):
    preprocess: EpochSteps = ()


EPOCH = {"step": "epoch", "first": -0.1, "last": 1.0}
BAND = {"step": "bandpass", "low": 0.1, "high": 40}


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_possible(preset):
    assert Config(preprocess=preset).preprocess == preset
    Config(preprocess=[step.model_dump() for step in PRESETS[preset]])


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([BAND], "exactly one step 'epoch' cuts the recording, found 0"),
        ([EPOCH, EPOCH], "exactly one step 'epoch' cuts the recording, found 2"),
        ([EPOCH, BAND], r"step 2 \('bandpass'\) stands before 'epoch'"),
        ([{"step": "decimate", "factor": 2}, EPOCH], r"step 1 \('decimate'\) stands after 'epoch'"),
        ([EPOCH, {"step": "baseline", "first": -0.2}], "-0.2 to 0 s is not within the epoch"),
        ([EPOCH, {"step": "crop", "first": 0, "last": 1.5}], "0 to 1.5 s is not within the epoch"),
        (
            [EPOCH, {"step": "crop", "first": 0.1, "last": 0.5}, {"step": "baseline"}],
            r"step 3 \('baseline'\): it ends \(0 s\) before it begins",
        ),
        (
            [{"step": "resample", "rate": 100}, {"step": "notch", "frequencies": [50]}, EPOCH],
            r"step 2 \('notch'\): 50 Hz is not below half the sampling rate \(50 Hz\)",
        ),
        ([], "at least 1 item"),
        ([EPOCH, {"step": "crop", "first": 0.5, "last": 0.5}], "'last' after 'first'"),
        ([{"step": "epoche", "first": 0, "last": 1}], "epoche"),
        ("thing_meg", "things_meg"),
    ],
)
def test_impossible_steps_are_refused(steps, text):
    with pytest.raises(ValidationError, match=text):
        Config(preprocess=steps)


def test_all_mistakes_are_told():
    steps = [
        {"step": "decimate", "factor": 2},
        EPOCH,
        BAND,
        {"step": "crop", "first": 0, "last": 3},
    ]
    with pytest.raises(ValidationError) as caught:
        Config(preprocess=steps)
    for text in ("'decimate'", "'bandpass'", "'crop'"):
        assert text in str(caught.value)


def test_released_epochs_take_only_steps_of_epochs():
    Released(preprocess=[{"step": "resample", "rate": 120}, {"step": "baseline"}])
    with pytest.raises(ValidationError, match=r"'bandpass'.*needs the continuous.*; step 2"):
        Released(preprocess=[BAND, EPOCH])
