"""The split that was published with the data: a role for each trial."""

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.arrays.config import Split
from afterimage.ingest.arrays.fields import text
from afterimage.ingest.arrays.layers import ROLES
from afterimage.ingest.arrays.sources import Place, check_length, selected, vector
from afterimage.ingest.arrays.stimuli import PieceStimuli
from afterimage.ingest.arrays.trials import PieceTrials, check_trials


def piece_roles(trials: PieceTrials, shown: PieceStimuli) -> list[str] | None:
    """Return the role of each trial of a piece, or None if the data do not say.

    Raises
    ------
    DataError
        If a role is unknown, or a row has two.
    ShapeError
        If there is not one role per trial (or stimulus).
    """
    split = trials.piece.layer.split
    if split is None:
        return [trials.piece.role] * trials.n if trials.piece.role else None
    place = trials.place.within(split.file)
    if split.by != "stimulus":
        return _roles(place, split, trials, trials.n)
    if shown.entries is None:
        raise DataError(
            f"{trials.responses.where}: split.by is stimulus, but how many stimuli there are is "
            "not known.",
            "Give `stimuli.id` or another vector with one entry per stimulus.",
        )
    roles = _roles(place, split, None, shown.entries)
    return [roles[row] if row >= 0 else "unused" for row in shown.rows]


def _roles(place: Place, split: Split, trials: PieceTrials | None, n: int) -> list[str]:
    if split.role is None:
        return _from_selectors(place, split, n)
    values, where = vector(place, split.role, "split.role", n)
    if trials is not None:
        check_trials(len(values), where, "split.role", trials.responses)
    else:
        check_length(len(values), n, where, "split.role (one per stimulus)")
    roles = ["" if value is None else text(value) for value in values]
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise DataError(
            f"{where}: split.role has the values {unknown[:8]}, expected {', '.join(ROLES)}.",
            "Translate them: `names: {0: train, 1: test}` under split.role.",
        )
    return roles


def _from_selectors(place: Place, split: Split, n: int) -> list[str]:
    masks = {
        role: selected(place, chosen, f"split.{role}", n)
        for role in ("train", "val", "test")
        if (chosen := getattr(split, role)) is not None
    }
    count = np.sum(list(masks.values()), axis=0)
    if (count > 1).any():
        row = int(np.flatnonzero(count > 1)[0])
        twice = [role for role, mask in masks.items() if mask[row]]
        named = {place.named(getattr(split, role)) for role in twice} - {None}
        where = f"{', '.join(sorted(map(str, named)))}: split: " if named else "split: "
        raise DataError(
            f"{where}row {row} (counted from 0, of {n}) has the roles {' and '.join(twice)}, "
            f"and so have {int((count > 1).sum()) - 1} other rows.",
            "Each row has one role: correct `split.train`, `split.test` or their `base`.",
        )
    rest = next((role for role in ("train", "test") if role not in masks), "unused")
    roles = [rest] * n
    for role, mask in masks.items():
        for row in np.flatnonzero(mask).tolist():
            roles[row] = role
    return roles
