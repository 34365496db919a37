"""From the configuration's layers to pieces: what one subject's one part, session and run is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from afterimage.contracts.config.base import Entry
from afterimage.ingest.arrays.config import Config, Layer, SubjectLayer

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}]*))?\}")
PLACES = ("subject", "part", "session", "run")
# Ways to say where the same thing comes from: the upper layer's way replaces the lower one's.
EITHER = (
    {"key", "columns", "value", "values", "ranges", "join"},
    {"images", "files"},
    {"role", "train"},
    {"role", "test"},
    {"role", "val"},
    {"label", "events"},
)
ROLES = ("train", "val", "test", "unused")

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Piece:
    """One run of one session of one part of one subject, and its settings without gaps.

    Attributes
    ----------
    subject, part : str
        ``part`` is empty where the data set has none.
    session, run : int or None
        Given where the configuration lists sessions or runs.
    role : str or None
        From the part.
    layer : Layer
    """

    subject: str
    part: str
    session: int | None
    run: int | None
    role: str | None
    layer: Layer

    @property
    def places(self) -> dict[str, Any]:
        """Values of the placeholders."""
        given = {
            "subject": self.subject,
            "part": self.part or None,
            "session": self.session,
            "run": self.run,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def label(self) -> str:
        """Part, session and run in one word, for ids; empty where there is one piece only."""
        words = [self.part] if self.part else []
        words += [f"ses{self.session:02d}"] if self.session is not None else []
        words += [f"run{self.run:02d}"] if self.run is not None else []
        return "-".join(words)


def merged(base: E, over: Entry) -> E:
    """Lay ``over`` upon ``base``: what it gives replaces, what it leaves out stays.

    Sections are merged key by key; lists and names are replaced whole.
    """
    given = {key: getattr(over, key) for key in type(over).model_fields}
    given = {key: v for key, v in given.items() if v is not None and key in type(base).model_fields}
    update: dict[str, Any] = {}
    for key, value in given.items():
        below = getattr(base, key)
        update[key] = merged(below, value) if isinstance(below, Entry) else value
        for ways in EITHER:
            if key in ways:
                update.update({other: None for other in ways - set(given) if hasattr(base, other)})
    return base.model_copy(update=update)


def pieces(config: Config, subject: str) -> list[Piece]:
    """Return a subject's pieces in the order of its trials.

    Parts stand in the order train, val, test, unused, then by name; sessions and runs as listed.
    """
    own = config.subjects[subject]
    base = merged(Layer(**{key: getattr(config, key) for key in Layer.model_fields}), own)
    return [
        Piece(subject, part, session, run, role, layer)
        for part, role, layer in _parts(config, base)
        for session in _listed(own, config, "sessions")
        for run in _listed(own, config, "runs")
    ]


def _listed(own: SubjectLayer, config: Config, what: str) -> list[int] | list[None]:
    return getattr(own, what) or getattr(config, what) or [None]


def _parts(config: Config, base: Layer) -> Iterator[tuple[str, str | None, Layer]]:
    if not config.parts:
        yield "", None, base
        return
    known = {role: rank for rank, role in enumerate(ROLES)}
    for name in sorted(config.parts, key=lambda name: (known.get(name, len(ROLES)), name)):
        part = config.parts[name]
        yield name, part.role or (name if name in ROLES else None), merged(base, part)


def fill(pattern: str, places: Mapping[str, Any]) -> str:
    """Replace placeholders; ``{run:02d}`` pads, also where the value is digits in a string.

    Anything else in braces stays, as in MATLAB's ``cells{2}``.

    Raises
    ------
    KeyError
        If a placeholder has no value.
    """

    def one(match: re.Match[str]) -> str:
        value, form = places[match[1]], match[2]
        if form and form[-1] in "d" and isinstance(value, str):
            value = int(value)
        return format(value, form or "")

    return PLACEHOLDER.sub(one, pattern)


def fill_known(pattern: str, places: Mapping[str, Any]) -> str:
    """Replace the placeholders that have a value and leave the others."""
    return PLACEHOLDER.sub(
        lambda match: fill(match[0], places) if match[1] in places else match[0], pattern
    )


def placeholders(pattern: str) -> set[str]:
    """Return the names of the placeholders of a pattern."""
    return {match[1] for match in PLACEHOLDER.finditer(pattern)}
