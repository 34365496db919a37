"""Published preprocessing by name.

References
----------
things_meg: Hebart et al. (2023), THINGS-data, eLife 12, and its released script.
benchetrit: Benchetrit, Banville & King (2024), Brain decoding: toward real-time reconstruction
of visual perception, ICLR. Robust scaling and clamping at 5 follow after the split.
neuralbench: facebookresearch/neuroai, task meg/image. Robust scaling and clamping at 20 follow
after the split.
nice: Song et al. (2024), Decoding natural images from EEG for object recognition, ICLR.
Multivariate noise normalisation follows after the split.
"""

from collections.abc import Sequence

from afterimage.ingest.meeg.steps import (
    Bandpass,
    Baseline,
    Crop,
    Decimate,
    Epoch,
    Notch,
    Preset,
    Resample,
    Step,
)

PRESETS: dict[Preset, tuple[Step, ...]] = {
    "things_meg": (
        Bandpass(step="bandpass", low=0.1, high=40),
        Epoch(step="epoch", first=-0.1, last=1.3),
        Baseline(step="baseline", kind="zscore"),
        Decimate(step="decimate", factor=6),
    ),
    "benchetrit": (
        Resample(step="resample", rate=120),
        Epoch(step="epoch", first=-0.5, last=1.0),
        Baseline(step="baseline"),
    ),
    "neuralbench": (
        Notch(step="notch", frequencies=(50, 60)),
        Bandpass(step="bandpass", low=0.1, high=75),
        Resample(step="resample", rate=120),
        Epoch(step="epoch", first=-0.2, last=0.8),
        Baseline(step="baseline"),
    ),
    "nice": (
        Epoch(step="epoch", first=-0.2, last=1.0),
        Baseline(step="baseline"),
        Resample(step="resample", rate=250),
        Crop(step="crop", first=0.0, last=0.999),
    ),
}


def steps_of(chosen: Preset | Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps of a preset, or those that are listed."""
    return PRESETS[chosen] if isinstance(chosen, str) else tuple(chosen)


def name_of(steps: Sequence[Step]) -> str | None:
    """Return the name of the preset that has these steps, if one has."""
    return next((name for name, own in PRESETS.items() if own == tuple(steps)), None)
