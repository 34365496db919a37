"""Writes simulated runs: the CTF folder of each, and its table of events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.files import write_text
from afterimage.contracts.seeds import rng
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.simulator.continuous import Run
from afterimage.ingest.things_meg.simulator.ctf import (
    CLOCK,
    GRADIOMETER,
    REFERENCE_GRADIOMETER,
    REFERENCE_MAGNETOMETER,
    STIMULUS,
    Channel,
    write_ctf,
)
from afterimage.ingest.things_meg.simulator.frames import (
    direction_in_ctf,
    head_place_in_ctf,
    place_in_ctf,
)
from afterimage.ingest.things_meg.simulator.sensors import NOISE_TESLA, SUFFIX

# Three magnetometers and several gradiometers at each of a few places.
REFERENCES = [
    *(f"B{place}{number}" for place in "GPR" for number in (1, 2, 3)),
    *(f"{place}{number}" for place in "GPQR" for number in (11, 12, 13, 22, 23)),
]
PROPER_GAIN, Q_GAIN = 1e9, float(2**20)
BASELINE, REFERENCE_BASELINE = 0.05, 0.0786  # metres between the coils of a gradiometer
PULSE_SECONDS = 0.02
SHIFT_SD = 0.001  # metres by which the head moves between runs, in each direction
# Nasion and ears in the head's coordinates of CTF, in metres.
COILS = {"nasion": (0.1, 0.0, 0.0), "left ear": (0.0, 0.07, 0.0), "right ear": (0.0, -0.07, 0.0)}


def write_run(root: Path, run: Run, events: pd.DataFrame) -> None:
    """Write one run.

    Parameters
    ----------
    root : Path
    run : Run
    events : DataFrame
        Its rows of the published table of attributes.
    """
    place = (run.subject.name, run.session, run.run)
    rate = run.subject.wanted.rate
    write_ctf(
        root / layout.run_folder(*place),
        _channels(run.subject.info),
        rate,
        run.block,
        _blocks(run),
        _coils(run),
        {"MLC11" + SUFFIX: {name + SUFFIX: 0.01 for name in REFERENCES[:9]}},
    )
    table = pd.DataFrame(
        {
            "onset": run.onsets / rate,
            "duration": 0.5,
            "trial_type": events["trial_type"].to_numpy(),
            "sample": run.onsets,
            "value": events["things_image_nr"].astype("Int64").to_numpy(),
        }
    )
    path = root / layout.events_file(*place)
    write_text(path, table.to_csv(sep="\t", index=False, na_rep="n/a"))


def _channels(info: Any) -> list[Channel]:
    gains = (-PROPER_GAIN, Q_GAIN)
    channels = [
        Channel(name, GRADIOMETER, *gains, _gradiometer(*_in_device(one["loc"])))
        for name, one in zip(info["ch_names"], info["chs"], strict=True)
    ]
    for number, name in enumerate(REFERENCES):
        axis = np.eye(3)[number % 3]
        place = np.array([0.05 * np.cos(number), 0.05 * np.sin(number), 0.1])
        if name.startswith("B"):
            one = Channel(name + SUFFIX, REFERENCE_MAGNETOMETER, *gains, ((place, axis),))
        else:
            pair = ((place, axis), (place + REFERENCE_BASELINE * axis, -axis))
            one = Channel(name + SUFFIX, REFERENCE_GRADIOMETER, *gains, pair)
        channels.append(one)
    return [*channels, Channel(layout.TRIGGERS, STIMULUS), Channel("SCLK01-177", CLOCK)]


def _in_device(loc: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return place and normal of a sensor in CTF's device coordinates."""
    return place_in_ctf(loc[:3]), direction_in_ctf(loc[9:12])


def _gradiometer(
    place: np.ndarray, normal: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    return (place, normal), (place + BASELINE * normal, -normal)


def _coils(run: Run) -> dict[str, dict[str, np.ndarray]]:
    random = rng(run.subject.wanted.seed, "head", run.subject.name, run.session, run.run)
    shift = SHIFT_SD * random.standard_normal(3)
    head = {name: np.array(place) for name, place in COILS.items()}
    dewar = {name: head_place_in_ctf(place, shift) for name, place in head.items()}
    return {"dewar": dewar, "head": head}


def _blocks(run: Run) -> Iterator[np.ndarray]:
    """Yield all channels as they are stored."""
    triggers = _triggers(run)
    references = len(REFERENCES)
    random = rng(run.subject.wanted.seed, "references", run.subject.name, run.session, run.run)
    for number, values in enumerate(run.tesla()):
        own = slice(number * run.block, (number + 1) * run.block)
        rest = NOISE_TESLA * random.standard_normal((references, run.block))
        meg = np.concatenate([values, rest]) * -(PROPER_GAIN * Q_GAIN)
        clock = np.arange(own.start, own.stop) + 1
        yield np.concatenate([np.rint(meg), triggers[None, own], clock[None]]).astype(np.int32)


def _triggers(run: Run) -> np.ndarray:
    rate = run.subject.wanted.rate
    values = np.zeros(run.blocks * run.block, dtype=np.int64)
    width = max(1, round(PULSE_SECONDS * rate))
    lead = round(run.subject.wanted.trigger_lead * rate)
    for onset in (run.onsets - lead).tolist():
        values[onset : onset + width] = layout.TRIGGER
    end = int(run.onsets[-1] + rate)
    values[end : end + width] = layout.LAST_TRIGGER
    return values
