"""What a setting may be, in words: from annotations to "'all' or an integer from 1 to 9"."""

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

MAPPING = "'key: value' lines"
# One and several values of a type.
NOUNS: dict[Any, tuple[str, str]] = {
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    bool: ("true or false", "true or false"),
    list: ("a list", "lists"),
    dict: (MAPPING, MAPPING),
    Any: ("anything", "anything"),
}


def allowed(annotation: Any) -> str:
    """Say in words what a value may be: "'all', an integer from 1 to 9, or a list of texts"."""
    phrases: list[str] = []
    # Words of the file first, lists last: nothing can be taken for an item of a list.
    for choice in sorted(choices_of(annotation), key=_is_list):
        if get_origin(choice) is Literal:
            phrases[:0] = [repr(value) for value in get_args(choice)]
        else:
            phrases.append(_nouns(choice, phrases)[0])
    return _joined(list(dict.fromkeys(phrases)))


def _is_list(annotation: Any) -> bool:
    return get_origin(without_limits(annotation)[0]) in (list, tuple)


def _nouns(annotation: Any, before: Sequence[str] = ()) -> tuple[str, str]:
    """Return words for one and for several values, given what was said before of others."""
    choices = choices_of(annotation)
    if len(choices) > 1:
        ones, many = zip(*map(_nouns, choices), strict=True)
        return _joined(ones), _joined(many)
    _, limits = without_limits(annotation)
    bare, origin, inner = choices[0], get_origin(choices[0]), get_args(choices[0])
    if origin is Literal:
        values = _joined([repr(value) for value in inner])
        return values, values
    if origin is tuple and inner[1:] != (Ellipsis,):
        return f"a list of {len(inner)} entries", f"lists of {len(inner)} entries"
    if origin in (list, tuple):
        item, items = _nouns(inner[0])
        _, plain = NOUNS.get(choices_of(inner[0])[0], ("", items))
        if item in before and items != plain:
            items = f"such {plain}"
        count = _interval(limits, "min_length", "max_length")
        counted = f" ({count})" if count else ""
        return f"a list of {items}{counted}", f"lists of {items}{counted}"
    one, several = NOUNS.get(dict if models_in(bare) else origin or bare, NOUNS[Any])
    pattern = _limit(limits, "pattern")
    extent = f"like {pattern}" if pattern else _interval(limits, "ge", "le")
    extent = f"of {extent}" if extent.startswith("at ") else extent
    return f"{one} {extent}".strip(), f"{several} {extent}".strip()


def _interval(limits: Sequence[Any], lowest: str, highest: str) -> str:
    """Say between which numbers something lies; nothing if it may be any."""
    low, high = _limit(limits, lowest), _limit(limits, highest)
    if low is not None and high is not None:
        return f"from {low} to {high}"
    above, below = _limit(limits, "gt"), _limit(limits, "lt")
    words = {"at least": low, "at most": high, "above": above, "below": below}
    return " and ".join(f"{word} {number}" for word, number in words.items() if number is not None)


def _limit(limits: Sequence[Any], name: str) -> Any:
    given = [getattr(one, name, None) for one in limits]
    return next((value for value in given if value is not None), None)


def _joined(phrases: Sequence[str]) -> str:
    """Join by "or", with commas between three and more."""
    *first, last = phrases
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} or {last}" if first else last


def choices_of(annotation: Any) -> list[Any]:
    """Return the types of which a value may be; that a key may be left out is none of them."""
    bare, _ = without_limits(annotation)
    if get_origin(bare) not in (Union, UnionType):
        return [bare]
    choices = [choice for choice in get_args(bare) if choice is not NoneType]
    return choices_of(choices[0]) if len(choices) == 1 else choices


def without_limits(annotation: Any) -> tuple[Any, list[Any]]:
    """Return an annotation without its limits, and these."""
    limits: list[Any] = []
    while get_origin(annotation) is Annotated:
        annotation, *given = get_args(annotation)
        limits += [limit for one in given for limit in (one, *getattr(one, "metadata", ()))]
    return annotation, limits


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation mentions, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = getattr(annotation, "__args__", ())
    return [model for part in inner for model in models_in(part)]
