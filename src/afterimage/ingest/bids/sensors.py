"""Which sensors of a subject's recording are read, in all of its runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.ingest.bids.config import BidsConfig
from afterimage.ingest.bids.layout import Run
from afterimage.ingest.bids.opening import open_run
from afterimage.ingest.meeg.grid import epoch_times, is_rate
from afterimage.ingest.meeg.sensors import Sensors, sensors_of

NAMED = 3  # sensors that an error or a note names


@dataclass(frozen=True)
class Montage:
    """What all runs of a subject have in common.

    Attributes
    ----------
    run : Run
        The first one, of which the places of sensors are.
    sensors : Sensors
    rate : float
        In Hz.
    times : tuple of float
        Of the epochs, in seconds from the onset.
    notes : list of str
    """

    run: Run
    sensors: Sensors
    rate: float
    times: tuple[float, ...]
    notes: list[str]


def montage_of(root: Path, config: BidsConfig, runs: Sequence[Run]) -> Montage:
    """Read the sensors of a subject from the header of its first run.

    Parameters
    ----------
    runs : sequence of Run
        All of the subject's that are there.
    """
    raw = open_run(root, runs[0], config)
    bad = _bad_sensors(root, runs) if config.bads == "drop" else {}
    sensors = chosen_sensors(raw, config, set(bad))
    listed = sensors_of(raw.info, config.chosen_sensors()).names
    left = [f"{name} ({bad[name]})" for name in listed if name in bad]
    notes = [f"Left out as bad by channels.tsv: {', '.join(left)}."] if left else []
    if config.drop:
        notes.append(f"Left out by the configuration: {', '.join(config.drop)}.")
    rate = float(raw.info["sfreq"])
    times = epoch_times(config.preprocess, rate)
    return Montage(runs[0], sensors, rate, times, notes)


def chosen_sensors(raw: Any, config: BidsConfig, bad: set[str]) -> Sensors:
    """Return the sensors that the configuration chooses of a run, without bad ones.

    Raises
    ------
    ConfigError
        If a dropped sensor does not exist, or none is left.
    """
    unknown = [name for name in config.drop if name not in raw.ch_names]
    if unknown:
        raise ConfigError(
            f"drop: '{unknown[0]}' is no sensor of this recording.",
            f"Its channels: {', '.join(raw.ch_names[:NAMED])} ...",
        )
    all_chosen = sensors_of(raw.info, config.chosen_sensors())
    kept = [name for name in all_chosen.names if name not in bad and name not in config.drop]
    if not kept:
        raise ConfigError(
            f"sensors: none of the {len(all_chosen.names)} chosen ones is left: all are dropped "
            "or marked as bad in channels.tsv.",
            "Choose others, or say `bads: keep`.",
        )
    return sensors_of(raw.info, kept)


def check_same(raw: Any, run: Run, montage: Montage, config: BidsConfig, root: Path) -> None:
    """Check that a run has the sensors and the rate of the first one.

    Raises
    ------
    DataError
        Naming both runs.
    """
    both = f"{root / run.stem} and {root / montage.run.stem}"
    rate = float(raw.info["sfreq"])
    same_times = epoch_times(config.preprocess, rate) == montage.times
    if not is_rate(rate, montage.rate) and not same_times:
        raise DataError(
            f"{both}: sampled at {rate:g} Hz and at {montage.rate:g} Hz.",
            "Bring all runs to one rate: `{step: resample, rate: ...}` before `epoch` in "
            "`preprocess`; or leave the run out.",
        )
    here = set(sensors_of(raw.info, config.chosen_sensors()).names)
    there = set(montage.sensors.names)
    lacking = sorted(there - here)
    if lacking:
        raise DataError(
            f"{both}: the first lacks {len(lacking)} sensors of the second: "
            f"{', '.join(lacking[:NAMED])}{' ...' if len(lacking) > NAMED else ''}.",
            "Take them out by `drop`, or leave the run out of `runs`.",
        )


def _bad_sensors(root: Path, runs: Sequence[Run]) -> dict[str, str]:
    """Return the sensors that are marked as bad, with the parts in which they are."""
    found: dict[str, list[str]] = {}
    for run in runs:
        path = root / run.sidecar("channels.tsv")
        if not path.is_file():
            continue
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        if {"name", "status"} <= set(table):
            for name in table.loc[table["status"] == "bad", "name"]:
                found.setdefault(name, []).append(run.part)
    return {
        name: ", ".join(parts[:NAMED]) + (" ..." if len(parts) > NAMED else "")
        for name, parts in found.items()
    }
