"""Look at a data set before running anything: keys of a file, tables, and a sheet of pictures.

``python -m afterimage.ingest.arrays.preview --keys FILE`` lists what a file holds;
``python -m afterimage.ingest.arrays.preview YAML FOLDER [--out SHEET.png]`` reads all that the YAML
describes and says what was understood.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from afterimage.contracts.config.describe import describe
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import UserError
from afterimage.ingest.arrays.adapter import Arrays
from afterimage.ingest.arrays.config import Config
from afterimage.ingest.arrays.files import check_file, list_keys

COLUMNS, ROWS, SIDE = 10, 6, 96


def load_dataset(path: Path) -> Arrays:
    """Read and validate a YAML file.

    Raises
    ------
    ConfigError
        With every mistake.
    """
    entry = read_yaml(path)
    mistakes = Mistakes(entry)
    try:
        return Arrays(Config.model_validate(entry))
    except ValidationError as error:
        for place, text in describe(error, Config):
            mistakes.add(place, text, str(path))
        mistakes.raise_if_any()
        raise


def summary(dataset: Arrays, root: Path) -> list[str]:
    """Read everything and say in lines of text what was understood."""
    lines = [f"files: {len(dataset.stimulus_files(root))}"]
    for subject in dataset.subjects():
        recording = dataset.recording(root, subject)
        trials = recording.trials
        seen = sum(len(values) for _, values in recording.blocks())
        splits = dataset.published_splits()
        roles = dataset.published_roles(root, subject, splits[0]) if splits else {}
        counts = Counter(roles.values())
        lines += [
            f"{subject}: {seen} trials of {trials['stimulus_id'].nunique()} stimuli, response "
            f"{dict(zip(recording.dims, recording.shape, strict=True))} in {recording.unit}",
            f"  sessions {sorted(trials['session'].unique().tolist())[:20]}, runs "
            f"{sorted(trials['run'].unique().tolist())[:20]}, repetitions up to "
            f"{int(trials['repetition'].max()) + 1}",
            f"  published split: {dict(counts) or 'none'}",
            f"  regions: {sorted({roi for rois in recording.channels['rois'] for roi in rois})}",
            *(f"  note: {note}" for note in recording.notes),
        ]
    return lines


def contact_sheet(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Put pictures side by side, each fitted into one square: uint8, (height, width, 3)."""
    from PIL import Image

    sheet = Image.new("RGB", (COLUMNS * SIDE, -(-len(pictures) // COLUMNS) * SIDE), "grey")
    for i, picture in enumerate(pictures):
        tile = Image.fromarray(picture)
        scale = (SIDE - 4) / max(tile.size)
        size = (max(1, round(tile.width * scale)), max(1, round(tile.height * scale)))
        tile = tile.resize(
            size, Image.Resampling.BICUBIC if scale < 1 else Image.Resampling.NEAREST
        )
        sheet.paste(tile, (i % COLUMNS * SIDE + 2, i // COLUMNS * SIDE + 2))
    return np.asarray(sheet)


def preview(dataset: Arrays, root: Path, out: Path | None) -> list[str]:
    """Return the summary and the first stimuli; write a sheet of pictures evenly picked."""
    lines = summary(dataset, root)
    stimuli = list(islice(dataset.stimuli(root), 2000))
    lines += [f"  {s.stimulus_id}: category {s.category}, group {s.source_id}" for s in stimuli[:5]]
    pictures = [s.image for s in stimuli if s.image is not None]
    if out is not None and pictures:
        from PIL import Image

        step = max(1, len(pictures) // (COLUMNS * ROWS))
        Image.fromarray(contact_sheet(pictures[::step][: COLUMNS * ROWS])).save(out)
        lines.append(f"pictures: {out}: look whether they are upright and of the right colours")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; a user's mistake is two lines and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m afterimage.ingest.arrays.preview")
    parser.add_argument("--keys", type=Path, metavar="FILE", help="list what a file holds")
    parser.add_argument("yaml", type=Path, nargs="?", help="config/datasets/mydata.yaml")
    parser.add_argument("folder", type=Path, nargs="?", help="data_root")
    parser.add_argument("--out", type=Path, help="PNG to write a sheet of pictures to")
    given = parser.parse_args(arguments)
    try:
        if given.keys is not None:
            check_file(given.keys, given.keys.name)
            lines = [f"{key}  {what}" for key, what in list_keys(given.keys).items()]
        elif given.yaml is None or given.folder is None:
            parser.error("give --keys FILE, or a YAML file and the data folder")
        else:
            lines = preview(load_dataset(given.yaml), given.folder, given.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
