"""Which modules a script reaches, and a hash of what each of them does.

Snakemake compares inputs only if they are newer than the output, so an edit during a job, or a
file with an old time stamp, would be missed. The hashes go through `params` instead.
"""

import ast
import hashlib
from collections.abc import Collection
from functools import cache
from pathlib import Path

PACKAGE = "afterimage"
SOURCE = Path(__file__).resolve().parents[2]

# Job plumbing: logs, error texts and the table of names change no number. What a name stands
# for is tracked where it is used.
EXEMPT = frozenset(
    {
        "afterimage.contracts.errors",
        "afterimage.contracts.jobs",
        "afterimage.contracts.progress",
        "afterimage.contracts.registry",
        "afterimage.contracts.seams",
    }
)


@cache
def code_of_script(script: Path) -> list[str]:
    """Return "path hash" of a script and of each module of ours that it reaches.

    Parameters
    ----------
    script : Path
        An existing Python file.

    Returns
    -------
    list of str
        Sorted; the script first.
    """
    own = f"scripts/{script.name} {_digest(script)}"
    return [own, *_closure_lines(_imports(script, package=""))]


@cache
def code_of_module(module: str) -> list[str]:
    """Return "path hash" of a module and of each module of ours that it reaches.

    A module outside the package (an entry point of someone else's) is tracked by its own file.
    """
    if not module.startswith(PACKAGE):
        return [_foreign(module)]
    return _closure_lines({module})


def _foreign(module: str) -> str:
    from importlib.util import find_spec

    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return f"{module} missing"
    return f"{module} {_digest(Path(spec.origin))}"


def _closure_lines(start: Collection[str]) -> list[str]:
    reached: set[str] = set()
    waiting = set(start)
    while waiting:
        module = waiting.pop()
        if module in reached or module in EXEMPT:
            continue
        path = _path_of(module)
        if path is None:
            continue
        reached.add(module)
        waiting |= _imports(path, package=module)
    return [f"{module} {_digest(path)}" for module in sorted(reached) if (path := _path_of(module))]


@cache
def _path_of(module: str) -> Path | None:
    """Return a module's file; packages' own files are empty and do not count."""
    path = SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), filename=str(path))


@cache
def _imports(path: Path, package: str) -> frozenset[str]:
    """Return the modules of ours that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            # `from afterimage.models import ridge` names a module in its second half.
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(name for name in found if name.startswith(f"{PACKAGE}."))


@cache
def _digest(path: Path) -> str:
    """Hash the syntax tree without comments and docstrings."""
    tree = ast.parse(path.read_bytes())
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
