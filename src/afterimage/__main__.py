"""Small commands beside the workflow: ``python -m afterimage <command>``."""

import argparse
import sys
from pathlib import Path
from typing import Any

from afterimage.contracts.config.document import documents, write_documents
from afterimage.contracts.config.entries import checked_entry
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import UserError
from afterimage.publish import crate, explain
from afterimage.publish.commands import add_verify


def check(arguments: argparse.Namespace) -> int:
    """Say every mistake of an experiment's or a data set's file, broken YAML included."""
    path: Path = arguments.file
    try:
        if "experiment" not in (content := read_yaml(path)) and "name" in content:
            return _check_dataset(path, content)
        configuration = load_configuration(content, Path.cwd(), [path])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    recordings = configuration.recordings
    print(f"{path}: no mistakes; data set '{recordings.name}', {', '.join(recordings.subjects)}")
    return 0


def _check_dataset(path: Path, content: dict[str, Any]) -> int:
    mistakes = Mistakes({})
    checked_entry("dataset", content, "", mistakes, str(path))
    mistakes.raise_if_any()
    print(f"{path}: no mistakes; a data set, which an experiment names by `dataset: {path.stem}`")
    return 0


def document(arguments: argparse.Namespace) -> int:
    """Write the files that follow from the configuration's models, or say which differ."""
    root = Path.cwd()
    if not arguments.check:
        for path in write_documents(root):
            print(f"wrote {path}")
        return 0
    drifted = [
        path
        for path, text in documents().items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]
    for path in drifted:
        print(f"{path} differs from the models: run `python -m afterimage document`")
    return 1 if drifted else 0


def main(given: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m afterimage", description=__doc__)
    commands = parser.add_subparsers(required=True)
    checking = commands.add_parser(
        "check", help="say every mistake of an experiment's file, or of a data set's"
    )
    checking.add_argument("file", type=Path, nargs="?", default=Path("config/config.yaml"))
    checking.set_defaults(run=check)
    documenting = commands.add_parser(
        "document", help="write config/config.yaml, config/schema.json and docs/configuration.md"
    )
    documenting.add_argument("--check", action="store_true", help="only say which have drifted")
    documenting.set_defaults(run=document)
    explain.add_command(commands)
    crate.add_command(commands)
    add_verify(commands)
    arguments = parser.parse_args(given)
    status: int = arguments.run(arguments)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
