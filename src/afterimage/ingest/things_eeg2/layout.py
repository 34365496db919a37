"""Where the files of THINGS-EEG2 lie, relative to their root, and how many of everything there are.

References
----------
Gifford et al. (2022), A large and rich EEG dataset for modeling human visual object recognition.
NeuroImage 264. Raw data: doi.org/10.25452/figshare.plus.18470912; the rest: osf.io/3jk45.
"""

from typing import Literal

Form = Literal["official", "nice", "raw"]
Partition = Literal["training", "test"]

PARTITIONS: tuple[Partition, ...] = ("training", "test")
SHORT: dict[Partition, str] = {"training": "train", "test": "test"}  # in ids of trials
FOLDERS: dict[Form, str] = {
    "official": "Preprocessed_data",
    "nice": "Preprocessed_data_250Hz",
    "raw": "Raw_data",
}
PICTURES: dict[Partition, str] = {
    "training": "Image_set/training_images",
    "test": "Image_set/test_images",
}
METADATA = "Image_set/image_metadata.npy"
SESSIONS = 4
TARGET = 99999  # the code of a picture that the subject had to answer; no picture of the sets
STIM = "stim"
ONSETS_SECONDS = 0.2  # from one picture to the next
MONTAGE = "colin27_1005"  # positions of the 10-5 system that come with MNE
SPLIT = "zero_shot200"

# Sensors of the forms, in the order of the files.
OCCIPITAL = (
    *("Pz", "P3", "P7", "O1", "Oz", "O2", "P4", "P8", "P1", "P5", "PO7", "PO3", "POz", "PO4"),
    *("PO8", "P6", "P2"),
)
ALL_SENSORS = (
    *("Fp1", "Fp2", "AF7", "AF3", "AFz", "AF4", "AF8", "F7", "F5", "F3", "F1", "F2", "F4", "F6"),
    *("F8", "FT9", "FT7", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "FT8", "FT10", "T7"),
    *("C5", "C3", "C1", "Cz", "C2", "C4", "C6", "T8", "TP9", "TP7", "CP5", "CP3", "CP1", "CPz"),
    *("CP2", "CP4", "CP6", "TP8", "TP10", "P7", "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8"),
    *("PO7", "PO3", "POz", "PO4", "PO8", "O1", "Oz", "O2"),
)


def preprocessed_file(folder: str, subject: str, partition: Partition) -> str:
    """Return where the epochs of one partition lie."""
    return f"{folder}/{subject}/preprocessed_eeg_{partition}.npy"


def raw_file(folder: str, subject: str, session: int, partition: Partition) -> str:
    """Return where one session's continuous recording of a partition lies."""
    return f"{folder}/{subject}/ses-{session:02d}/raw_eeg_{partition}.npy"


def truth_file(subject: str) -> str:
    """Return where a simulator writes what it knows of a subject."""
    return f"truth/{subject}.safetensors"


def sensors_of_form(form: Form) -> tuple[str, ...]:
    """Return the sensors of a form, in the order of its published files."""
    return OCCIPITAL if form == "official" else ALL_SENSORS
