"""From the files of a rule to the content of a report."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.files import write_text
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.ncsnr import NCSNR
from afterimage.contracts.tables import read_table
from afterimage.contracts.time_resolved import TIME_RESOLVED
from afterimage.evaluate.compare_targets import COMPARED
from afterimage.evaluate.frames import stacked
from afterimage.evaluate.neighbours import NEIGHBOURS
from afterimage.report.content import ReportContent, ReportFigure
from afterimage.report.placed_voxels import has_coordinates
from afterimage.report.released import released_lines

NAMED_VERSIONS = (
    "afterimage",
    "snakemake",
    "numpy",
    "scipy",
    "scikit-image",
    "torch",
    "pyarrow",
    "matplotlib",
)


def assemble_content(
    configuration: Mapping[str, Any],
    *,
    simulated: bool,
    metrics: str,
    audit: str,
    neighbours: str,
    cards: Sequence[str],
    channels: Sequence[str],
    ncsnr: Sequence[str],
    time_resolved: Sequence[str],
    compared: Sequence[str],
    figures: Sequence[tuple[Mapping[str, str], str]],
    links: Sequence[Sequence[str]],
) -> ReportContent:
    """Read what a report states.

    Parameters
    ----------
    configuration : mapping
        Resolved, without what changes speed only.
    simulated : bool
    metrics, audit, neighbours : str
        Paths.
    cards, channels, ncsnr : sequence of str
        Paths of each subject, in one order.
    time_resolved : sequence of str
        Paths of all scores over time.
    compared : sequence of str
        Paths of all comparisons of targets.
    figures : sequence of (mapping, str)
        Kind, stem, subject, model and target of each figure, and its PNG.
    links : sequence of (label, path relative to the report)
    """
    subjects = configuration["subjects"]
    return ReportContent(
        config=configuration,
        simulated=simulated,
        metrics=read_table(metrics, METRICS),
        recordings=dict(zip(subjects, map(load_card, cards), strict=True)),
        coordinates={
            name: has_coordinates(read_table(path, CHANNELS))
            for name, path in zip(subjects, channels, strict=True)
        },
        audit=load_card(audit),
        neighbours=read_table(neighbours, NEIGHBOURS),
        time_resolved=stacked(
            (read_table(path, TIME_RESOLVED) for path in time_resolved), TIME_RESOLVED
        ),
        compared=stacked((read_table(path, COMPARED) for path in compared), COMPARED),
        released=released_lines(
            {name: read_table(path, NCSNR) for name, path in zip(subjects, ncsnr, strict=True)}
        ),
        figures=[_drawn(entry, png) for entry, png in figures],
        links=[(label, path) for label, path in links],
        versions={name: version(name) for name in NAMED_VERSIONS},
    )


def _drawn(entry: Mapping[str, Any], png: str) -> ReportFigure:
    return ReportFigure(
        kind=entry["kind"],
        png=png,
        pdf=f"figures/{entry['stem']}.pdf",
        subject=entry["subject"],
        model=entry["model"],
        target=entry["target"],
    )


def write_configuration(path: Path | str, configuration: Mapping[str, Any]) -> None:
    """Write the resolved configuration as YAML."""
    write_text(path, yaml.safe_dump(dict(configuration), sort_keys=False, allow_unicode=True))
