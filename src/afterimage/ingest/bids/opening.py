"""Opens the recording of a run by mne-bids."""

import logging
import warnings
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.ingest.bids.config import BidsConfig
from afterimage.ingest.bids.events import read_events
from afterimage.ingest.bids.layout import Run

# Events become annotations too; only these tell where a recording is interrupted or bad. A filter
# of MNE would also stop at a picture that is called "edge".
KEPT = ("BAD_", "BAD ", "EDGE BOUNDARY")


def open_run(root: Path, run: Run, config: BidsConfig) -> Any:
    """Open a run without loading it; what is said of its channels beside it is applied.

    Returns
    -------
    mne.io.BaseRaw

    Raises
    ------
    DataError
        If it cannot be opened.
    """
    from mne_bids import BIDSPath, read_raw_bids

    read_events(root, run, config)  # mne-bids reads the table too, and says less of its mistakes
    main = run.recording(root)
    assert main is not None, "asked for a run that is not there"
    words = dict(word.split("-", 1) for word in Path(run.stem).name.split("_"))
    path = BIDSPath(
        root=root,
        subject=words["sub"],
        session=words.get("ses"),
        task=words["task"],
        acquisition=words.get("acq"),
        run=words.get("run"),
        split="01" if "_split-01_" in main else None,
        datatype=config.datatype,
        suffix=config.datatype,
        extension=Path(main).suffix,
        check=False,
    )
    log = logging.getLogger("afterimage")
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            raw = read_raw_bids(path, verbose="error")
    except Exception as error:
        # Readers of two dozen formats raise whatever they raise.
        raise DataError(
            f"{root / main}: the recording cannot be opened: {type(error).__name__}: {error}",
            "Check the file and those beside it (channels.tsv, events.tsv) with bids-validator.",
        ) from error
    for text in dict.fromkeys(str(one.message) for one in said):
        log.info("%s: %s", main, text)
    other = [
        place
        for place, text in enumerate(raw.annotations.description)
        if not text.upper().startswith(KEPT)
    ]
    raw.annotations.delete(other)
    return raw
