"""Mistakes of a configuration in words: file, dotted path, value, expectation, closest key."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from afterimage.contracts.errors import ConfigError

COMMAND_LINE = "--config"


class Mistakes:
    """All mistakes of one configuration, told together.

    Parameters
    ----------
    merged : dict
        The experiment as it is validated: its files' content with ``--config`` laid over it.

    Attributes
    ----------
    lines : list of str
    """

    def __init__(self, merged: dict[str, Any]) -> None:
        self.lines: list[str] = []
        self._merged = merged
        self._files: list[tuple[str, dict[str, Any]]] = []

    def read_from(self, path: Path | str, root: Path, content: dict[str, Any]) -> None:
        """Remember a file's content, to name the file when one of its keys is wrong."""
        shown = Path(path)
        if shown.is_absolute() and shown.is_relative_to(root):
            shown = shown.relative_to(root)
        self._files.append((str(shown), content))

    def add(self, path: str, text: str, file: str | None = None) -> None:
        """Add a mistake at a dotted path of the experiment, or of another file."""
        place = self._origin(path) if file is None else file
        line = ": ".join(part for part in (place, path, text) if part)
        if line not in self.lines:
            self.lines.append(line)

    def _origin(self, path: str) -> str:
        """Return the file, or the command line, that gives the value at a path."""
        keys = path.split(".")
        depth, value = _deepest(self._merged, keys)
        for file, content in reversed(self._files):
            if depth == 0 or _deepest(content, keys) == (depth, value):
                return file
        return COMMAND_LINE if self._files else ""

    def raise_if_any(self) -> None:
        """Raise ConfigError with every mistake that was added."""
        if not self.lines:
            return
        count = len(self.lines)
        head = "1 mistake" if count == 1 else f"{count} mistakes"
        text = "; ".join(self.lines) if count == 1 else head + " in the configuration"
        error = ConfigError(text, "Nothing was run. docs/configuration.md lists every key.")
        if count > 1:
            listed = "\n".join(f"  {i}. {line}" for i, line in enumerate(self.lines, 1))
            error.args = (f"{head} in the configuration:\n{listed}\n{error.remedy}",)
        raise error


def _deepest(values: dict[str, Any], keys: Sequence[str]) -> tuple[int, Any]:
    """Follow keys through nested mappings; return how far they lead, and to what."""
    place: Any = values
    for depth, key in enumerate(keys):
        if not isinstance(place, dict) or key not in place:
            return depth, place
        place = place[key]
    return len(keys), place


def unknown_name(kind: str, name: str, known: Sequence[str]) -> str:
    """Say that a name is not defined, and which one was probably meant."""
    close = get_close_matches(name, known, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    listed = ", ".join(sorted(known)) or "none"
    return f"there is no {kind} named '{name}'.{hint} Known: {listed}."


def describe(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Return dotted path and text of each mistake.

    Parameters
    ----------
    error : ValidationError
    model : type
        Source of the valid keys.
    """
    found = []
    for mistake in error.errors():
        found.append((_place(mistake["loc"], model), _text(mistake, model)))
    return list(dict.fromkeys(found))


def _place(location: Sequence[str | int], model: type[BaseModel]) -> str:
    """Return the dotted path without the tags of unions, which are in no file."""
    parts = [str(part) for part in location]
    tags = {"published", "kfold", "leave_out", "holdout", "none", "standardise", "pca"}
    kept = [
        part
        for i, part in enumerate(parts)
        if not (part in tags and i > 0 and parts[i - 1] in {"split", "transform"})
        and not part.startswith(("list[", "literal[", "function-", "dict["))
    ]
    return ".".join(kept)


def _text(mistake: Any, model: type[BaseModel]) -> str:
    kind = mistake["type"]
    if kind == "extra_forbidden":
        return unknown_key(str(mistake["loc"][-1]), siblings(model, mistake["loc"]))
    if kind == "missing":
        return "this key is required, and is missing."
    if kind == "union_tag_invalid":
        context = mistake["ctx"]
        key = context["discriminator"].strip("'")
        return f"expected {key}: one of {context['expected_tags']}. Found: '{context['tag']}'."
    if kind == "string_pattern_mismatch":
        return f"expected a text like {mistake['ctx']['pattern']}. Found: {mistake['input']!r}."
    expected = mistake["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    found = mistake.get("input")
    shown = f" Found: {found!r}." if not isinstance(found, dict) else ""
    return f"expected {expected}.{shown}"


def unknown_key(key: str, valid: Sequence[str]) -> str:
    """Say that a key is unknown and which one was probably meant."""
    close = get_close_matches(key, valid, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else f" Valid keys: {', '.join(valid)}."
    return f"unknown key.{hint}"


def siblings(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the valid keys at the place of an unknown one."""
    candidates: list[type[BaseModel]] = [model]
    for part in location[:-1]:
        tagged = [candidate for candidate in candidates if _is_tag(candidate, part)]
        if tagged:
            candidates = tagged
            continue
        following: list[type[BaseModel]] = []
        for candidate in candidates:
            field = candidate.model_fields.get(str(part))
            if field is not None:
                following += models_in(field.annotation)
        candidates = following or candidates
    keys = {key for candidate in candidates for key in candidate.model_fields}
    return sorted(keys)


def _is_tag(model: type[BaseModel], part: str | int) -> bool:
    """Return whether a part of a location is no key, but says which model of a union was meant."""
    return part not in model.model_fields and any(
        get_origin(field.annotation) is Literal and part in get_args(field.annotation)
        for field in model.model_fields.values()
    )


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation mentions, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = getattr(annotation, "__args__", ())
    return [model for part in inner for model in models_in(part)]
