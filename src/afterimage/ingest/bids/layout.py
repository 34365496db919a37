"""Names of the files of a run, relative to the data set's root."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from afterimage.ingest.bids.config import BidsConfig

SPLITS = 20  # parts of a FIF file that are looked for
# One recording each, with the files that belong to it.
EEG_FILES = ((".vhdr", ".eeg", ".vmrk"), (".edf",), (".EDF",), (".bdf",), (".set", ".fdt"))
MEG_FILES = ((".fif",), (".con",), (".sqd",))
CTF_FILES = ("res4", "meg4", *(f"{number}_meg4" for number in range(1, 10)), "hc", "eeg", "acq")
CTF_TABLES = ("BadChannels", "MarkerFile.mrk", "bad.segments")


def is_recording(name: str) -> bool:
    """Return whether a file or folder is a recording, and none of what lies beside one."""
    endings = (own[0] for own in (*EEG_FILES, *MEG_FILES))
    return name.endswith((*endings, ".ds"))


@dataclass(frozen=True)
class Run:
    """A run of a subject.

    Attributes
    ----------
    part : str
        Such as "ses-01_run-02"; "recording" if it has neither.
    session, run : int
        1-based.
    stem : str
        Path of its files, relative to the root, up to the last underscore.
    datatype : {"meg", "eeg"}
    """

    part: str
    session: int
    run: int
    stem: str
    datatype: str

    def sidecar(self, suffix: str) -> str:
        """Return the name of a file beside the recording, such as "events.tsv"."""
        return f"{self.stem}_{suffix}"

    def tables(self) -> list[str]:
        """Return what the trials and sensors are read from, where it exists."""
        suffixes = ("events.tsv", "events.json", "channels.tsv", f"{self.datatype}.json")
        subject_only = self._shortened()
        places = ("electrodes.tsv", "coordsystem.json")
        return [
            *(self.sidecar(suffix) for suffix in suffixes),
            *(f"{stem}_{suffix}" for stem in (self.stem, subject_only) for suffix in places),
        ]

    def recordings(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each file that could be the recording, and all that belong to it."""
        if self.datatype == "eeg":
            for own in EEG_FILES:
                names = [f"{self.stem}_eeg{extension}" for extension in own]
                yield names[0], names
            return
        for own in MEG_FILES:
            names = [f"{self.stem}_meg{extension}" for extension in own]
            yield names[0], names
        splits = [f"{self.stem}_split-{number:02d}_meg.fif" for number in range(1, SPLITS + 1)]
        yield splits[0], splits
        folder = f"{self.stem}_meg.ds"
        stem = PurePosixPath(self.stem).name
        yield (
            folder,
            [
                *(f"{folder}/{stem}_meg.{extension}" for extension in CTF_FILES),
                *(f"{folder}/{name}" for name in CTF_TABLES),
            ],
        )

    def candidates(self) -> list[str]:
        """Return all files that the recording can consist of."""
        return [name for _, names in self.recordings() for name in names]

    def recording(self, root: Path) -> str | None:
        """Return the file or folder that is the recording, relative to the root, if it is there."""
        there = (main for main, _ in self.recordings() if (root / main).exists())
        return next(there, None)

    def _shortened(self) -> str:
        path = PurePosixPath(self.stem)
        words = [word for word in path.name.split("_") if word.startswith(("sub-", "ses-"))]
        return str(path.with_name("_".join(words)))


def runs_of(config: BidsConfig, subject: str) -> list[Run]:
    """Return the runs that the configuration names, in its order."""
    return [
        _run(config, subject, session, run)
        for session in config.sessions or ("",)
        for run in config.runs or ("",)
    ]


def numbers_of(labels: tuple[str, ...]) -> dict[str, int]:
    """Return a number for each label: its own if all have different ones, else its place."""
    own = [label.partition("-")[2] for label in labels]
    numbers = [int(text) for text in own if text.isdecimal() and int(text) > 0]
    if len(set(numbers)) == len(labels):
        return dict(zip(labels, numbers, strict=True))
    return {label: place for place, label in enumerate(labels, 1)}


def _run(config: BidsConfig, subject: str, session: str, run: str) -> Run:
    acquisition = f"acq-{config.acquisition}" if config.acquisition else ""
    words = [subject, session, f"task-{config.task}", acquisition, run]
    folder = [subject, session, config.datatype]
    return Run(
        part="_".join(word for word in (session, run) if word) or "recording",
        session=numbers_of(config.sessions).get(session, 1),
        run=numbers_of(config.runs).get(run, 1),
        stem="/".join([*filter(None, folder), "_".join(filter(None, words))]),
        datatype=config.datatype,
    )
