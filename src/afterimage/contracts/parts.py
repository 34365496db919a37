"""A part of a recording: its responses, and what is learnt only while they are read.

Sensors that are silent in one run, components that were taken out of it and epochs that were
rejected are known to the job that reads the run, and to no other. It hands them over with the
responses.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Note:
    """A sentence for the report.

    Parts that say the same give one line: what differs from part to part is counted, not written
    into the text.

    Attributes
    ----------
    text : str
        Names of counts stand in braces: "{repaired} of {epochs} epochs were repaired."
    counts : mapping of str to int
        Summed over parts.
    """

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Findings:
    """What was learnt while a part was read; complete when its blocks are exhausted.

    Attributes
    ----------
    counts : dict of str to dict
        For the text of each note its counts, in the order of telling.
    excluded : dict of str to list of str
        For each reason the ids of trials that have no response. A reason completes the sentence
        "3 trials are left out, because ...".
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    excluded: dict[str, list[str]] = field(default_factory=dict)

    def tell(self, notes: Sequence[Note]) -> None:
        """Add notes; counts of a text that was told before are added up."""
        for note in notes:
            own = self.counts.setdefault(note.text, {})
            for name, count in note.counts.items():
                own[name] = own.get(name, 0) + count

    def exclude(self, trial_ids: Sequence[str], reason: str) -> None:
        """Leave trials out; to be said before a later trial's response is handed over."""
        if trial_ids:
            self.excluded.setdefault(reason, []).extend(trial_ids)

    def clear(self) -> None:
        """Forget everything: the part is read once more."""
        self.counts.clear()
        self.excluded.clear()


@dataclass(frozen=True)
class Part:
    """One part of a recording, as an adapter hands it over.

    Attributes
    ----------
    dims : tuple of str
    shape : tuple of int
        Of one response.
    unit : str
    blocks : iterator of (trial ids, responses of shape (rows, *shape))
        In the order of the trials, without those that are excluded.
    findings : Findings
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    unit: str
    blocks: Iterator[tuple[list[str], np.ndarray]]
    findings: Findings = field(default_factory=Findings)
