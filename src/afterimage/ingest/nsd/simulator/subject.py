"""Write everything that belongs to one simulated subject."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from afterimage.contracts.progress import progress
from afterimage.contracts.seeds import rng
from afterimage.contracts.truth import MOST_VOXELS_WITH_MOMENTS, save_truth
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig, Simulation
from afterimage.ingest.nsd.simulator.atlases import labels_of, write_atlas
from afterimage.ingest.nsd.simulator.betas import whole_brain, write_betas, write_ncsnr
from afterimage.ingest.nsd.simulator.design import Design
from afterimage.ingest.nsd.simulator.series import write_session
from afterimage.ingest.simulated.brain import (
    Brain,
    draw_brain,
    moments_of,
    record,
    responses,
    truth_of,
)
from afterimage.ingest.simulated.features import Views
from afterimage.ingest.simulated.files import Scratch, save_nifti, save_surface
from afterimage.ingest.simulated.grid import Grid, affine, grid_around
from afterimage.ingest.simulated.sheet import Sheet, folded_sheet
from afterimage.ingest.simulated.sphere import surface_sheet, unit_spheres, white_surfaces

VOXELS_AT_ONCE = 1024


@dataclass(frozen=True)
class Shown:
    """What every subject may see.

    Attributes
    ----------
    seen : Views
        The reference pictures, then all that were drawn: training pictures, shared ones.
    reference, shared : int
        How many there are of the first and of the last.
    target : ndarray, shape (reference, 192)
        Thumbnails of the reference pictures.
    """

    seen: Views
    reference: int
    shared: int
    target: np.ndarray


def write_subject(
    root: Path, config: NsdConfig, subject: str, design: Design, shown: Shown
) -> None:
    """Write anatomy, responses and truth of a subject.

    Parameters
    ----------
    root, config, subject, design
    shown : Shown
    """
    assert config.simulate is not None
    brain, sheet = draw_subject(config, subject)
    grid = grid_around(sheet)
    write_anatomy(root, config, subject, brain, sheet, grid)
    clean, truth = _respond(brain, sheet, shown, root)
    columns = grid.columns(sheet.places)
    numbers = design.shown_to(subject)
    length, seed = config.trials_per_session, config.simulate.seed
    sessions, pictures = [], []
    chosen = config.sessions_of(subject)
    for session in progress(chosen, len(chosen), f"simulating {subject}"):
        trials = slice((session - 1) * length, session * length)
        noise = rng(seed, "noise", subject, session)
        percent = record(clean[design.drawn[numbers[trials]]], brain, noise)
        if config.series:
            seen = numbers[trials] + 1
            write_session(root, config, subject, session, percent, seen, columns, grid)
            continue
        other = rng(seed, "background", subject, session)
        betas = whole_brain(percent, columns, grid, root, other)
        write_betas(root, config, subject, session, betas.open(), grid)
        sessions.append(betas)
        pictures.append(numbers[trials])
    if sessions:
        write_ncsnr(root, config, subject, sessions, pictures, grid)
    save_truth(root / layout.truth_file(subject), truth)


def draw_subject(config: NsdConfig, subject: str) -> tuple[Brain, Sheet]:
    """Draw where the voxels of a subject lie and what they respond to."""
    wanted = config.simulate
    assert wanted is not None
    random = rng(wanted.seed, "brain", subject)
    sheet = _draw_sheet(config, wanted, random)
    return draw_brain(sheet, wanted.ncsnr_median, wanted.ncsnr_log_sd, random), sheet


def write_anatomy(
    root: Path, config: NsdConfig, subject: str, brain: Brain, sheet: Sheet, grid: Grid
) -> None:
    """Write the brain mask or the surfaces, and the atlases that the configuration names."""
    space = config.space
    if space in layout.VOLUMES:
        mask = np.zeros(grid.shape, dtype=np.uint8)
        mask.ravel()[grid.brain] = 1
        path = layout.brain_mask_file(subject, space)
        save_nifti(root / path, mask, affine(grid.shape, layout.VOXEL_MM[space]))
    else:
        paths = layout.surface_files(subject, space)
        both = white_surfaces(space, (grid.shape[0], grid.shape[1]))
        for path, (points, triangles) in zip(paths, both, strict=True):
            save_surface(root / path, points, triangles)
    if space == "fsaverage":
        # The labels of the average brain are the same for all subjects.
        brain, sheet = draw_subject(config, "fsaverage")
    for atlas in sorted(atlases_of(config)):
        labels = labels_of(atlas, brain, sheet)
        write_atlas(root, subject, space, atlas, labels, grid, sheet)


def atlases_of(config: NsdConfig) -> set[str]:
    """Return the atlases that choose voxels or name their regions."""
    choosing = {name.split(":")[0] for name in config.voxels} - {"brain"}
    plain = {name.removeprefix("lh.").removeprefix("rh.") for name in choosing}
    return (plain - {"brain"}) | set(config.atlases)


def _draw_sheet(config: NsdConfig, wanted: Simulation, random: np.random.Generator) -> Sheet:
    if config.space in layout.VOLUMES:
        return folded_sheet(wanted.voxels, wanted.volume, wanted.sheets, random)
    if config.space == "fsaverage":
        random = rng(wanted.seed, "sheet", "fsaverage")
    return surface_sheet(wanted.voxels, unit_spheres(config.space, wanted.vertices), random)


def _respond(
    brain: Brain, sheet: Sheet, shown: Shown, folder: Path
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return noise-free responses to the drawn pictures, shape (n, v), and the truth."""
    voxels, reference = len(sheet.places), shown.reference
    drawn = len(shown.seen.category) - reference
    clean = Scratch(folder, (drawn, voxels), np.float64).open()
    mean, sd = np.empty(voxels), np.empty(voxels)
    small = voxels <= MOST_VOXELS_WITH_MOMENTS
    population = np.empty((reference, voxels if small else 0))
    for start in range(0, voxels, VOXELS_AT_ONCE):
        part = slice(start, start + VOXELS_AT_ONCE)
        answers = responses(brain.voxels(part), shown.seen, reference)
        clean[:, part] = answers[reference:]
        mean[part] = answers[:reference].mean(axis=0)
        sd[part] = (answers[:reference] - mean[part]).std(axis=0)
        if small:
            population[:, part] = answers[:reference]
    truth = truth_of(brain, sheet, mean, sd, np.asarray(clean[-shown.shared :]))
    if small:
        truth |= moments_of(population, shown.target)
    return clean, truth
