"""All mistakes of a configuration, each with its file and dotted path."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
