"""A configuration that lists sessions by subject, with less in the list."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel


class BySession(Protocol):
    """What is looked at of such a configuration."""

    @property
    def simulate(self) -> BaseModel | None:
        """How subjects are simulated, together; None for recorded ones."""
        ...

    @property
    def sessions(self) -> Mapping[str, Any]:
        """Subjects and, in some form, their sessions."""
        ...

    def sessions_of(self, subject: str) -> list[int]:
        """Return a subject's sessions, ascending, counted from 1."""
        ...

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return plain values."""
        ...


def of_subject(config: BySession, subject: str) -> dict[str, Any]:
    """Return the settings with one subject; all of them if subjects are simulated together."""
    entry = config.model_dump(mode="json")
    if config.simulate is not None:
        return entry
    return {**entry, "sessions": {subject: entry["sessions"][subject]}}


def of_sessions(config: BySession, sessions: Sequence[int]) -> dict[str, Any]:
    """Return the settings with these sessions only, and the subjects that have any."""
    found = {
        s: [n for n in config.sessions_of(s) if n in sessions] for s in sorted(config.sessions)
    }
    entry = config.model_dump(mode="json")
    return {**entry, "sessions": {subject: own for subject, own in found.items() if own}}
