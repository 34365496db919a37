"""The data set `arrays`: bring your own arrays, described in YAML alone (docs/arrays.md)."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.stimuli import Stimulus
from afterimage.contracts.trials import TRIALS, Recording
from afterimage.ingest.arrays.channels import channel_table, kept_channels
from afterimage.ingest.arrays.config import Config as ArraysConfig
from afterimage.ingest.arrays.fields import Source
from afterimage.ingest.arrays.files import check_file
from afterimage.ingest.arrays.layers import Piece, pieces
from afterimage.ingest.arrays.responses import PieceResponses
from afterimage.ingest.arrays.series import block_means
from afterimage.ingest.arrays.sources import Place
from afterimage.ingest.arrays.split import piece_roles
from afterimage.ingest.arrays.stimuli import (
    Naming,
    PieceStimuli,
    image_files,
    places_of,
    read_stimuli,
)
from afterimage.ingest.arrays.trials import PieceTrials, all_missing, read_trials

NO_PICTURES = "The data hold labels only: which pictures were shown is not in them."


class Arrays:
    """A data set of arrays in files, described by its configuration."""

    Config = ArraysConfig

    def __init__(self, config: ArraysConfig) -> None:
        self.config = config
        self._pieces = {subject: pieces(config, subject) for subject in config.subjects}
        self._known_origins: dict[tuple[Path, str], tuple[tuple[object, ...], ...]] = {}

    def subjects(self) -> list[str]:
        """Return the subjects in the configuration's order."""
        return list(self.config.subjects)

    def stimulus_files(self, root: Path) -> list[str]:
        """Return every file that is read, relative to ``root``, sorted.

        What is known of a stimulus may stand in the files of any subject.

        Raises
        ------
        DataError
            Naming the first that is missing.
        """
        found = [self.recording_files(root, subject) for subject in self.subjects()]
        return sorted(set().union(*found))

    def recording_files(self, root: Path, subject: str) -> list[str]:
        """Return every file that one subject needs, in the same way."""
        found: set[str] = set()
        for piece in self._pieces[subject]:
            for named in sorted(_named_files(_place(root, piece), piece)):
                check_file(root / named, named)
                found.add(named)
        for trials, shown in self._read(root, subject):
            found.update(image_files(trials, shown))
        return sorted(found)

    def stimuli(self, root: Path) -> Iterator[Stimulus]:
        """Yield each stimulus that was shown, once.

        Raises
        ------
        DataError
            If two files disagree about a stimulus, or a picture cannot be read.
        """
        known: dict[str, tuple[object, ...]] = {}
        origins: dict[str, tuple[object, ...]] = {}
        for subject in self.subjects():
            for trials, shown in self._read(root, subject):
                origin = places_of(trials.place, trials.piece.layer.stimuli)
                for i in np.flatnonzero(trials.keep):
                    name, row = shown.ids[i], int(shown.rows[i])
                    if origins.get(name) == (origin, row):
                        continue
                    stimulus = _stimulus(shown, int(i))
                    content = _content(stimulus)
                    if known.setdefault(name, content) != content:
                        raise _disagreement(name, trials)
                    if name not in origins:
                        yield stimulus
                    origins[name] = (origin, row)

    def recording(self, root: Path, subject: str) -> Recording:
        """Return one subject's trials and a stream of responses.

        Raises
        ------
        DataError
            If trial names are not unique, or (in the stream) a trial is all NaN.
        ShapeError
            If pieces differ in their channels.
        """
        read = self._read(root, subject)
        first = read[0][0]
        for trials, _ in read[1:]:
            _check_same_shape(first.responses, trials.responses)
        channels = first.piece.layer.channels
        keep = kept_channels(first.place, channels, first.responses)
        table = channel_table(first.place, channels, first.responses, keep)
        trials_table = _trials_table(subject, read)
        responses = first.piece.layer.responses
        return Recording(
            trials=trials_table,
            channels=table,
            dims=first.responses.dims,
            shape=(*first.responses.shape[:-1], len(table)),
            unit=(responses.unit if responses else None) or "arbitrary",
            blocks=lambda: _blocks(subject, read, keep),
            notes=self._notes(read),
            times=_times(first),
            geometry=first.responses.geometry(),
        )

    def has_times(self) -> bool:
        """Return whether the YAML tells when the steps of a response were measured."""
        layers = [piece.layer.responses for own in self._pieces.values() for piece in own]
        return any(layer is not None and layer.times is not None for layer in layers)

    def published_splits(self) -> list[str]:
        """Return the one split that the YAML describes, if it does."""
        pieces = [piece for own in self._pieces.values() for piece in own]
        return ["default"] if any(p.role or p.layer.split is not None for p in pieces) else []

    def published_roles(self, root: Path, subject: str, split: str) -> dict[str, str]:
        """Return the role of each trial in the split that came with the data."""
        roles: dict[str, str] = {}
        for trials, shown in self._read(root, subject):
            own = piece_roles(trials, shown)
            for i in np.flatnonzero(trials.keep):
                roles[f"{subject}-{trials.names[i]}"] = own[i] if own else "unused"
        return roles

    def _read(self, root: Path, subject: str) -> list[tuple[PieceTrials, PieceStimuli]]:
        found = []
        for piece in self._pieces[subject]:
            trials = read_trials(_place(root, piece), piece)
            found.append((trials, read_stimuli(trials, self._naming(root, piece))))
        return found

    def _naming(self, root: Path, piece: Piece) -> Naming:
        """Say which prefixes the names of stimuli need: where the same row means another one."""
        stimuli = piece.layer.stimuli
        per_row = piece.layer.trials is None or piece.layer.trials.stimulus is None
        varies = len(set(self._origins(root, piece.subject))) > 1
        label = piece.label if per_row or varies else ""
        shared = stimuli.shared if stimuli else None
        if shared is None:
            shared = self._shared(root, piece)
        alone = len(self.config.subjects) == 1
        return Naming("" if shared or alone else piece.subject, label)

    def _shared(self, root: Path, piece: Piece) -> bool:
        layer = piece.layer
        series = layer.series
        source = layer.trials.stimulus if layer.trials else None
        if series is not None:
            source = series.events.stimulus if series.events else series.stimulus
        if (source is not None and source.base is None) or (layer.stimuli and layer.stimuli.id):
            return True
        origins: dict[object, set[tuple[object, ...]]] = {}
        for subject in self.subjects():
            found = zip(self._pieces[subject], self._origins(root, subject), strict=True)
            for own, origin in found:
                origins.setdefault((own.part, own.session, own.run), set()).add(origin)
        # A subject may lack a session, but what two subjects have must come from one place.
        return all(len(places) == 1 and all(places) for places in origins.values())

    def _origins(self, root: Path, subject: str) -> tuple[tuple[object, ...], ...]:
        """Return where the stimuli of each piece of a subject are read from."""
        if (root, subject) not in self._known_origins:
            self._known_origins[root, subject] = tuple(
                places_of(_place(root, piece), piece.layer.stimuli)
                for piece in self._pieces[subject]
            )
        return self._known_origins[root, subject]

    def _notes(self, read: list[tuple[PieceTrials, PieceStimuli]]) -> list[str]:
        notes = list(self.config.notes)
        if self.config.citation:
            notes.append(f"Cite: {self.config.citation}")
        if all(shown.pictures is None for _, shown in read):
            notes.append(NO_PICTURES)
        left_out = sum(int((~trials.keep).sum()) for trials, _ in read)
        if left_out:
            notes.append(f"{left_out} trials of the files were left out by the data set's YAML.")
        return notes


