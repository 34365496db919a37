"""Subjects whose responses have the same columns, so that one can be learnt from another."""

from dataclasses import replace
from functools import reduce

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.models.folds import SubjectData

REMEDY = (
    "Models that learn from others need the same channels in all subjects: choose sensors (or a "
    "space) that all of them have in the data set's file, or learn_from: own."
)
# What tells two channels apart; arrays have neither, and their columns are taken as they come.
IDENTITY = ("name", "index")


def with_others(subject: SubjectData, others: list[SubjectData]) -> SubjectData:
    """Return a subject's data whose models learn from other subjects.

    Only channels are used that every subject may use.

    Parameters
    ----------
    subject : SubjectData
    others : list of SubjectData
        At least one.

    Raises
    ------
    DataError
        If the channels or the time steps of two subjects differ, or none is usable in all.
    """
    for other in others:
        _check_alike(subject, other)
    everyone = [subject, *others]
    shared = reduce(np.intersect1d, [one.kept for one in everyone])
    if not len(shared):
        raise DataError(
            f"{subject.responses.path}: no channel is usable in all of "
            f"{', '.join(one.name for one in everyone)}.",
            REMEDY,
        )
    own, *narrowed = (
        replace(one, channels=one.channels.assign(excluded=~one.channels["channel"].isin(shared)))
        for one in everyone
    )
    return replace(own, others=tuple(narrowed))


def _check_alike(subject: SubjectData, other: SubjectData) -> None:
    expected, found = (
        " by ".join(f"{n} {dim}s" for dim, n in zip(one.dims, one.shape, strict=True))
        for one in (subject.responses, other.responses)
    )
    if expected != found:
        raise DataError(
            f"{other.responses.path}: expected responses of {expected}, as in "
            f"{subject.responses.path}. Found: {found}.",
            REMEDY,
        )
    for column in IDENTITY:
        ours, theirs = (one.channels[column] for one in (subject, other))
        same = (ours == theirs) | (ours.isna() & theirs.isna())
        if not same.all():
            first = int(np.flatnonzero(~same)[0])
            raise DataError(
                f"{other.responses.path}: expected the channels of {subject.responses.path}; "
                f"{int((~same).sum())} differ. Found: {column} {theirs[first]} instead of "
                f"{ours[first]}, channel {first}.",
                REMEDY,
            )
