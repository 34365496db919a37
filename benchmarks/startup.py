"""What each job costs before its work begins: Python, Snakemake's share, and our imports.

    python benchmarks/startup.py [--repeats 3] [SCRIPT ...]

A fresh interpreter runs the import lines of a script, as a job does; the shortest of the repeats
counts. The interpreter alone and what Snakemake puts before each script stand first: the overhead
of a script is what comes on top of both. Where a module that the script reaches imports torch
inside of a function, torch is imported as well: such a job pays for it sooner or later.
"""

import argparse
import ast
import os
import resource
import subprocess
import sys
from pathlib import Path

from afterimage.contracts.code import code_of_script

ROOT = Path(__file__).resolve().parents[1]
GOALS = {True: 1.5, False: 0.5}
# What Snakemake 9 writes before a script, without the job's own values.
PREAMBLE = "import sys, pickle\nimport snakemake.logging\nimport snakemake.iocontainers\n"


def seconds(code: str, repeats: int) -> float:
    """Return the processor time of the shortest of several fresh interpreters.

    Not the time on the clock: what else runs on the machine would count.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    # Compiled once, by the first run: an installed package is compiled, too.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    times = []
    for _ in range(repeats):
        before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        times.append(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before)
    return min(times)


def imports_of(script: Path) -> str:
    """Return the import lines of a script."""
    body = ast.parse(script.read_text(encoding="utf-8")).body
    return "\n".join(ast.unparse(n) for n in body if isinstance(n, ast.Import | ast.ImportFrom))


def reaches_torch(script: Path) -> bool:
    """Say whether a script, or a module of ours that it reaches, imports torch anywhere."""
    modules = [line.split()[0] for line in code_of_script(script)[1:]]
    files = [(ROOT / "src").joinpath(*name.split(".")).with_suffix(".py") for name in modules]
    return any("torch" in imported for file in (script, *files) for imported in _imported(file))


def _imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def main() -> int:
    """Print one line per script; return how many miss their goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scripts", nargs="*", help="names without .py; default: all")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    names = given.scripts or sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))
    python = seconds("pass", given.repeats)
    before = seconds(PREAMBLE, given.repeats)
    print(f"{python:6.2f} s  the interpreter alone")
    print(f"{before - python:6.2f} s  what Snakemake puts before a script, on top of that")
    missed = 0
    for name in names:
        script = ROOT / "scripts" / f"{name}.py"
        torch = reaches_torch(script)
        code = PREAMBLE + imports_of(script) + ("\nimport torch" if torch else "")
        own = seconds(code, given.repeats) - before
        within = own <= GOALS[torch]
        missed += not within
        kind = "with torch" if torch else "no torch"
        print(f"{own:6.2f} s  {name} ({kind}){'' if within else f'  GOAL {GOALS[torch]} s MISSED'}")
    print(f"{missed} of {len(names)} scripts miss their goal")
    return missed


if __name__ == "__main__":
    raise SystemExit(min(1, main()))
