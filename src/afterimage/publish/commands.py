"""The command `verify`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import UserError
from afterimage.publish.verify import verify


def add_verify(commands: Any) -> None:
    """Add `verify` to the commands."""
    parser = commands.add_parser("verify", help="make chosen files once more and compare them")
    parser.add_argument("files", nargs="+", metavar="FILE", help="under results/ or derivatives/")
    parser.add_argument("--configfile", type=Path, default=Path("config/config.yaml"))
    parser.add_argument("--config", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--tolerance",
        type=float,
        help="let numbers differ by this part of the largest one; by default bytes are compared",
    )
    parser.add_argument("--cores", default="all")
    parser.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    try:
        verdicts = verify(
            Path.cwd(),
            arguments.files,
            arguments.configfile,
            arguments.config,
            arguments.tolerance,
            arguments.cores,
        )
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for file, verdict in verdicts.items():
        print(f"{'agrees' if verdict.agrees else 'DIFFERS'}  {file}: {verdict.told}")
    return 0 if all(verdict.agrees for verdict in verdicts.values()) else 1
