"""Where the files of the Natural Scenes Dataset lie, relative to its root."""

SPACE = "func1pt8mm"
DESIGN = "nsddata/experiments/nsd/nsd_expdesign.mat"
STIMULUS_TABLE = "nsddata/experiments/nsd/nsd_stim_info_merged.csv"
SIDECAR = "nsddata/experiments/nsd/afterimage_stimuli.csv"
PICTURES = "nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5"
PICTURE_KEY = "imgBrick"
BETA_KEY = "betas"
BETA_SCALE = 300  # stored integers per percent of signal change


def betas_file(subject: str, version: str, session: int) -> str:
    """Return the path of one session's betas; sessions count from 1."""
    return f"nsddata_betas/ppdata/{subject}/{SPACE}/{version}/betas_session{session:02d}.hdf5"


def atlas_file(subject: str, atlas: str) -> str:
    """Return the path of the volume of an atlas's labels."""
    return f"nsddata/ppdata/{subject}/{SPACE}/roi/{atlas}.nii.gz"


def names_file(subject: str, atlas: str) -> str:
    """Return the path of the names of an atlas's labels."""
    return f"nsddata/freesurfer/{subject}/label/{atlas}.mgz.ctab"


def truth_file(subject: str) -> str:
    """Return the path of what the simulator knows; absent from real data."""
    return f"truth/{subject}.safetensors"


def subject_row(subject: str) -> int:
    """Return the 0-based row of a subject such as "subj01" in the tables of the design."""
    return int(subject.removeprefix("subj")) - 1


def stimulus_id(nsd_id: int) -> str:
    """Name a picture by its 0-based number among the 73,000.

    The published pictures of the shared 1,000 are named by the 1-based number instead.
    """
    return f"nsd{nsd_id:05d}"
