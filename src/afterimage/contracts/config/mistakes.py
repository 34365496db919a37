"""Validation errors in words: dotted path, value, expectation, closest valid key."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError


def describe(error: ValidationError, where: str, model: type[BaseModel]) -> list[str]:
    """Return one line per mistake.

    Parameters
    ----------
    error : ValidationError
    where : str
        The file, and the path within it, that the model describes.
    model : type
        Source of the valid keys.
    """
    lines = []
    for mistake in error.errors():
        place = _place(mistake["loc"], model)
        path = ".".join([part for part in (where, place) if part])
        lines.append(_line(path, mistake, model))
    return list(dict.fromkeys(lines))


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


def _line(path: str, mistake: Any, model: type[BaseModel]) -> str:
    kind = mistake["type"]
    if kind == "extra_forbidden":
        return unknown_key(path, siblings(model, mistake["loc"]))
    if kind == "missing":
        return f"{path}: this key is required, and is missing."
    expected = mistake["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    found = mistake.get("input")
    shown = f" Found: {found!r}." if not isinstance(found, dict) else ""
    return f"{path}: expected {expected}.{shown}"


def unknown_key(path: str, valid: Sequence[str]) -> str:
    """Say that a key is unknown and which one was probably meant."""
    key = path.rsplit(".", 1)[-1]
    close = get_close_matches(key, valid, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else f" Valid keys: {', '.join(valid)}."
    return f"{path}: unknown key.{hint}"


def siblings(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the valid keys at the place of an unknown one."""
    candidates: list[type[BaseModel]] = [model]
    for part in location[:-1]:
        following: list[type[BaseModel]] = []
        for candidate in candidates:
            field = candidate.model_fields.get(str(part))
            if field is not None:
                following += models_in(field.annotation)
        candidates = following or candidates
    keys = {key for candidate in candidates for key in candidate.model_fields}
    return sorted(keys)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation mentions, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = getattr(annotation, "__args__", ())
    return [model for part in inner for model in models_in(part)]
