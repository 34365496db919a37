"""Where the files of the Natural Scenes Dataset lie, relative to its root.

References
----------
NSD Data Manual (cvnlab.slite.page), sections "Functional data" and "Technical notes".
"""

from itertools import pairwise
from typing import Literal

Space = Literal["func1pt8mm", "func1mm", "nativesurface", "fsaverage"]
Format = Literal["hdf5", "nifti", "mgh"]
Hemisphere = Literal["lh", "rh"]

VOLUMES: tuple[Space, ...] = ("func1pt8mm", "func1mm")
HEMISPHERES: tuple[Hemisphere, ...] = ("lh", "rh")
# The usual file of a space first. The average surface is published as MGH, the others as HDF5.
FORMATS: dict[Space, tuple[Format, ...]] = {
    "func1pt8mm": ("hdf5", "nifti"),
    "func1mm": ("hdf5", "nifti"),
    "nativesurface": ("hdf5",),
    "fsaverage": ("mgh",),
}
SUFFIX: dict[Format, str] = {"hdf5": "hdf5", "nifti": "nii.gz", "mgh": "mgh"}
VOXEL_MM: dict[Space, float] = {"func1pt8mm": 1.8, "func1mm": 1.0}
# Seconds between the volumes of the preprocessed series, which were resampled in time.
VOLUME_SECONDS: dict[Space, float] = {"func1pt8mm": 4 / 3, "func1mm": 1.0}
TRIAL_SECONDS = 4.0

DESIGN = "nsddata/experiments/nsd/nsd_expdesign.mat"
STIMULUS_TABLE = "nsddata/experiments/nsd/nsd_stim_info_merged.csv"
SIDECAR = "nsddata/experiments/nsd/afterimage_stimuli.csv"
PICTURES = "nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5"
PICTURE_KEY = "imgBrick"
BETA_KEY = "betas"
BETA_SCALE = 300  # stored integers per percent of signal change

# Sessions of each subject in the full release, and those withheld from its early release.
SESSIONS = {
    "subj01": 40,
    "subj02": 40,
    "subj03": 32,
    "subj04": 30,
    "subj05": 40,
    "subj06": 32,
    "subj07": 40,
    "subj08": 30,
}
WITHHELD_SESSIONS = 3
PUBLISHED_TRIALS = 750  # of every session
PUBLISHED_SHARED, PUBLISHED_OWN = 1000, 9000  # pictures of every subject
# Sessions of 14 runs instead of 12: the first and the last run were done at rest.
RESTING_SESSIONS = {
    subject: range(21, 39 if subject in {"subj01", "subj05"} else 31) for subject in SESSIONS
}
# Sessions that every subject has: what `special515` calls "seen three times by all eight".
COMMON_SESSIONS = min(SESSIONS.values())


def betas_folder(subject: str, space: Space, version: str) -> str:
    """Return the folder of all sessions' betas of one kind."""
    return f"nsddata_betas/ppdata/{subject}/{space}/{version}"


def betas_files(
    subject: str, space: Space, version: str, session: int, form: Format
) -> tuple[str, ...]:
    """Return the files of one session's betas: one volume, or two hemispheres, left first."""
    folder = betas_folder(subject, space, version)
    name = f"betas_session{session:02d}.{SUFFIX[form]}"
    if space in VOLUMES:
        return (f"{folder}/{name}",)
    return tuple(f"{folder}/{side}.{name}" for side in HEMISPHERES)


def ncsnr_files(subject: str, space: Space, version: str) -> tuple[str, ...]:
    """Return the files of the released noise-ceiling SNR: a volume, or two hemispheres."""
    folder = betas_folder(subject, space, version)
    if space in VOLUMES:
        return (f"{folder}/ncsnr.nii.gz",)
    return tuple(f"{folder}/{side}.ncsnr.mgh" for side in HEMISPHERES)


def series_file(subject: str, space: Space, session: int, run: int) -> str:
    """Return the preprocessed volumes of one run; runs count from 1, resting ones included."""
    folder = f"nsddata_timeseries/ppdata/{subject}/{space}/timeseries"
    return f"{folder}/timeseries_session{session:02d}_run{run:02d}.nii.gz"


def series_design_file(subject: str, space: Space, session: int, run: int) -> str:
    """Return which picture began in each volume of one run (1-based; 0 for none)."""
    folder = f"nsddata_timeseries/ppdata/{subject}/{space}/design"
    return f"{folder}/design_session{session:02d}_run{run:02d}.tsv"


def brain_mask_file(subject: str, space: Space) -> str:
    """Return the liberal brain mask outside of which betas were set to zero."""
    return f"nsddata/ppdata/{subject}/{space}/brainmask.nii.gz"


def atlas_files(subject: str, space: Space, atlas: str) -> tuple[str, ...]:
    """Return the labels of an atlas: a volume, or two hemispheres.

    Parameters
    ----------
    atlas : str
        In a volume, "lh.<atlas>" and "rh.<atlas>" are the labels of one hemisphere.
    """
    if space in VOLUMES:
        return (f"nsddata/ppdata/{subject}/{space}/roi/{atlas}.nii.gz",)
    folder = f"nsddata/freesurfer/{anatomy(subject, space)}/label"
    return tuple(f"{folder}/{side}.{atlas}.mgz" for side in HEMISPHERES)


def names_file(subject: str, space: Space, atlas: str) -> str:
    """Return the names of an atlas's labels."""
    return f"nsddata/freesurfer/{anatomy(subject, space)}/label/{atlas}.mgz.ctab"


def surface_files(subject: str, space: Space) -> tuple[str, ...]:
    """Return the white surfaces, whose vertices give coordinates."""
    folder = f"nsddata/freesurfer/{anatomy(subject, space)}/surf"
    return tuple(f"{folder}/{side}.white" for side in HEMISPHERES)


def anatomy(subject: str, space: Space) -> str:
    """Return the FreeSurfer subject that a space belongs to."""
    return "fsaverage" if space == "fsaverage" else subject


def responses_table(subject: str) -> str:
    """Return the table of a subject's trials and button presses."""
    return f"nsddata/ppdata/{subject}/behav/responses.tsv"


def coco_files(split: str) -> tuple[str, str]:
    """Return COCO's captions and objects of "train2017" or "val2017"; not part of the bucket."""
    return (
        f"coco/annotations/captions_{split}.json",
        f"coco/annotations/instances_{split}.json",
    )


def truth_file(subject: str) -> str:
    """Return the path of what the simulator knows; absent from real data."""
    return f"truth/{subject}.safetensors"


def run_lengths(trials: int, runs: int) -> list[int]:
    """Return how many trials each run of a session holds.

    Runs of the published sessions hold 63 and 62 trials in turn: halves are rounded up.
    """
    ends = [(2 * run * trials + runs) // (2 * runs) for run in range(runs + 1)]
    return [end - start for start, end in pairwise(ends)]


def subject_row(subject: str) -> int:
    """Return the 0-based row of a subject such as "subj01" in the tables of the design."""
    return int(subject.removeprefix("subj")) - 1


def stimulus_id(nsd_id: int) -> str:
    """Name a picture by its 0-based number among the 73,000.

    The published pictures of the shared 1,000 are named by the 1-based number instead.
    """
    return f"nsd{nsd_id:05d}"
