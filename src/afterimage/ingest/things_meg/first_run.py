"""A look at the first run of a raw recording: sensors, rate, triggers, evoked response."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.ingest.meeg.windows import neighbour_note
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.events import read_events, run_onsets, trigger_channel
from afterimage.ingest.things_meg.latency import Latency, first_response, is_occipital
from afterimage.ingest.things_meg.runs import open_run

BEFORE, AFTER = 0.1, 0.6  # seconds around an onset that the latency is looked for in


@dataclass(frozen=True)
class FirstRun:
    """What the first run tells of a whole recording.

    Attributes
    ----------
    latency : Latency
        Of its evoked response, with the configured onsets.
    neighbours : str or None
        A warning that windows hold neighbouring pictures.
    """

    latency: Latency
    neighbours: str | None


def look_at_first_run(
    root: Path, config: ThingsMegConfig, subject: str, attributes: pd.DataFrame
) -> FirstRun:
    """Read triggers and occipital sensors of the first run; nothing is filtered.

    Parameters
    ----------
    root : Path
    config : ThingsMegConfig
    subject : str
    attributes : DataFrame
        The rows of that run.
    """
    session, run = config.runs_of(subject)[0]
    raw = open_run(root, subject, session, run)
    path = root / layout.run_folder(subject, session, run)
    events = read_events(root / layout.events_file(subject, session, run), len(attributes))
    rate = float(raw.info["sfreq"])
    onsets, _ = run_onsets(events, trigger_channel(raw), rate, config, path)
    shown = onsets[~attributes["is_catch"].to_numpy()]
    times = np.arange(round(-BEFORE * rate), round(AFTER * rate) + 1) / rate
    latency = first_response(_windows(raw, shown, times, rate), times)
    neighbours = neighbour_note(onsets, rate, config.steps(), str(path))
    return FirstRun(latency, neighbours)


def _windows(raw: Any, onsets: np.ndarray, times: np.ndarray, rate: float) -> Iterator[np.ndarray]:
    """Yield each trial of the occipital sensors, shape (1, times, sensors), from 0 before it."""
    rows = [row for row, name in enumerate(raw.ch_names) if is_occipital(name)]
    if not rows:
        return
    values = raw.get_data(picks=rows)
    start, before = round(times[0] * rate), int((times < 0).sum())
    for onset in onsets.tolist():
        begin = onset + start
        if begin >= 0 and begin + len(times) <= values.shape[1]:
            window = values[:, begin : begin + len(times)].T
            yield (window - window[:before].mean(axis=0))[None]
