"""Write a simulated experiment in the published layout of the Natural Scenes Dataset.

The same configuration and seed give the same bytes: headers hold no times.
"""

import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.files import write_bytes, write_text, written
from afterimage.contracts.seeds import rng
from afterimage.contracts.truth import save_truth, thumbnail
from afterimage.ingest import nsd_layout as layout
from afterimage.ingest.nsd_config import NsdConfig, Simulation
from afterimage.ingest.simulated_brain import Brain, draw_brain, record, responses, truth_of
from afterimage.ingest.simulated_features import Views, views
from afterimage.ingest.simulated_pictures import Pictures, draw_experiment, draw_reference
from afterimage.ingest.simulated_sheet import affine

REPETITIONS = 3  # of the shared pictures
MAT_HEADER_BYTES = 116
VISUAL_AREAS = ("V1v", "V1d", "V2v", "V2d", "V3v", "V3d", "hV4")
STREAMS = ("early", "midventral", "midlateral", "midparietal", "ventral", "lateral", "parietal")
STREAM_OF = {"V1": 1, "V2": 1, "V3": 1, "hV4": 2, "ventral": 5}


def simulate(config: NsdConfig, root: Path) -> None:
    """Write pictures, design, betas, masks and truth of all subjects.

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
    training, shared = draw_experiment(wanted.pictures, wanted.shared, wanted.side, seed)
    # The shared pictures are scattered among the others, as in the real experiment.
    place = rng(seed, "brick").permutation(len(training) + len(shared))
    shared_ids, training_ids = np.sort(place[: len(shared)]), np.sort(place[len(shared) :])
    _write_pictures(root, training, training_ids, shared, shared_ids)
    ordering = master_ordering(config, seed)
    lists = picture_lists(config, training_ids, shared_ids, seed)
    _write_design(root, ordering, lists, shared_ids)

    reference = draw_reference(wanted.reference_pictures, wanted.side, seed)
    target = thumbnail(reference.images)
    seen = _joined(views(reference), views(training), views(shared))
    picture_row = len(reference) + np.argsort(np.concatenate([training_ids, shared_ids]))
    for subject, sessions in sorted(config.sessions.items()):
        brain = _draw_brain(wanted, seed, subject)
        clean = responses(brain, seen, len(reference))
        _write_atlases(root, subject, brain)
        shown = lists[layout.subject_row(subject)][ordering - 1] - 1
        for session in range(1, sessions + 1):
            start = (session - 1) * config.trials_per_session
            trials = picture_row[shown[start : start + config.trials_per_session]]
            betas = record(clean[trials], brain, rng(seed, "noise", subject, session))
            _write_betas(root / layout.betas_file(subject, config.betas, session), betas, brain)
        truth = truth_of(brain, clean[: len(reference)], target, clean[-len(shared) :])
        save_truth(root / layout.truth_file(subject), truth)


def master_ordering(config: NsdConfig, seed: int) -> np.ndarray:
    """Order the trials: one order for all subjects, of which the shorter ones see the beginning.

    Each shared picture comes three times within the sessions of the shortest recording, the
    repetitions spread over it; training pictures fill the rest, each once before any comes twice.

    Parameters
    ----------
    config : NsdConfig
    seed : int

    Returns
    -------
    ndarray of int64, shape (n_trials,)
        1-based position in a subject's own list; up to the number of shared pictures: shared.
    """
    wanted = config.simulate
    assert wanted is not None
    random = rng(seed, "ordering")
    shortest, longest = min(config.sessions.values()), max(config.sessions.values())
    shared = np.concatenate([random.permutation(wanted.shared) for _ in range(REPETITIONS)])
    own_trials = longest * config.trials_per_session - len(shared)
    rounds = -(-own_trials // wanted.pictures)
    own = np.concatenate([random.permutation(wanted.pictures) for _ in range(rounds)])
    own += wanted.shared
    common = np.array_split(shared, shortest) + [shared[:0]] * (longest - shortest)
    fill = [config.trials_per_session - len(part) for part in common]
    others = np.split(own[:own_trials], np.cumsum(fill)[:-1])
    sessions = [
        random.permutation(np.concatenate(parts)) for parts in zip(common, others, strict=True)
    ]
    return np.concatenate(sessions) + 1


def picture_lists(
    config: NsdConfig, training_ids: np.ndarray, shared_ids: np.ndarray, seed: int
) -> np.ndarray:
    """List each subject's pictures: the shared ones first, then the others in an own order.

    Returns
    -------
    ndarray of int64, shape (n_subjects, n_pictures)
        1-based numbers of pictures.
    """
    rows = max(layout.subject_row(subject) for subject in config.sessions) + 1
    own = [rng(seed, "list", row).permutation(training_ids) for row in range(rows)]
    return np.stack([np.concatenate([shared_ids, order]) for order in own]) + 1


def _draw_brain(wanted: Simulation, seed: int, subject: str) -> Brain:
    random = rng(seed, "brain", subject)
    return draw_brain(wanted.voxels, wanted.ncsnr_median, wanted.ncsnr_log_sd, random)


def _joined(*parts: Views) -> Views:
    return Views(
        np.concatenate([part.colour for part in parts]),
        np.concatenate([part.energy for part in parts]),
        np.concatenate([part.category for part in parts]),
    )


def _write_pictures(
    root: Path,
    training: Pictures,
    training_ids: np.ndarray,
    shared: Pictures,
    shared_ids: np.ndarray,
) -> None:
    """Write the pictures, the published table of them, and a table of what only we know."""
    order = np.argsort(np.concatenate([training_ids, shared_ids]))
    images = np.concatenate([training.images, shared.images])[order]
    with written(root / layout.PICTURES) as temporary:
        _write_hdf5(temporary, layout.PICTURE_KEY, images, chunks=(1, *images.shape[1:]))
    numbers = np.arange(len(order))
    published = pd.DataFrame(
        {
            "cocoId": numbers,
            "cocoSplit": "simulated",
            "nsdId": numbers,
            "shared1000": np.isin(numbers, shared_ids),
        }
    )
    write_text(root / layout.STIMULUS_TABLE, published.to_csv(lineterminator="\n"))
    known = pd.DataFrame(
        {
            "nsdId": numbers,
            "source_id": np.array(training.sources + shared.sources)[order],
            "category": np.array(training.categories + shared.categories)[order],
        }
    )
    write_text(root / layout.SIDECAR, known.to_csv(index=False, lineterminator="\n"))


def _write_design(
    root: Path, ordering: np.ndarray, lists: np.ndarray, shared_ids: np.ndarray
) -> None:
    from scipy.io import savemat

    # Types as small as in the published file: whoever reads it has to widen them.
    design = {
        "masterordering": ordering[None, :].astype(np.uint16),
        "sharedix": (shared_ids + 1)[None, :].astype(np.uint16),
        "subjectim": lists.astype(np.uint16),
    }
    stream = io.BytesIO()
    savemat(stream, design)
    # The header tells platform and date; 116 bytes of text are free to say something else.
    header = b"MATLAB 5.0 MAT-file, simulated by Afterimage".ljust(MAT_HEADER_BYTES)
    write_bytes(root / layout.DESIGN, header + stream.getvalue()[MAT_HEADER_BYTES:])


def _write_atlases(root: Path, subject: str, brain: Brain) -> None:
    area = brain.sheet.area
    upper = brain.rf_y < 0.5  # the upper visual field lies in the ventral half of V1 to V3
    names = [
        name if name == "hV4" else name + ("v" if up else "d")
        for name, up in zip(area, upper, strict=True)
    ]
    visual = [VISUAL_AREAS.index(n) + 1 if n in VISUAL_AREAS else 0 for n in names]
    labels: dict[str, tuple[Sequence[int], Sequence[str]]] = {
        "nsdgeneral": ([1] * len(area), ("nsdgeneral",)),
        "prf-visualrois": (visual, VISUAL_AREAS),
        "streams": ([STREAM_OF[name] for name in area], STREAMS),
    }
    for atlas, (values, known) in labels.items():
        volume = np.full(brain.sheet.mask.shape, -1, dtype=np.int16)
        volume[brain.sheet.mask] = values
        write_bytes(root / layout.atlas_file(subject, atlas), _nifti(volume))
        lines = ["0 Unknown", *(f"{number} {name}" for number, name in enumerate(known, start=1))]
        write_text(root / layout.names_file(subject, atlas), "\n".join(lines) + "\n")


def _write_betas(path: Path, betas: np.ndarray, brain: Brain) -> None:
    """Write one session, shape (n_trials, v), as a volume of integers that is zero elsewhere."""
    mask = brain.sheet.mask
    stored = np.clip(np.round(betas * layout.BETA_SCALE), -32767, 32767).astype(np.int16)
    volume = np.zeros((len(betas), *mask.shape), dtype=np.int16)
    volume[:, mask] = stored
    # MATLAB writes X x Y x Z x trials; the same bytes read in C order are trials x Z x Y x X.
    with written(path) as temporary:
        turned = np.ascontiguousarray(volume.transpose(0, 3, 2, 1))
        _write_hdf5(temporary, layout.BETA_KEY, turned, chunks=(len(betas), 1, 1, mask.shape[0]))


def _write_hdf5(path: Path, key: str, values: np.ndarray, chunks: tuple[int, ...]) -> None:
    import h5py

    with h5py.File(path, "w", libver=("earliest", "v110")) as file:
        file.create_dataset(key, data=values, chunks=chunks, track_times=False)


def _nifti(volume: np.ndarray) -> bytes:
    import nibabel

    return gzip.compress(nibabel.Nifti1Image(volume, affine()).to_bytes(), mtime=0)
