"""What is wrong with a value: from pydantic's errors to a place and a text of each."""

import re
from typing import Any

from pydantic import BaseModel, ValidationError

from afterimage.contracts.config.allowed import MAPPING, allowed, choices_of, without_limits
from afterimage.contracts.config.names import closest, unknown_key
from afterimage.contracts.config.places import Place, locate

MISSING = "this key is required, and is missing."
PASSWORD = re.compile(r"//[^/@\s]*@")
SHOWN = 80  # characters of a wrong value
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
    mistakes = [(each, locate(model, each["loc"])) for each in error.errors(include_url=False)]
    # Of several mistakes with one value, that with the shortest location has seen all of it.
    longest_first = sorted(mistakes, key=lambda pair: -len(pair[0]["loc"]))
    whole = {place.path: each["input"] for each, place in longest_first if place.is_choice}
    meant = {
        (each["loc"][:-1], closest(str(each["loc"][-1]), place.siblings()))
        for each, place in mistakes
        if each["type"] == "extra_forbidden"
    }
    found = []
    for each, place in mistakes:
        if place.is_choice:
            value = whole[place.path]
            expected = f"{allowed(place.annotation)}{_as_list(value, place.annotation)}"
            found.append((place.path, f"expected {expected}.{_found(value)}"))
        elif each["type"] == "union_tag_not_found":
            found.append(_untagged(each, place))
        elif each["type"] != "missing" or (each["loc"][:-1], each["loc"][-1]) not in meant:
            found.append((place.path, _text(each, place)))
    return list(dict.fromkeys(found))


def _text(mistake: Any, place: Place) -> str:
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


def _as_list(value: Any, annotation: Any) -> str:
    """Show how a single text is written where a list of them may stand."""
    choices = [without_limits(choice)[0] for choice in choices_of(annotation)]
    return f", such as [{value}]" if list[str] in choices and isinstance(value, str) else ""


def _untagged(mistake: Any, place: Place) -> tuple[str, str]:
    """Tell that the key is missing, or misspelt, that says which of several models is meant."""
    key = mistake["ctx"]["discriminator"].strip("'")
    similar = closest(key, [given for given in mistake["input"] if isinstance(given, str)])
    path = ".".join((*place.keys, similar or key))
    return path, unknown_key(similar, [key]) if similar else MISSING


def _found(value: Any) -> str:
    """Say what stands at a place, the beginning of it if it is long; a URL's password is hidden."""
    shown = "nothing" if value is None else PASSWORD.sub("//***@", repr(value))
    return f" Found: {shown if len(shown) <= SHOWN else shown[:SHOWN] + '...'}."
