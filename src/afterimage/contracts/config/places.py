"""Where a mistake is: from a location of pydantic's to keys, and what may stand there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from afterimage.contracts.config.allowed import choices_of, models_in


@dataclass(frozen=True)
class Place:
    """Where a mistake is, and what may stand there.

    Attributes
    ----------
    keys : tuple of str
        Keys and numbers of entries that lead there, without the tags of unions, which are in no
        file.
    annotation : object
        What is allowed there.
    parent : object
        What is allowed one key above.
    is_choice : bool
        Whether values of several types are allowed there.
    """

    keys: tuple[str, ...]
    annotation: Any
    parent: Any
    is_choice: bool

    @property
    def path(self) -> str:
        """The keys as a dotted path."""
        return ".".join(self.keys)

    def siblings(self) -> list[str]:
        """Return the keys that are valid beside this one."""
        return sorted({key for model in models_in(self.parent) for key in model.model_fields})


def locate(model: type[BaseModel], location: Sequence[str | int]) -> Place:
    """Follow a location of pydantic's through the annotations."""
    keys: list[str] = []
    annotation: Any = model
    parent: Any = model
    for part in location:
        if part == "[key]":
            break
        choices = choices_of(annotation)
        if len(choices) == 1:
            keys.append(str(part))
            annotation, parent = _below(choices[0], part), choices[0]
            continue
        tagged = [choice for choice in choices if _is_tag(choice, part)]
        if not tagged:
            return Place(tuple(keys), annotation, parent, is_choice=True)
        annotation = tagged[0]
    return Place(tuple(keys), annotation, parent, is_choice=False)


def _is_tag(model: Any, part: str | int) -> bool:
    """Return whether a part of a location is no key, but says which model of a union was meant."""
    return any(
        get_origin(field.annotation) is Literal and part in get_args(field.annotation)
        for field in getattr(model, "model_fields", {}).values()
    )


def _below(annotation: Any, part: str | int) -> Any:
    """Return what is allowed at a key or a number of an entry."""
    if field := getattr(annotation, "model_fields", {}).get(part):
        return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return inner[1]
    if origin is list or (origin is tuple and inner[1:] == (Ellipsis,)):
        return inner[0]
    if origin is tuple and isinstance(part, int) and part < len(inner):
        return inner[part]
    return Any
