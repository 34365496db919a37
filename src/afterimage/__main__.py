"""Small commands beside the workflow: ``python -m afterimage <command>``."""

import argparse
from pathlib import Path

from afterimage.contracts.config.document import documents, write_documents


def main() -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m afterimage", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    document = commands.add_parser(
        "document", help="write config/config.yaml, config/schema.json and docs/configuration.md"
    )
    document.add_argument("--check", action="store_true", help="only say which files have drifted")
    arguments = parser.parse_args()
    root = Path.cwd()
    if arguments.check:
        drifted = [
            path
            for path, text in documents().items()
            if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
        ]
        for path in drifted:
            print(f"{path} differs from the models: run `python -m afterimage document`")
        return 1 if drifted else 0
    for path in write_documents(root):
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
