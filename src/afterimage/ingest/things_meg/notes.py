"""What a report must say about a recording of THINGS-MEG."""

from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.ingest.meeg.presets import name_of
from afterimage.ingest.simulated.evoked import told_of_kinds
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.first_run import FirstRun
from afterimage.ingest.things_meg.head import largest_shift, read_coils

SHOWN = 3


def notes_of(
    config: ThingsMegConfig, subject: str, attributes: pd.DataFrame, wrong: np.ndarray
) -> list[str]:
    """Return what holds of both forms.

    Parameters
    ----------
    config : ThingsMegConfig
    subject : str
    attributes : DataFrame
        All rows of the subject.
    wrong : ndarray of bool, shape (n,)
        Rows about which two files disagree.
    """
    own = attributes["session"].isin(config.sessions_of(subject))
    catch = attributes[own & attributes["is_catch"]]
    excluded = attributes[own & ~attributes["is_catch"] & wrong]
    simulated = ["The recording is simulated.", told_of_kinds()]
    notes = simulated if config.simulate is not None else []
    notes += [
        "Released preprocessed epochs; values are in sd of each trial's 100 ms before the onset."
        if config.form == "epochs"
        else "Raw CTF recordings.",
        f"Preprocessing: {_steps(config)}.",
        f"Sessions: {', '.join(map(str, config.sessions_of(subject)))}.",
        _about_catch(catch),
    ]
    if len(excluded):
        named = ", ".join(excluded["stem"].iloc[:SHOWN]) + (
            ", ..." if len(excluded) > SHOWN else ""
        )
        notes.append(
            f"{len(excluded)} trials left out, because recording and sample_attributes disagree "
            f"about their picture ({named})."
        )
    return notes


def notes_of_runs(
    root: Path, config: ThingsMegConfig, subject: str, first: FirstRun, without_codes: int
) -> list[str]:
    """Return what holds of raw recordings.

    Parameters
    ----------
    root : Path
    config : ThingsMegConfig
    subject : str
    first : FirstRun
    without_codes : int
        Runs whose tables of events do not tell pictures.
    """
    notes = [f"Sensor {layout.FAULTY} is faulty and not read."]
    mended = [place for place in config.runs_of(subject) if (subject, *place) in layout.DROPOUTS]
    for place in mended:
        notes.append(
            f"Session {place[0]}, run {place[1]}: a drop-out of {layout.DROPOUT_SECONDS} s at "
            f"{layout.DROPOUTS[subject, *place]} s was replaced by the median of each sensor."
        )
    if without_codes:
        notes.append(
            f"{without_codes} tables of events do not tell pictures: those of sample_attributes "
            "could not be compared."
        )
    if first.neighbours:
        notes.append(first.neighbours.replace(f"{root}/", ""))
    return [*notes, first.latency.note(f"onsets by {config.onsets}"), _head(root, config, subject)]


def _steps(config: ThingsMegConfig) -> str:
    if (name := name_of(config.steps())) is not None:
        return f"preset {name}"
    return ", ".join(step.step for step in config.steps()) or "nothing more"


def _about_catch(catch: pd.DataFrame) -> str:
    told = f"{len(catch)} catch trials left out"
    if len(catch) and "responded" in catch:
        answered = pd.to_numeric(catch["responded"], errors="coerce").eq(1).mean()
        return f"{told}; the subject answered {answered:.0%} of them."
    return f"{told}."


def _head(root: Path, config: ThingsMegConfig, subject: str) -> str:
    runs = config.runs_of(subject)
    coils = [read_coils(root / layout.head_file(subject, *run)) for run in runs]
    return (
        f"Head position: before any of {len(runs)} runs a coil was at most "
        f"{largest_shift(coils):.1f} mm from its place in the first; responses are not compensated."
    )
