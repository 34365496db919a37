"""An experiment's choice of sessions: a variation of a data set, with a name of its own."""

from collections.abc import Sequence
from typing import Any

from afterimage.contracts.config.entries import checked_entry
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.seams import Dataset, Sessions, Simulated

# No file can have such a name by accident, and it is fit for a folder and for a DVC stage.
JOINT = "--"


def numbers_of(chosen: Any) -> list[int]:
    """Return the sessions that `sessions` stands for; none if it is no such choice.

    Snakemake reads a list that is given by ``--config`` as texts.
    """
    if isinstance(chosen, int):
        return list(range(1, chosen + 1))
    texts = [str(n) for n in chosen] if isinstance(chosen, list) else []
    return sorted({int(text) for text in texts if text.isdecimal()})


def variation(name: str, numbers: Sequence[int]) -> str:
    """Return the name of a data set of which only some sessions are read."""
    if list(numbers) == list(range(1, len(numbers) + 1)):
        return f"{name}{JOINT}first{len(numbers)}"
    return f"{name}{JOINT}sessions-{'-'.join(map(str, numbers))}"


def with_sessions(
    adapter: Dataset, numbers: Sequence[int], subjects: Sequence[str], mistakes: Mistakes
) -> dict[str, Any]:
    """Return a data set's entry with some sessions only; empty if it cannot be.

    Parameters
    ----------
    adapter : Dataset
    numbers : sequence of int
    subjects : sequence of str
        The experiment's, each of which needs to have all these sessions.
    mistakes : Mistakes
        Those found are added.
    """
    if not isinstance(adapter, Sessions):
        mistakes.add(
            "sessions",
            "the data set is not read by sessions: leave the key out; its own file may choose.",
        )
        return {}
    if isinstance(adapter, Simulated) and adapter.is_simulated():
        mistakes.add("sessions", "simulated sessions are chosen in the data set's file.")
        return {}
    known = [subject for subject in subjects if subject in adapter.subjects()]
    missing = {s: sorted(set(numbers) - set(adapter.sessions_of(s))) for s in known}
    for subject, lacking in missing.items():
        if lacking:
            mistakes.add(
                "sessions",
                f"{subject} has no session {', '.join(map(str, lacking))} in the data set's file.",
            )
    if any(missing.values()):
        return {}
    return checked_entry("dataset", adapter.of_sessions(numbers), "sessions", mistakes)