def _times(trials: PieceTrials) -> tuple[float, ...] | None:
    """Return the times of the steps of a response, if the YAML tells them."""
    wanted = trials.piece.layer.responses.times if trials.piece.layer.responses else None
    if wanted is None:
        return None
    dims, shape = trials.responses.dims, trials.responses.shape
    if dims[0] != "time":
        raise ShapeError(
            f"{trials.responses.where}: `responses.times` are given, but a response has the axes "
            f"{', '.join(dims)}.",
            "Name one axis `time` in `responses.axes`, or leave out `responses.times`.",
        )
    return tuple(wanted.first + step / wanted.rate for step in range(shape[0]))


def _place(root: Path, piece: Piece) -> Place:
    return Place(root, piece.places, (piece.layer.file,))


def _named_files(place: Place, piece: Piece) -> set[str]:
    """Return every file that a piece names, apart from pictures."""
    found: set[str] = set()

    def visit(entry: Entry, place: Place) -> None:
        if isinstance(entry, Source):
            named = None if getattr(entry, "join", None) else place.named(entry)
            found.update([named] if named else [])
        inside = place.within(getattr(entry, "file", None))
        for name in type(entry).model_fields:
            value = getattr(entry, name)
            items = list(value.values()) if isinstance(value, dict) else value
            for item in items if isinstance(items, list) else [items]:
                if isinstance(item, Entry):
                    visit(item, inside)

    for section in ("responses", "series", "trials", "stimuli", "channels", "split"):
        entry = getattr(piece.layer, section)
        if entry is not None:
            visit(entry, place)
    return found


