"""Where the published files of THINGS-MEG lie, and what is known of all of them."""

SESSIONS, RUNS = 12, 10
EPOCH_FILES = 4
# A sensor that did not work; the released epochs go without it.
FAULTY = "MRO11-1609"
# Code of a catch trial in the events of the released epochs.
CATCH = 999_999
TRIGGERS, TRIGGER, LAST_TRIGGER = "UPPT001", 64, 32
# Start in seconds of the two drop-outs, by subject, session and run.
DROPOUTS = {("P1", 11, 5): 13.4, ("P2", 10, 3): 59.8}
DROPOUT_SECONDS = 0.2
IMAGE_PATHS = "Metadata/Image-specific/image_paths.csv"
# What MNE reads of a run: the first three always.
PARTS_OF_RUN = ("res4", "meg4", "hc")
OTHERS_OF_RUN = ("BadChannels", "MarkerFile.mrk", "bad.segments", "ClassFile.cls")


def attributes_file(subject: str) -> str:
    """Return the table of trials of "P1" to "P4"."""
    return f"sourcedata/sample_attributes_{subject}.csv"


def epochs_file(subject: str, number: int = 0) -> str:
    """Return one of the files of the released epochs; they are counted from 0."""
    tail = f"-{number}" if number else ""
    return f"derivatives/preprocessed/preprocessed_{subject}-epo{tail}.fif"


def run_name(subject: str, session: int, run: int) -> str:
    """Return what the names of all files of a run begin with, with their folder."""
    who = f"sub-BIGMEG{subject.removeprefix('P')}"
    name = f"{who}_ses-{session:02d}_task-main_run-{run:02d}"
    return f"{who}/ses-{session:02d}/meg/{name}"


def run_folder(subject: str, session: int, run: int) -> str:
    """Return the CTF folder of a run."""
    return f"{run_name(subject, session, run)}_meg.ds"


def events_file(subject: str, session: int, run: int) -> str:
    """Return the table of events of a run."""
    return f"{run_name(subject, session, run)}_events.tsv"


def run_files(subject: str, session: int, run: int) -> list[str]:
    """Return the files of a run's CTF folder that are always read."""
    folder = run_folder(subject, session, run)
    stem = folder.rpartition("/")[2].removesuffix(".ds")
    return [f"{folder}/{stem}.{ending}" for ending in PARTS_OF_RUN]


def other_run_files(subject: str, session: int, run: int) -> list[str]:
    """Return the files of a run's CTF folder that are read where they exist."""
    folder = run_folder(subject, session, run)
    return [f"{folder}/{name}" for name in OTHERS_OF_RUN]


def head_file(subject: str, session: int, run: int) -> str:
    """Return where the head was during a run."""
    return run_files(subject, session, run)[PARTS_OF_RUN.index("hc")]


def truth_file(subject: str) -> str:
    """Return what a simulator knows of a subject."""
    return f"truth/{subject}.safetensors"


def concept_of(stem: str) -> str:
    """Return the concept that a picture shows: its name without the last part."""
    return stem.rpartition("_")[0]
