"""Maps of the best target, and which number stands for which."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from afterimage.contracts.files import write_text
from afterimage.contracts.geometry import Geometry
from afterimage.evaluate.maps import write_maps


def write_best_maps(
    folder: Path | str,
    geometry: Mapping[str, Any] | None,
    channels: pd.DataFrame,
    best: pd.DataFrame,
    targets: Sequence[str],
) -> None:
    """Write the number of each channel's best target, and its scores, as maps.

    Parameters
    ----------
    folder : Path or str
        Made anew; ``targets.tsv`` in it names the numbers of the maps ``best``.
    geometry : mapping or None
        Of the recording's card; without one no maps are written.
    channels : DataFrame
        In the columns of CHANNELS.
    best : DataFrame
        In the columns of BEST.
    targets : sequence of str
        In the order of their numbers.
    """
    place = None if geometry is None else Geometry.from_dict(dict(geometry))
    write_maps(folder, place, channels, best.drop(columns="target"))
    lines = [f"{number}\t{target}" for number, target in enumerate(targets, start=1)]
    write_text(Path(folder) / "targets.tsv", "\n".join(["number\ttarget", *lines]) + "\n")
