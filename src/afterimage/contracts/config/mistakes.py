"""Mistakes of a configuration in words: file, dotted path, value, expectation, closest key."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from afterimage.contracts.errors import ConfigError

COMMAND_LINE = "--config"
MISSING = "this key is required, and is missing."
SHOWN = 80  # characters of a wrong value
MAPPING = "'key: value' lines"
# What was expected, by the kind of mistake; pydantic's own words tell the other kinds.
EXPECTED = {
    "int_parsing": "a valid integer",
    "int_from_float": "a valid integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": MAPPING,
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
}
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
    close = _closest(name, known)
    hint = f" Did you mean '{close}'?" if close else ""
    listed = ", ".join(sorted(known)) or "none"
    return f"there is no {kind} named '{name}'.{hint} Known: {listed}."


def describe(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Return dotted path and text of each mistake.

    A value that is of none of several allowed types is one mistake, at the value's own place. A
    required key that is misspelt is one mistake too: the unknown key.

    Parameters
    ----------
    error : ValidationError
    model : type
        Source of the valid keys and of what is allowed.
    """
    mistakes = [(each, _locate(model, each["loc"])) for each in error.errors(include_url=False)]
    # Of several mistakes with one value, that with the shortest location has seen all of it.
    longest_first = sorted(mistakes, key=lambda pair: -len(pair[0]["loc"]))
    whole = {place.path: each["input"] for each, place in longest_first if place.is_choice}
    meant = {
        (each["loc"][:-1], _closest(str(each["loc"][-1]), place.siblings()))
        for each, place in mistakes
        if each["type"] == "extra_forbidden"
    }
    found = []
    for each, place in mistakes:
        if place.is_choice:
            text = f"expected {allowed(place.annotation)}.{_found(whole[place.path])}"
            found.append((place.path, text))
        elif each["type"] == "union_tag_not_found":
            found.append(_untagged(each, place))
        elif each["type"] != "missing" or (each["loc"][:-1], each["loc"][-1]) not in meant:
            found.append((place.path, _text(each, place)))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class _Place:
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
        return ".".join(self.keys)

    def siblings(self) -> list[str]:
        """Return the keys that are valid beside this one."""
        return sorted({key for model in models_in(self.parent) for key in model.model_fields})


def _locate(model: type[BaseModel], location: Sequence[str | int]) -> _Place:
    """Follow a location of pydantic's through the annotations."""
    keys: list[str] = []
    annotation: Any = model
    parent: Any = model
    for part in location:
        if part == "[key]":
            break
        choices = _choices(annotation)
        if len(choices) == 1:
            keys.append(str(part))
            annotation, parent = _below(choices[0], part), choices[0]
            continue
        tagged = [choice for choice in choices if _is_tag(choice, part)]
        if not tagged:
            return _Place(tuple(keys), annotation, parent, is_choice=True)
        annotation = tagged[0]
    return _Place(tuple(keys), annotation, parent, is_choice=False)


def _choices(annotation: Any) -> list[Any]:
    """Return the types of which a value may be; that a key may be left out is none of them."""
    bare, _ = _bare(annotation)
    if get_origin(bare) not in (Union, UnionType):
        return [bare]
    choices = [choice for choice in get_args(bare) if choice is not NoneType]
    return _choices(choices[0]) if len(choices) == 1 else choices


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    """Return an annotation without its limits, and these."""
    limits: list[Any] = []
    while get_origin(annotation) is Annotated:
        annotation, *given = get_args(annotation)
        limits += [limit for one in given for limit in (one, *getattr(one, "metadata", ()))]
    return annotation, limits


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


def allowed(annotation: Any) -> str:
    """Say in words what a value may be: "'all', an integer from 1 to 9, or a list of texts"."""
    phrases: list[str] = []
    # Words of the file first, lists last: nothing can be taken for an item of a list.
    for choice in sorted(_choices(annotation), key=_is_list):
        if get_origin(choice) is Literal:
            phrases[:0] = [repr(value) for value in get_args(choice)]
        else:
            phrases.append(_nouns(choice, phrases)[0])
    return _joined(list(dict.fromkeys(phrases)))


def _is_list(annotation: Any) -> bool:
    return get_origin(_bare(annotation)[0]) in (list, tuple)


def _nouns(annotation: Any, before: Sequence[str] = ()) -> tuple[str, str]:
    """Return words for one and for several values, given what was said before of others."""
    choices = _choices(annotation)
    if len(choices) > 1:
        ones, many = zip(*map(_nouns, choices), strict=True)
        return _joined(ones), _joined(many)
    _, limits = _bare(annotation)
    bare, origin, inner = choices[0], get_origin(choices[0]), get_args(choices[0])
    if origin is Literal:
        values = _joined([repr(value) for value in inner])
        return values, values
    if origin is tuple and inner[1:] != (Ellipsis,):
        return f"a list of {len(inner)} entries", f"lists of {len(inner)} entries"
    if origin in (list, tuple):
        item, items = _nouns(inner[0])
        _, plain = NOUNS.get(_choices(inner[0])[0], ("", items))
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


def _text(mistake: Any, place: _Place) -> str:
    kind = mistake["type"]
    if kind == "extra_forbidden":
        return unknown_key(str(mistake["loc"][-1]), place.siblings())
    if kind == "missing":
        return MISSING
    found = mistake.get("input")
    if kind == "union_tag_invalid":
        context = mistake["ctx"]
        key = context["discriminator"].strip("'")
        return f"expected {key}: one of {context['expected_tags']}. Found: '{context['tag']}'."
    if kind == "string_pattern_mismatch":
        noun = "key" if mistake["loc"][-1] == "[key]" else "text"
        return f"expected a {noun} like {mistake['ctx']['pattern']}.{_found(found)}"
    if kind in ("too_short", "too_long"):
        word, limit = (("at least", "min"), ("at most", "max"))[kind == "too_long"]
        count = mistake["ctx"][f"{limit}_length"]
        return f"expected {word} {count} {'entry' if count == 1 else 'entries'}.{_found(found)}"
    if kind in EXPECTED:
        return f"expected {EXPECTED[kind]}.{_found(found)}"
    expected = mistake["msg"]
    for beginning in ("Value error, ", "Input should be ", "String should have "):
        expected = expected.removeprefix(beginning)
    return f"expected {expected}.{'' if isinstance(found, dict) else _found(found)}"


def _untagged(mistake: Any, place: _Place) -> tuple[str, str]:
    """Tell that the key is missing, or misspelt, that says which of several models is meant."""
    key = mistake["ctx"]["discriminator"].strip("'")
    similar = _closest(key, [given for given in mistake["input"] if isinstance(given, str)])
    path = ".".join((*place.keys, similar or key))
    return path, unknown_key(similar, [key]) if similar else MISSING


def _found(value: Any) -> str:
    """Say what stands at a place, the beginning of it if it is long."""
    shown = "nothing" if value is None else repr(value)
    return f" Found: {shown if len(shown) <= SHOWN else shown[:SHOWN] + '...'}."


def unknown_key(key: str, valid: Sequence[str]) -> str:
    """Say that a key is unknown and which one was probably meant."""
    close = _closest(key, valid)
    hint = f" Did you mean '{close}'?" if close else f" Valid keys: {', '.join(valid)}."
    return f"unknown key.{hint}"


def _closest(name: str, known: Sequence[str]) -> str | None:
    return next(iter(get_close_matches(name, known, n=1)), None)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation mentions, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = getattr(annotation, "__args__", ())
    return [model for part in inner for model in models_in(part)]
