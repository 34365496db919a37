"""What a report must say about a recording."""

from collections.abc import Sequence

from afterimage.ingest.bids.config import BidsConfig
from afterimage.ingest.bids.layout import runs_of
from afterimage.ingest.bids.sensors import Montage
from afterimage.ingest.bids.trials import RunTrials
from afterimage.ingest.meeg.presets import name_of


def notes_of(
    config: BidsConfig, subject: str, montage: Montage, trials: Sequence[RunTrials]
) -> list[str]:
    """Return sentences: what was done, and everything that was left out, counted."""
    steps = ", ".join(step.step for step in config.preprocess)
    name = name_of(config.preprocess)
    chosen = f"{name}: " if name else ""
    notes = [word for word in (config.title, config.citation) if word]
    notes += [f"Preprocessing: {chosen}{steps}.", *montage.notes]
    present = {one.run.part for one in trials}
    missing = [run.part for run in runs_of(config, subject) if run.part not in present]
    if missing:
        notes.append(f"{len(missing)} runs are missing: {', '.join(missing)}.")
    if config.events.label is not None:
        notes.append(
            "The data do not tell which pictures were shown; each trial is a stimulus of its own."
        )
    blank = sum(one.without_picture for one in trials)
    if blank:
        notes.append(f"{blank} rows of events name no picture and are no trials.")
    near = [one.near for one in trials if one.near]
    if near:
        others = f" So it is in {len(near) - 1} other runs." if len(near) > 1 else ""
        notes.append(near[0] + others)
    return notes
