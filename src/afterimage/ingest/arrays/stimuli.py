"""What was shown in the trials of a piece: ids, labels, groups and pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.arrays.config import Stimuli
from afterimage.ingest.arrays.fields import Source, Vector, text
from afterimage.ingest.arrays.files import check_file
from afterimage.ingest.arrays.images import Pictures, array_pictures, file_pictures, matching
from afterimage.ingest.arrays.layers import fill_known
from afterimage.ingest.arrays.sources import Place, integers, vector
from afterimage.ingest.arrays.trials import PieceTrials, check_trials


@dataclass(frozen=True)
class PieceStimuli:
    """Stimuli of a piece, per trial.

    Attributes
    ----------
    rows : ndarray of int, shape (n trials,)
        Row of the stimulus in the piece's stimuli; -1 in trials that are not kept.
    ids : list of str
    category, group : list of (str or None)
    pictures : Pictures or None
    entries : int or None
        Number of rows, if known.
    """

    rows: np.ndarray
    ids: list[str]
    category: list[str | None]
    group: list[str | None]
    pictures: Pictures | None
    entries: int | None


@dataclass(frozen=True)
class Naming:
    """How stimuli without ids of their own are named: see :func:`naming_of` in ``arrays``.

    Attributes
    ----------
    subject : str
        Prefix, where the same row is another stimulus for another subject; else empty.
    piece : str
        Prefix, where the same row is another stimulus in another piece; else empty.
    """

    subject: str
    piece: str


def places_of(place: Place, stimuli: Stimuli | None) -> tuple[Any, ...]:
    """Return where the stimuli of a piece are read from: equal places hold equal stimuli."""
    if stimuli is None:
        return ()
    inside = place.within(stimuli.file)
    found: list[Any] = []
    for name in ("id", "images", "category", "group"):
        source = getattr(stimuli, name)
        if isinstance(source, Source):
            found.append((name, inside.named(source), inside.key(source), str(source.values)))
    if stimuli.files is not None:
        found.append(("files", fill_known(stimuli.files.pattern, place.values)))
        if stimuli.files.name is not None:
            source = stimuli.files.name
            found.append(("name", inside.named(source), inside.key(source)))
    return tuple(found)


def read_stimuli(trials: PieceTrials, naming: Naming) -> PieceStimuli:
    """Find the stimulus of each trial.

    Raises
    ------
    ShapeError
        If trials and stimuli differ in number.
    DataError
        If ids are not unique or not known, row numbers lie outside, or two trials of one stimulus
        disagree about it.
    """
    stimuli = trials.piece.layer.stimuli or Stimuli()
    place = trials.place.within(stimuli.file)
    per_trial = trials.stimulus is None or (trials.base is None and stimuli.id is None)
    reader = _Reader(trials, stimuli, place, per_trial)
    rows = reader.rows()
    ids = _ids(trials, reader, rows, naming)
    category = reader.words("category", rows, trials.category)
    group = reader.words("group", rows, trials.group)
    _check_agree(ids, category, rows, "category", reader.found.get("category", trials.said))
    _check_agree(ids, group, rows, "group", reader.found.get("group", trials.said))
    pictures = reader.pictures(ids, rows, category, group)
    return PieceStimuli(rows, ids, category, group, pictures, reader.entries)


class _Reader:
    """Reads the vectors of the stimuli, all checked against one number of entries."""

    def __init__(
        self, trials: PieceTrials, stimuli: Stimuli, place: Place, per_trial: bool
    ) -> None:
        self.trials, self.stimuli, self.place = trials, stimuli, place
        self.per_trial = per_trial
        self.where = trials.responses.where
        self.entries: int | None = self._expected()
        self.values: dict[str, list[Any]] = {}
        self.found: dict[str, str] = {}
        self.array = array_pictures(place, stimuli.images) if stimuli.images else None
        if self.array is not None and self.array.n is not None:
            self._count(self.array.n, self.array.where, "stimuli.images", self.array.shape)
        for name in ("id", "category", "group"):
            source = getattr(stimuli, name)
            if source is not None:
                self._read(name, source)
        if stimuli.files is not None and stimuli.files.name is not None:
            self._read("name", stimuli.files.name)
        if stimuli.files is not None and "*" in stimuli.files.pattern and not per_trial:
            found = matching(place, stimuli.files)
            self._count(len(found), stimuli.files.pattern, "stimuli.files", (len(found),))

    def _expected(self) -> int | None:
        """Return the number of entries where the trials fix it."""
        if not self.per_trial:
            return None
        layout = self.trials.responses.first.layout
        return layout.shape[layout.outer] if "stimulus" in layout.rows else self.trials.n

    def _read(self, name: str, source: Vector) -> None:
        values, where = vector(self.place, source, f"stimuli.{name}", self.entries)
        if source.value is None:
            self._count(len(values), where, f"stimuli.{name}", (len(values),))
        self.values[name] = values
        self.found[name] = where

    def _count(self, found: int, where: str, what: str, shape: tuple[int, ...]) -> None:
        if self.entries is None:
            self.entries, self.where = found, where
        if found == self.entries:
            return
        if self.per_trial and self.trials.blocks is None:
            self._check_per_trial(found, where, what, shape)
        raise ShapeError(
            f"{where}: {what} has {found} entries, expected {self.entries} as {self.where}.",
            "All of `stimuli` describe the same rows: name the right keys, or correct the file.",
        )

    def _check_per_trial(self, found: int, where: str, what: str, shape: tuple[int, ...]) -> None:
        responses = self.trials.responses
        if "stimulus" in responses.first.layout.rows:
            return
        if found not in responses.first.layout.shape and responses.n in shape:
            position = shape.index(responses.n)
            raise ShapeError(
                f"{where}: {what} has the shape {shape} and so {found} entries, but "
                f"{responses.where} has {responses.n} trials.",
                f"Axis {position} (counted from 0) has {responses.n}: say so with `axes` under "
                f"{what}, with `stimulus` at that place.",
            )
        check_trials(found, where, what, responses)

    def rows(self) -> np.ndarray:
        """Return the stimulus row of each trial; -1 where the trial is not kept."""
        trials = self.trials
        if trials.stimulus is None:
            rows = np.arange(trials.n) // trials.responses.first.layout.inner
            return np.where(trials.keep, rows if trials.blocks is None else np.arange(trials.n), -1)
        kept = np.flatnonzero(trials.keep)
        shown = [trials.stimulus[i] for i in kept]
        rows = np.full(trials.n, -1)
        what, where = "trials.stimulus", trials.said
        if None in shown:
            raise DataError(
                f"{where}: {what} is missing in row {kept[shown.index(None)]} (counted from 0).",
                "Leave such trials out with `trials.keep`, or correct the file.",
            )
        if trials.base is not None:
            rows[kept] = self._numbered(integers(shown, where, what) - trials.base)
        elif "id" in self.values:
            rows[kept] = self._looked_up([text(value) for value in shown])
        else:
            first: dict[str, int] = {}
            rows[kept] = [
                first.setdefault(text(value), int(row))
                for row, value in zip(kept, shown, strict=True)
            ]
        return rows

    def _numbered(self, rows: np.ndarray) -> np.ndarray:
        top = self.entries if self.entries is not None else np.inf
        outside = rows[(rows < 0) | (rows >= top)]
        if outside.size:
            base = self.trials.base or 0
            held = f"{self.entries} stimuli" if self.entries else "stimuli from there on"
            raise DataError(
                f"{self.trials.said}: trials.stimulus names stimulus "
                f"{outside[0] + base}, but {self.where} holds {held} (counted from {base}).",
                "Correct `trials.stimulus.base`; leave out blank trials with "
                "`trials.keep: {key: ..., without: [0]}`.",
            )
        return rows

    def _looked_up(self, shown: list[str]) -> list[int]:
        known = {text(value): row for row, value in enumerate(self.values["id"])}
        unknown = sorted(set(shown) - set(known))
        if unknown:
            raise DataError(
                f"{self.trials.said}: trials.stimulus has ids that stimuli.id does not "
                f"list: {unknown[:5]}; listed: {list(known)[:5]} ...",
                "If these are row numbers, say `base: 0` or `base: 1` under trials.stimulus.",
            )
        return [known[value] for value in shown]

    def words(self, name: str, rows: np.ndarray, per_trial: list[Any] | None) -> list[str | None]:
        """Return a label of each trial, from the stimuli or from the trials."""
        if self.values.get(name):
            entries = self.values[name]
            if self.per_trial and self.trials.stimulus is not None:
                # Trials of one stimulus must agree, so each trial's own entry is looked at.
                return [_word(value) for value in entries]
            if getattr(self.stimuli, name).value is not None:
                return [_word(entries[0])] * self.trials.n
            return [_word(entries[row]) if row >= 0 else None for row in rows]
        source = getattr(self.stimuli, name)
        if source is not None and source.value is not None:
            return [_word(source.value)] * self.trials.n
        return [_word(value) for value in per_trial] if per_trial else [None] * self.trials.n

    def pictures(
        self,
        ids: list[str],
        rows: np.ndarray,
        category: list[str | None],
        group: list[str | None],
    ) -> Pictures | None:
        """Return the pictures, from an array or from files."""
        files = self.stimuli.files
        if files is None:
            return self.array
        trial_of: dict[int, int] = {}
        for trial, row in enumerate(rows.tolist()):
            trial_of.setdefault(row, trial)
        raw = self._raw_ids(ids)

        def details(row: int) -> dict[str, Any]:
            trial = trial_of[row]
            return {
                "id": raw[trial],
                "number": row + (self.trials.base or 0 if files.base is None else files.base),
                "name": text(self.values["name"][row]) if "name" in self.values else "",
                "category": category[trial],
                "group": group[trial],
            }

        return file_pictures(self.place, files, details, self.entries)

    def _raw_ids(self, ids: list[str]) -> list[str]:
        """Return ids as the data give them, without our prefixes."""
        if self.trials.stimulus is not None and self.trials.base is None:
            return [text(value) for value in self.trials.stimulus]
        if "id" in self.values:
            rows = self.rows()
            return [text(self.values["id"][row]) if row >= 0 else "" for row in rows]
        return ids


def _word(value: Any) -> str | None:
    return None if value is None else text(value)


def _ids(trials: PieceTrials, reader: _Reader, rows: np.ndarray, naming: Naming) -> list[str]:
    prefix = f"{naming.subject}-" if naming.subject else ""
    if "id" in reader.values:
        given = [text(value) for value in reader.values["id"]]
        _check_unique(given, reader, trials)
        return [prefix + given[row] if row >= 0 else "" for row in rows]
    if trials.stimulus is not None and trials.base is None:
        return [prefix + text(value) if value is not None else "" for value in trials.stimulus]
    if trials.own is not None:
        part = f"{trials.piece.part}-" if trials.piece.part else ""
        return [f"{prefix}{part}{name}" for name in trials.own]
    word = naming.piece or "stimulus"
    base = trials.base or 0
    return [f"{prefix}{word}-{row + base:03d}" if row >= 0 else "" for row in rows]


def _check_unique(given: list[str], reader: _Reader, trials: PieceTrials) -> None:
    if len(set(given)) == len(given):
        return
    seen: set[str] = set()
    twice = sorted({name for name in given if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
    remedy = (
        "If a stimulus was shown several times, name this vector as `trials.stimulus` instead."
        if trials.stimulus is None
        else "Give each stimulus an id of its own."
    )
    raise DataError(
        f"{reader.found['id']}: stimuli.id has duplicate ids: {twice[:5]} "
        f"({len(given)} entries, {len(set(given))} different).",
        remedy,
    )


def _check_agree(
    ids: list[str], words: list[str | None], rows: np.ndarray, what: str, where: str
) -> None:
    """Raise DataError if two trials of one stimulus have different labels."""
    known: dict[str, str | None] = {}
    for name, word, row in zip(ids, words, rows.tolist(), strict=True):
        if row >= 0 and known.setdefault(name, word) != word:
            raise DataError(
                f"{where}: stimulus '{name}' has the {what} '{known[name]}' in one trial and "
                f"'{word}' in another.",
                f"A stimulus has one {what}: correct the file, or `trials.stimulus`.",
            )


def image_files(trials: PieceTrials, shown: PieceStimuli) -> Iterator[str]:
    """Yield the image files of the kept trials, relative to the root.

    Raises
    ------
    DataError
        If one is missing.
    """
    stimuli = trials.piece.layer.stimuli
    if stimuli is None or stimuli.files is None or shown.pictures is None:
        return
    for row in np.unique(shown.rows[shown.rows >= 0]).tolist():
        name = shown.pictures.name(row)
        check_file(trials.place.root / name, name, "stimuli.files")
        yield name
