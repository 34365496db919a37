"""Write a simulated experiment in the published layout of the Natural Scenes Dataset.

Every file that a configuration needs is written, and the same configuration and seed give the same
bytes: headers hold no times.
"""

from pathlib import Path

import numpy as np

from afterimage.contracts.truth import thumbnail
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.simulator.behaviour import write_responses
from afterimage.ingest.nsd.simulator.coco import draw_origins, write_annotations
from afterimage.ingest.nsd.simulator.design import Design, draw_design
from afterimage.ingest.nsd.simulator.schedule import schedule_of
from afterimage.ingest.nsd.simulator.subject import Shown, write_subject
from afterimage.ingest.nsd.simulator.tables import (
    write_design,
    write_sidecar,
    write_stimulus_table,
)
from afterimage.ingest.simulated.features import Views, views
from afterimage.ingest.simulated.files import save_hdf5_rows
from afterimage.ingest.simulated.pictures import Pictures, draw_experiment, draw_reference, joined


def simulate(config: NsdConfig, root: Path) -> None:
    """Write pictures, tables, anatomy, responses and truth of all subjects.

    Parameters
    ----------
    config : NsdConfig
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
    seed = wanted.seed
    design = simulate_tables(config, root)
    training, shared = draw_experiment(wanted.pictures, wanted.shared, wanted.side, seed)
    pictures = joined([training, shared])
    numbers = _shown_numbers(config, design)
    _write_pictures(root, design, pictures, numbers)
    write_sidecar(root, design, pictures)
    if config.coco:
        categories = {n: pictures.categories[design.drawn[n]] for n in numbers.tolist()}
        write_annotations(root, draw_origins(len(design.drawn), seed), categories, seed)
    reference = draw_reference(wanted.reference_pictures, wanted.side, seed)
    shown = Shown(
        seen=_joined(views(reference), views(training), views(shared)),
        reference=len(reference),
        shared=len(shared),
        target=thumbnail(reference.images),
    )
    for subject in sorted(config.sessions):
        write_subject(root, config, subject, design, shown)


def simulate_tables(config: NsdConfig, root: Path) -> Design:
    """Write only what says which picture was shown when: no pictures and no responses.

    Parameters
    ----------
    config : NsdConfig
        With a ``simulate`` section.
    root : Path

    Returns
    -------
    Design
        What was written.
    """
    assert config.simulate is not None, "the configuration has no section 'simulate'"
    design = draw_design(config)
    write_design(root, design, schedule_of(config))
    write_stimulus_table(root, design, draw_origins(len(design.drawn), config.simulate.seed))
    for subject in sorted(config.sessions):
        write_responses(root, config, subject, design)
    return design


def _shown_numbers(config: NsdConfig, design: Design) -> np.ndarray:
    """Return the 0-based numbers of the pictures in the configured subjects' lists."""
    rows = [layout.subject_row(subject) for subject in config.sessions]
    return np.unique(design.lists[rows]) - 1


def _write_pictures(root: Path, design: Design, pictures: Pictures, numbers: np.ndarray) -> None:
    """Write the brick of pictures; those of subjects that are not simulated stay black."""
    shape = (len(design.drawn), *pictures.images.shape[1:])
    images = (pictures.images[row] for row in design.drawn[numbers])
    save_hdf5_rows(root / layout.PICTURES, layout.PICTURE_KEY, shape, numbers, images)


def _joined(*parts: Views) -> Views:
    return Views(
        np.concatenate([part.colour for part in parts]),
        np.concatenate([part.energy for part in parts]),
        np.concatenate([part.category for part in parts]),
    )
