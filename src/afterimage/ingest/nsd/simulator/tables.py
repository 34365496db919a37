"""Write the tables of the simulated experiment: design, pictures, and what only we know of them."""

from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.files import write_text
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.simulator.coco import Origins
from afterimage.ingest.nsd.simulator.design import Design
from afterimage.ingest.nsd.simulator.ordering import REPETITIONS
from afterimage.ingest.nsd.simulator.schedule import Schedule
from afterimage.ingest.simulated.files import save_mat
from afterimage.ingest.simulated.pictures import Pictures


def write_design(root: Path, design: Design, schedule: Schedule) -> None:
    """Write ``nsd_expdesign.mat``."""
    pattern = np.zeros((len(schedule.trials), schedule.slots), dtype=np.uint8)
    for run, slots in enumerate(schedule.trials):
        pattern[run, slots] = 1
    sessions = -(-len(design.ordering) // int(pattern.sum()))
    # Types as small as in the published file: whoever reads it has to widen them.
    small = np.uint16 if len(design.drawn) < 2**16 else np.int32
    variables = {
        "masterordering": design.ordering[None, :].astype(np.uint16),
        "sharedix": (design.shared + 1)[None, :].astype(small),
        "stimpattern": np.repeat(pattern[None], sessions, axis=0),
        "subjectim": design.lists.astype(small),
    }
    save_mat(root / layout.DESIGN, variables)


def write_stimulus_table(root: Path, design: Design, origins: Origins) -> None:
    """Write ``nsd_stim_info_merged.csv``, a row for each picture."""
    numbers = np.arange(len(design.drawn))
    columns: dict[str, object] = {
        "cocoId": origins.coco_id,
        "cocoSplit": origins.split,
        "cropBox": [str(tuple(crop)) for crop in origins.crop.tolist()],
        "loss": np.round(origins.crop.sum(axis=1) / 2, 4),
        "nsdId": numbers,
        "flagged": False,
        # One in twenty, whichever.
        "BOLD5000": origins.coco_id % 20 == 0,
        "shared1000": np.isin(numbers, design.shared),
    }
    repetitions: dict[str, object] = {}
    for subject in layout.SESSIONS:
        row = layout.subject_row(subject)
        columns[f"subject{row + 1}"] = np.isin(numbers, design.lists[row] - 1).astype(int)
        for repetition, trials in enumerate(_trials_of(design, subject)):
            repetitions[f"subject{row + 1}_rep{repetition}"] = trials
    table = pd.DataFrame({**columns, **repetitions})
    write_text(root / layout.STIMULUS_TABLE, table.to_csv(lineterminator="\n"))


def write_sidecar(root: Path, design: Design, pictures: Pictures) -> None:
    """Write source and category of each picture, which the published table does not tell.

    Parameters
    ----------
    root : Path
    design : Design
    pictures : Pictures
        Training pictures, then shared ones.
    """
    known = pd.DataFrame(
        {
            "nsdId": np.arange(len(design.drawn)),
            "source_id": np.array(pictures.sources)[design.drawn],
            "category": np.array(pictures.categories)[design.drawn],
        }
    )
    write_text(root / layout.SIDECAR, known.to_csv(index=False, lineterminator="\n"))


def _trials_of(design: Design, subject: str) -> np.ndarray:
    """Return the trials that showed each picture, shape (3, n): 1-based, ascending, 0 for never."""
    shown = design.shown_to(subject)
    trials = np.zeros((REPETITIONS, len(design.drawn)), dtype=np.int64)
    order = np.argsort(shown, kind="stable")
    _, first, count = np.unique(shown[order], return_index=True, return_counts=True)
    repetition = np.arange(len(shown)) - np.repeat(first, count)
    trials[repetition, shown[order]] = order + 1
    return trials
