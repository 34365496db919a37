"""Names and keys that do not exist, and which ones were probably meant."""

import re
from collections.abc import Sequence
from difflib import get_close_matches


def unknown_name(kind: str, name: str, known: Sequence[str]) -> str:
    """Say that a name is not defined, and which one was probably meant."""
    close = closest(name, known)
    hint = f" Did you mean '{close}'?" if close else ""
    listed = ", ".join(sorted(known)) or "none"
    return f"there is no {kind} named '{name}'.{hint} Known: {listed}."


def unknown_key(key: str, valid: Sequence[str]) -> str:
    """Say that a key is unknown and which one was probably meant."""
    close = closest(key, valid)
    hint = f" Did you mean '{close}'?" if close else f" Valid keys: {', '.join(valid)}."
    return f"unknown key.{hint}"


def closest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that resembles a name most, if any does."""
    return next(iter(get_close_matches(name, known, n=1)), None)


def names_a_file(name: str) -> bool:
    """Say whether a name can be that of a file: it leads to no other folder."""
    return re.fullmatch(r"\w[\w.+=@ -]*", name) is not None


def not_a_file_name(name: str) -> str:
    """Say that a name would lead out of the folder in which its file is to lie."""
    return f"'{name}' becomes the name of a file: expected letters, digits, '_', '-' and '.'."
