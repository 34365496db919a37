"""One piece of the data as a list of trials, before it is known what was shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.arrays.axes import swapped
from afterimage.ingest.arrays.config import Trials
from afterimage.ingest.arrays.fields import Vector, text
from afterimage.ingest.arrays.layers import Piece
from afterimage.ingest.arrays.responses import PieceResponses, open_responses
from afterimage.ingest.arrays.series import Block, block_names, find_blocks
from afterimage.ingest.arrays.sources import Place, integers, numbers, selected, vector


@dataclass(frozen=True)
class PieceTrials:
    """The trials of a piece, all of them: ``keep`` says which are wanted.

    Attributes
    ----------
    piece : Piece
    place : Place
    responses : PieceResponses
    n : int
        Number of trials.
    keep : ndarray of bool, shape (n,)
    names : list of str
        Of the trials, unique within the subject.
    stimulus : list or None
        Row number or id of what was shown.
    base : int or None
        Where row numbers start; None if ``stimulus`` holds ids.
    own : list of str or None
        Names of the stimuli where each trial has its own.
    category, group : list or None
    session, run : ndarray of int
    onset : ndarray of float
        NaN where it is not known.
    said : str
        File and key that tell the stimulus of each trial, for errors.
    blocks : list of Block or None
        In a series.
    """

    piece: Piece
    place: Place
    responses: PieceResponses
    n: int
    keep: np.ndarray
    names: list[str]
    stimulus: list[Any] | None
    base: int | None
    own: list[str] | None
    category: list[Any] | None
    group: list[Any] | None
    session: np.ndarray
    run: np.ndarray
    onset: np.ndarray
    said: str
    blocks: list[Block] | None = None


def read_trials(place: Place, piece: Piece) -> PieceTrials:
    """Read the trials of a piece; responses are opened, not read.

    Raises
    ------
    UserError
        If a file, a key or a length is wrong.
    """
    layer = piece.layer
    if layer.responses is None:
        raise AssertionError("the configuration was checked")
    row = "time" if layer.series else "trial"
    responses = open_responses(place, layer.responses, row)
    if layer.series is not None:
        blocks = find_blocks(place, layer.series, responses, piece)
        return _series_trials(place, piece, responses, blocks)
    return _array_trials(place, piece, responses, layer.trials or Trials())


def _series_trials(
    place: Place, piece: Piece, responses: PieceResponses, blocks: list[Block]
) -> PieceTrials:
    series = piece.layer.series
    if series is None:
        raise AssertionError("only for series")
    sessions = len({block.session for block in blocks}) > 1 or piece.session is not None
    names = block_names(blocks, sessions)
    source = series.events.stimulus if series.events else series.stimulus
    tr = series.tr
    seconds = [(block.first - block.start) * tr if tr else np.nan for block in blocks]
    return PieceTrials(
        piece=piece,
        place=place,
        responses=responses,
        n=len(blocks),
        keep=np.ones(len(blocks), dtype=bool),
        names=[f"{piece.part}-{name}" if piece.part else name for name in names],
        stimulus=[block.stimulus for block in blocks] if source else None,
        base=source.base if source else None,
        own=None if source else names,
        category=[block.label for block in blocks],
        group=None,
        session=np.array([block.session for block in blocks]),
        run=np.array([block.run for block in blocks]),
        onset=np.array(seconds, dtype=float),
        said=f"{responses.where}, series",
        blocks=blocks,
    )


def _array_trials(
    place: Place, piece: Piece, responses: PieceResponses, trials: Trials
) -> PieceTrials:
    n, inside = responses.n, place.within(trials.file)

    def read(name: str) -> tuple[list[Any], str] | None:
        source = getattr(trials, name)
        return None if source is None else trial_vector(inside, source, f"trials.{name}", responses)

    def whole(name: str, constant: int | None) -> np.ndarray:
        found = read(name)
        if found is None:
            return np.full(n, 1 if constant is None else constant)
        return integers(*found, f"trials.{name}")

    stimulus, category, group, onset = (
        read("stimulus"),
        read("category"),
        read("group"),
        read("onset"),
    )
    return PieceTrials(
        piece=piece,
        place=place,
        responses=responses,
        n=n,
        keep=_kept(inside, piece, responses, trials),
        names=_trial_names(read("id"), piece.label, n),
        stimulus=stimulus[0] if stimulus else None,
        base=trials.stimulus.base if trials.stimulus else None,
        own=None,
        category=category[0] if category else None,
        group=group[0] if group else None,
        session=whole("session", piece.session),
        run=whole("run", piece.run),
        onset=numbers(*onset, "trials.onset") if onset else np.full(n, np.nan),
        said=stimulus[1] if stimulus else responses.where,
    )


def _trial_names(given: tuple[list[Any], str] | None, label: str, n: int) -> list[str]:
    if given is None:
        return [f"{label}-{row:04d}" if label else f"{row:04d}" for row in range(n)]
    return [text(value) for value in given[0]]


def trial_vector(
    place: Place, source: Vector, what: str, responses: PieceResponses
) -> tuple[list[Any], str]:
    """Read a vector with one entry per trial.

    Raises
    ------
    ShapeError
        If its length differs; if another axis of the responses has that length, with the remedy.
    """
    values, where = vector(place, source, what, responses.n)
    check_trials(len(values), where, what, responses)
    return values, where


def check_trials(found: int, where: str, what: str, responses: PieceResponses) -> None:
    """Raise ShapeError if there is not one entry per trial, recognising transposed responses."""
    if found == responses.n:
        return
    layout = responses.first.layout
    head = (
        f"{where}: {what} has {found} entries, but {responses.where}, shape {layout.shape}, has "
        f"{responses.n} trials (axes {', '.join(layout.axes)})."
    )
    if found in layout.shape and len(layout.rows) == 1:
        axes = swapped(layout.axes, layout.rows[0], layout.shape.index(found))
        raise ShapeError(
            head, f"Another axis has {found}: under responses write `axes: [{', '.join(axes)}]`."
        )
    raise ShapeError(
        head,
        "Trials and their descriptions must be equally many: name the right keys; if several "
        "trials show one stimulus, name the vector that says which (`trials.stimulus`).",
    )


def _kept(place: Place, piece: Piece, responses: PieceResponses, trials: Trials) -> np.ndarray:
    n = responses.n
    keep = np.ones(n, dtype=bool)
    if trials.keep is not None:
        keep &= selected(place, trials.keep, "trials.keep", n)
    if trials.subject is not None:
        who, where = trial_vector(place, trials.subject, "trials.subject", responses)
        words = [None if value is None else text(value) for value in who]
        if piece.subject not in words:
            raise DataError(
                f"{where}: no row of subject '{piece.subject}'; found "
                f"{sorted({word for word in words if word is not None})[:12]}.",
                "Correct `subjects`, or translate with `trials.subject.names`.",
            )
        keep &= np.array([word == piece.subject for word in words])
    if piece.layer.responses is not None and piece.layer.responses.missing == "drop":
        for start, block in responses.blocks():
            keep[start : start + len(block)] &= ~all_missing(block)
    if not keep.any():
        raise DataError(
            f"{responses.where}: no trial of the {n} is kept.",
            "Correct `trials.keep`, or leave it out.",
        )
    return keep


def all_missing(block: np.ndarray) -> np.ndarray:
    """Return which responses of a block are NaN everywhere."""
    return np.isnan(block.reshape(len(block), -1)).all(axis=1)
