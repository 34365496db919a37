"""The jobs behind a file: what it was made from, what that was made from, up to the raw files."""

from dataclasses import dataclass
from pathlib import Path

from afterimage.publish.origin import Origin, origin_of


@dataclass(frozen=True)
class Chain:
    """A file's ancestors.

    Attributes
    ----------
    origins : tuple of Origin
        The nearest first, each output once.
    sources : tuple of str
        Inputs that no job is known to have made.
    """

    origins: tuple[Origin, ...]
    sources: tuple[str, ...]

    def seconds(self) -> float:
        """Return the time of all jobs together; a job with several outputs counts once."""
        jobs = {origin.job: origin.record for origin in self.origins}
        return sum(record.seconds for record in jobs.values() if record is not None)

    def jobs(self) -> int:
        """Return how many jobs there are."""
        return len({origin.job for origin in self.origins})


def chain_of(root: Path, *starts: Origin) -> Chain:
    """Follow inputs upwards, level by level.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    *starts : Origin
        The first level.

    Returns
    -------
    Chain
        With the starts.
    """
    found = {start.output: start for start in starts}
    sources: dict[str, None] = {}
    level = list(starts)
    while level:
        inputs = dict.fromkeys(path for origin in level for path in origin.inputs)
        new = {path: origin_of(root, path) for path in inputs if path not in found}
        sources |= dict.fromkeys(path for path, origin in new.items() if origin is None)
        level = [origin for origin in new.values() if origin is not None]
        found |= {origin.output: origin for origin in level}
    return Chain(tuple(found.values()), tuple(sources))