def _stimulus(shown: PieceStimuli, trial: int) -> Stimulus:
    name = shown.ids[trial]
    image = shown.pictures.get(int(shown.rows[trial])) if shown.pictures else None
    return Stimulus(name, shown.group[trial] or name, shown.category[trial], image)


def _content(stimulus: Stimulus) -> tuple[object, ...]:
    image = stimulus.image
    pixels = None if image is None else (image.shape, hashlib.sha256(image.tobytes()).digest())
    return (stimulus.source_id, stimulus.category, pixels)


def _disagreement(name: str, trials: PieceTrials) -> DataError:
    return DataError(
        f"{trials.responses.where}: stimulus '{name}' has another picture, category or group here "
        "than elsewhere in the data set.",
        "If the same row is another stimulus for each subject, say `shared: false` under stimuli; "
        "else correct `trials.stimulus` or `stimuli.id`.",
    )


def _check_same_shape(first: PieceResponses, other: PieceResponses) -> None:
    if (first.dims, first.shape) != (other.dims, other.shape):
        raise ShapeError(
            f"{other.where}: a response has the shape {other.shape} ({', '.join(other.dims)}), "
            f"expected {first.shape} ({', '.join(first.dims)}) as {first.where}.",
            "All parts, sessions and runs of a subject have the same channels; check the keys, "
            "and `responses.axes` if one of them is transposed.",
        )


def _trials_table(subject: str, read: list[tuple[PieceTrials, PieceStimuli]]) -> pd.DataFrame:
    frames = []
    for trials, shown in read:
        keep = np.flatnonzero(trials.keep)
        frames.append(
            pd.DataFrame(
                {
                    "trial_id": [f"{subject}-{trials.names[i]}" for i in keep],
                    "subject": subject,
                    "session": trials.session[keep].astype(np.int32),
                    "run": trials.run[keep].astype(np.int32),
                    "onset": trials.onset[keep],
                    "stimulus_id": [shown.ids[i] for i in keep],
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    table["repetition"] = table.groupby("stimulus_id").cumcount().astype(np.int32)
    twice = table.loc[table["trial_id"].duplicated(), "trial_id"].unique()
    if len(twice):
        raise DataError(
            f"{read[0][0].responses.where}: duplicate trial ids of subject '{subject}': "
            f"{twice[:5].tolist()}.",
            "Leave out `trials.id` (ids are then made from row numbers), or make it unique.",
        )
    return table[TRIALS.names]


def _blocks(
    subject: str, read: list[tuple[PieceTrials, PieceStimuli]], channels: np.ndarray
) -> Iterator[tuple[list[str], np.ndarray]]:
    for trials, _ in read:
        for rows, block in _piece_blocks(trials):
            keep = trials.keep[rows]
            if not keep.any():
                continue
            names = np.array(trials.names, dtype=object)[rows][keep]
            ids = [f"{subject}-{name}" for name in names]
            values = np.ascontiguousarray(block[keep][..., channels], dtype=np.float32)
            _check_not_missing(values, ids, trials.responses.where)
            yield ids, values


def _piece_blocks(trials: PieceTrials) -> Iterator[tuple[slice, np.ndarray]]:
    series = trials.piece.layer.series
    if series is not None:
        yield from block_means(trials.responses, series, trials.blocks or [])
        return
    for start, block in trials.responses.blocks():
        yield slice(start, start + len(block)), block


def _check_not_missing(values: np.ndarray, ids: list[str], where: str) -> None:
    missing = np.flatnonzero(all_missing(values))
    if missing.size:
        raise DataError(
            f"{where}: {missing.size} trials are NaN in all channels, the first is "
            f"'{ids[missing[0]]}'.",
            "Leave them out: `missing: drop` under responses, or `trials.keep`.",
        )
