"""What a job's params say about code: lines "module hash", alone or in lists."""

import hashlib
import re
from collections.abc import Iterable

# As Snakemake keeps it, a line stands in quotes; a page template or a foreign module has the same
# shape. Files of the configuration are never followed by a hash.
LINE = re.compile(r"'([\w./-]+) ([0-9a-f]{16,64})'")


def code_in(params: Iterable[str]) -> dict[str, str]:
    """Return the hash of each module that params name."""
    return {name: digest for text in params for name, digest in LINE.findall(text)}


def without_code(params: Iterable[str]) -> list[str]:
    """Return the params that say nothing about code: the values of the configuration."""
    return [text for text in params if not LINE.search(text)]


def fingerprint(params: Iterable[str]) -> str:
    """Return one hash for all modules that a job's params name."""
    lines = sorted(f"{name} {digest}" for name, digest in code_in(params).items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
