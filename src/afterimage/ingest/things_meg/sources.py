"""The two forms of a recording, raw or released, behind one face."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.parts import Findings
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.source_epochs import ReleasedEpochs
from afterimage.ingest.things_meg.source_raw import RawRuns


class Source(Protocol):
    """One subject's files."""

    subject: str
    sensors: Sensors
    times: tuple[float, ...]
    unit: str

    def rows(self) -> pd.DataFrame:
        """Return the rows of the table of attributes that are trials."""
        ...

    def notes(self) -> list[str]:
        """Return what a report must say, as far as it is known before responses are read."""
        ...

    def blocks(
        self, place: tuple[int, int], found: Findings
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """Yield trial ids and responses of a part (session, run), and add what is learnt."""
        ...


def source_of(root: Path, config: ThingsMegConfig, subject: str) -> Source:
    """Return the configured form of a recording, with its tables read and compared."""
    if config.form == "raw":
        return RawRuns(root, config, subject)
    return ReleasedEpochs(root, config, subject)
