"""The table of channels: coordinates and regions from the files."""

from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import ShapeError
from afterimage.ingest.arrays.config import Channels
from afterimage.ingest.arrays.fields import Vector, text
from afterimage.ingest.arrays.responses import PieceResponses
from afterimage.ingest.arrays.sources import Place, check_length, numbers, selected, vector


def kept_channels(place: Place, channels: Channels | None, responses: PieceResponses) -> np.ndarray:
    """Return a boolean vector of the channels that are read."""
    if channels is None or channels.keep is None:
        return np.ones(responses.channels, dtype=bool)
    return selected(place.within(channels.file), channels.keep, "channels.keep", responses.channels)


def channel_table(
    place: Place, channels: Channels | None, responses: PieceResponses, keep: np.ndarray
) -> pd.DataFrame:
    """Return the channels that are kept, with coordinates and regions where there are any.

    Raises
    ------
    ShapeError
        If a vector has not one entry per channel.
    """
    channels = channels or Channels()
    place = place.within(channels.file)
    xyz = _coordinates(place, channels, responses)[keep]
    rois = _rois(place, channels, responses)
    n = int(keep.sum())
    index = responses.grid_index()
    columns: dict[str, Any] = {
        "channel": np.arange(n, dtype=np.int32),
        "name": [None] * n,
        "excluded": np.zeros(n, dtype=bool),
        "reason": [""] * n,
        "index": pd.array([pd.NA] * n if index is None else index[keep], dtype="Int64"),
        "x": xyz[:, 0],
        "y": xyz[:, 1],
        "z": xyz[:, 2],
        "rois": [rois[i] for i in np.flatnonzero(keep)],
    }
    return pd.DataFrame(columns, columns=CHANNELS.names)


def _coordinates(place: Place, channels: Channels, responses: PieceResponses) -> np.ndarray:
    n, scale = responses.channels, channels.scale or 1.0
    if channels.xyz is not None:
        array = place.open(channels.xyz, "channels.xyz")
        if array.shape not in ((n, 3), (3, n)):
            raise ShapeError(
                f"{array.where}: channels.xyz has the shape {array.shape}, expected ({n}, 3) or "
                f"(3, {n}) as {responses.where} has {n} channels.",
                "Name the coordinates of these channels, or correct `responses.axes`.",
            )
        values = np.asarray(array.whole(), dtype=np.float64)
        return (values if values.shape == (n, 3) else values.T) * scale
    if channels.x is not None:
        return (
            np.stack(
                [_numbers(place, getattr(channels, name), name, n, responses) for name in "xyz"],
                axis=1,
            )
            * scale
        )
    known = [one.xyz() for one in responses.arrays]
    if any(found is not None for found in known):
        return np.concatenate(
            [
                np.full((one.channels, 3), np.nan) if found is None else found
                for one, found in zip(responses.arrays, known, strict=True)
            ]
        )
    return np.full((n, 3), np.nan)


def _numbers(
    place: Place, source: Vector, name: str, n: int, responses: PieceResponses
) -> np.ndarray:
    values, where = _vector(place, source, f"channels.{name}", n, responses)
    return numbers(values, where, f"channels.{name}")


def _vector(
    place: Place, source: Vector, what: str, n: int, responses: PieceResponses
) -> tuple[list[Any], str]:
    values, where = vector(place, source, what, n)
    check_length(len(values), n, where, f"{what} ({responses.where} has {n} channels)")
    return values, where


def _rois(place: Place, channels: Channels, responses: PieceResponses) -> list[list[str]]:
    rois: list[list[str]] = [
        [one.roi] if one.roi else [] for one in responses.arrays for _ in range(one.channels)
    ]
    n = responses.channels
    if channels.rois is not None:
        source = channels.rois
        if source.names is not None and "0" not in source.names:
            source = source.model_copy(update={"names": {**source.names, "0": ""}})
        values, _ = _vector(place, source, "channels.rois", n, responses)
        none = {"", "0"}
        for own, value in zip(rois, values, strict=True):
            if value is not None and text(value) not in none:
                own.append(text(value))
    for name, chosen in (channels.masks or {}).items():
        for i in np.flatnonzero(selected(place, chosen, f"channels.masks.{name}", n)):
            rois[i].append(name)
    return [sorted(set(own)) for own in rois]
