"""What can be read of an experiment that has mistakes, so that the rest is checked too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SEAM_SECTIONS = (("models", "decoder"), ("models", "encoder"), ("generators", "generator"))


@dataclass(frozen=True)
class SeamSetting:
    """An entry whose class is chosen by its name, and where it stands in the experiment."""

    seam: str
    keys: tuple[str | int, ...]
    entry: dict[str, Any]


@dataclass(frozen=True)
class Readable:
    """An experiment as plain values; a part of a wrong type counts as absent.

    The models of the configuration have told what is wrong with such a part already.
    """

    values: dict[str, Any]

    def section(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the entries of a section that are mappings."""
        found = _mapping(self.values.get(name))
        return {str(key): entry for key, entry in found.items() if isinstance(entry, dict)}

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a section of single settings."""
        return _mapping(self.values.get(name))

    def clusters(self) -> dict[str, Any]:
        """Return the settings of the split's clusters."""
        return _mapping(self.mapping("split").get("clusters"))

    def text(self, name: str) -> str | None:
        """Return a setting that is a text."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def seams(self) -> Iterator[SeamSetting]:
        """Yield every model, generator and metric."""
        for section, seam in SEAM_SECTIONS:
            for key, item in self.section(section).items():
                entry = named(item.get(seam))
                if entry is not None:
                    yield SeamSetting(seam, (section, key, seam), entry)
        metrics = self.mapping("evaluation").get("metrics")
        for i, item in enumerate(metrics if isinstance(metrics, list) else []):
            entry = named(item)
            if entry is not None:
                yield SeamSetting("metric", ("evaluation", "metrics", i), entry)


def named(value: Any) -> dict[str, Any] | None:
    """Return a seam's entry, a bare name included; None for anything that cannot be one."""
    entry = {"name": value} if isinstance(value, str) else value
    if isinstance(entry, dict) and isinstance(entry.get("name", ""), str):
        return entry
    return None


def texts(value: Any) -> list[str]:
    """Return the texts of a list; nothing of anything else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
