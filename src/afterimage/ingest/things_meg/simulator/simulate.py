"""Write a simulated experiment in the published layout of THINGS-MEG.

Every file that a configuration needs is written, and the same configuration and seed give the same
bytes. Epochs are simulated as they are released, not by preprocessing simulated runs.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.modelfiles import save_tensors
from afterimage.ingest.simulated.evoked import truth_of
from afterimage.ingest.simulated.features import Views, views
from afterimage.ingest.simulated.pictures import draw_reference
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.simulator.continuous import Run
from afterimage.ingest.things_meg.simulator.design import (
    attributes_of,
    draw_design,
    write_attributes,
)
from afterimage.ingest.things_meg.simulator.epochs import (
    DECIMATION,
    epoch_blocks,
    epoch_grid,
    kept_sensors,
)
from afterimage.ingest.things_meg.simulator.fif import save_epochs
from afterimage.ingest.things_meg.simulator.pictures import Shown, draw_pictures, write_pictures
from afterimage.ingest.things_meg.simulator.runs import write_run
from afterimage.ingest.things_meg.simulator.sensors import NOISE_TESLA, sensor_info
from afterimage.ingest.things_meg.simulator.subject import Subject, draw_subject, pictures_of
from afterimage.ingest.things_meg.truth import encoded

TRUTH_TIMES = np.arange(-100, 261) * 0.005  # seconds
PASS_BAND = (0.1, 40.0)  # Hz, of the released epochs


def simulate(config: ThingsMegConfig, root: Path) -> None:
    """Write pictures, tables, recordings and truth of all subjects.

    Parameters
    ----------
    config : ThingsMegConfig
        With a ``simulate`` section.
    root : Path
        Folder that stands for the root of the data set.

    Raises
    ------
    DataError
        If a photograph is missing or unreadable, or not enough different pictures can be drawn.
    """
    wanted = config.simulate
    assert wanted is not None, "the configuration has no section 'simulate'"
    shown = draw_pictures(wanted)
    write_pictures(root, config.images, shown, wanted.picture)
    reference = views(draw_reference(wanted.reference_pictures, wanted.side, wanted.seed))
    seen, info = (reference, views(shown.pictures)), sensor_info()
    for name in sorted(config.sessions):
        _write_subject(root, config, name, shown, seen, info)


def simulate_tables(config: ThingsMegConfig, root: Path) -> None:
    """Write only the tables of attributes: no pictures and no responses.

    Parameters
    ----------
    config : ThingsMegConfig
        With a ``simulate`` section.
    root : Path
    """
    wanted = config.simulate
    assert wanted is not None, "the configuration has no section 'simulate'"
    tests = np.arange(wanted.test_images)
    stems = {}
    for concept in range(wanted.concepts):
        for exemplar in range(1, wanted.exemplars + 1 + (concept < wanted.test_images)):
            stems[concept, exemplar] = f"concept{concept:04d}_{exemplar:02d}b"
    for subject in sorted(config.sessions):
        design = draw_design(config, subject, tests)
        write_attributes(root, subject, attributes_of(design, stems, wanted.seed, subject))


def _write_subject(
    root: Path,
    config: ThingsMegConfig,
    name: str,
    shown: Shown,
    seen: tuple[Views, Views],
    info: Any,
) -> None:
    wanted = config.simulate
    assert wanted is not None, "checked by the caller"
    design = draw_design(config, name, np.unique(shown.concept[shown.is_test]))
    keys = list(zip(shown.concept.tolist(), shown.exemplar.tolist(), strict=True))
    table = attributes_of(design, dict(zip(keys, shown.stems, strict=True)), wanted.seed, name)
    subject = draw_subject(name, wanted, info, seen, pictures_of(design, keys))
    write_attributes(root, name, table)
    if config.form == "epochs":
        _write_epochs(root, config, subject, table)
    else:
        _write_runs(root, config, subject, design, table)
    truth = truth_of(subject.evoked, seen[0], TRUTH_TIMES)
    kept = kept_sensors(subject)
    names = [info["ch_names"][row] for row in kept.tolist()]
    truth["ncsnr"] = truth["ncsnr"][:, kept]
    truth["noise_sd"] = NOISE_TESLA * subject.evoked.noise_sd[kept]
    save_tensors(root / layout.truth_file(name), {**truth, "names": encoded(names)})


def _write_epochs(
    root: Path, config: ThingsMegConfig, subject: Subject, table: pd.DataFrame
) -> None:
    codes = table["things_image_nr"].fillna(layout.CATCH).to_numpy(dtype=np.int64)
    paths = [root / layout.epochs_file(subject.name, n) for n in range(config.epoch_files)]
    times = epoch_grid(subject.wanted.rate)
    save_epochs(paths, _epoch_info(subject), codes, times, epoch_blocks(subject))


def _epoch_info(subject: Subject) -> Any:
    import mne

    info = mne.pick_info(subject.info, kept_sensors(subject))
    with info._unlock():
        info["sfreq"] = subject.wanted.rate / DECIMATION
        info["highpass"], info["lowpass"] = PASS_BAND
    return info


def _write_runs(
    root: Path, config: ThingsMegConfig, subject: Subject, design: pd.DataFrame, table: pd.DataFrame
) -> None:
    for session, run in config.runs_of(subject.name):
        rows = np.flatnonzero((design["session"] == session) & (design["run"] == run))
        onsets = np.rint(design["onset"].to_numpy()[rows] * subject.wanted.rate).astype(np.int64)
        write_run(root, Run(subject, session, run, rows, onsets), table.iloc[rows])
