"""The unit of responses."""

from collections.abc import Sequence

from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import Baseline, Step

UNITS = {"mag": "T", "grad": "T/m", "eeg": "V"}


def unit_of(sensors: Sensors, steps: Sequence[Step]) -> str:
    """Return the unit after some steps: "sd" after a z-score, else that of the sensors."""
    if any(isinstance(step, Baseline) and step.kind == "zscore" for step in steps):
        return "sd"
    return ", ".join(UNITS[kind] for kind in UNITS if kind in sensors.kinds)
