"""What a report must say about a recording of the Natural Scenes Dataset."""

from collections.abc import Sequence

from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.selection import Choice

BY_HAND = "nsdgeneral"


def notes_of(config: NsdConfig, subject: str) -> list[str]:
    """Return sentences: where responses come from, what they are, which voxels and sessions."""
    notes = ["The recording is simulated."] if config.simulate is not None else []
    notes += [
        _responses(config),
        f"Voxels: {', '.join(config.voxels)}.",
        f"Sessions: {ranges(config.sessions_of(subject))}.",
    ]
    atlases = {Choice.parse(text).atlas for text in config.voxels}
    if config.simulate is None and BY_HAND in atlases:
        notes.append(
            f"The authors of the data drew {BY_HAND} by hand, after the responses to all pictures, "
            "those of any test set included."
        )
    return notes


def _responses(config: NsdConfig) -> str:
    series = config.series
    if series is None:
        return f"Single-trial betas in {config.space}, version {config.betas}."
    scaled = (
        "of mean 0 and deviation 1 in each run" if series.normalise == "run" else "as published"
    )
    return (
        f"Preprocessed volumes in {config.space}, {series.first} to {series.last} relative to the "
        f"one in which a trial began, {scaled}."
    )


def ranges(numbers: Sequence[int]) -> str:
    """Write ascending numbers in short: "1-3, 7".

    Parameters
    ----------
    numbers : sequence of int
        Ascending, without repeats.
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)
