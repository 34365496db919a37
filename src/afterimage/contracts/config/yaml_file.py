"""YAML files without duplicate keys."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from afterimage.contracts.errors import ConfigError


class _UniqueKeys(yaml.SafeLoader):
    """A safe loader that notes keys given twice (plain YAML lets the last one win)."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.repeated: list[tuple[int, Any]] = []


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            continue  # told by the safe loader
        if key in seen:
            loader.repeated.append((key_node.start_mark.line + 1, key))
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path | str) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises
    ------
    ConfigError
        If the file is missing, not YAML, not a mapping, or gives keys twice; with the lines.
    """
    try:
        content, repeated = _load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}.", "Check the file's name.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file in UTF-8.", "Save it as UTF-8.") from error
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply.", "Correct the YAML there.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{line}: {problem}.", "Correct the YAML there.") from error
    if repeated:
        told = "; ".join(f"line {line}: the key '{key}' is given twice" for line, key in repeated)
        raise ConfigError(f"{path}, {told}.", "Keep one of each.")
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected 'key: value' lines.", "See docs/configuration.md.")
    return content


def _load(text: str) -> tuple[Any, list[tuple[int, Any]]]:
    """Return the content, and line and name of each key that was given before."""
    loader = _UniqueKeys(text)
    try:
        return loader.get_single_data(), sorted(loader.repeated, key=lambda found: found[0])
    finally:
        loader.dispose()
