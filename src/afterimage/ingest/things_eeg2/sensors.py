"""The sensors of a file, with their places in the 10-5 system."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.ingest.meeg.sensors import Sensors, sensors_of
from afterimage.ingest.things_eeg2.pickles import AGAIN


def check_names(names: Sequence[str], path: Path) -> None:
    """Refuse sensors that come twice."""
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"{path}: the channel '{twice[0]}' comes twice in 'ch_names'.", AGAIN)


def info_of(names: Sequence[str], kinds: Sequence[str] | str, rate: float) -> Any:
    """Return what MNE wants to know of some channels."""
    import mne

    return mne.create_info(list(names), rate, kinds if isinstance(kinds, str) else list(kinds))


def chosen_sensors(names: Sequence[str], chosen: Sequence[str]) -> Sensors:
    """Return the configured ones of some EEG sensors, in the order of the file."""
    return sensors_of(info_of(names, "eeg", 1000.0), chosen)
