"""Which values of a configuration differ from the published ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def differing_values(published: Path, parameters: Mapping[str, Any]) -> list[str]:
    """Return the dotted paths of values that differ, sorted.

    Parameters
    ----------
    published : Path
        The resolved configuration as it was published, YAML.
    parameters : mapping
        The same of today.
    """
    before = _flat(yaml.safe_load(published.read_text(encoding="utf-8")))
    now = _flat(parameters)
    return sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        inner = [_flat(one, f"{path}.{key}" if path else str(key)) for key, one in value.items()]
        return {key: one for part in inner for key, one in part.items()}
    return {path: value}
