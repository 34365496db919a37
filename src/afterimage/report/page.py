"""The report: one HTML file that holds everything and opens from disk."""

import base64
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from afterimage.contracts.files import write_text
from afterimage.contracts.geometry import Geometry
from afterimage.report import choices, compared_lines, facts, time_lines
from afterimage.report.captions import figure_caption, figure_title, transductive_note
from afterimage.report.cells import printed_table
from afterimage.report.content import ReportContent, ReportFigure
from afterimage.report.headline import headline_blocks
from afterimage.report.neighbours import HEAD, closeness, neighbour_lines, neighbour_sentence
from afterimage.report.region_lines import (
    normalised_sentence,
    region_table,
    significance_sentence,
)
from afterimage.report.resolution import DPI
from afterimage.report.rows import (
    BASELINES,
    PRIOR,
    any_transductive,
    models_named,
    records,
    truth_rows,
)
from afterimage.report.words import MISSING, interval, metric_label, number

# CSS pixels per inch of a figure: its 8.5 pt letters are then as large as those of the page.
PIXELS_PER_INCH = 112
SCORE_COLUMNS = (
    "subject", "roi", "model", "generator", "target", "metric",
    "value", "interval", "chance", "null_mean", "p_value", "ceiling", "n", "unit",
)  # fmt: skip


def write_report(path: Path | str, content: ReportContent) -> None:
    """Write the report as one self-contained HTML file.

    Parameters
    ----------
    path : Path or str
        Such as ``results/demo/report.html``; links in the content are relative to it.
    content : ReportContent
    """
    environment = Environment(
        loader=PackageLoader("afterimage.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    write_text(path, environment.get_template("report.html.j2").render(_context(content)))


def _context(content: ReportContent) -> dict[str, Any]:
    config = content.config
    baselines = models_named(config, BASELINES)
    priors = models_named(config, [PRIOR])
    audit_head, audit_lines = facts.audit_table(content.audit)
    spaces = closeness(content.neighbours)
    score_head, scores = printed_table(content.metrics, SCORE_COLUMNS)
    region_head, region_lines = region_table(content.metrics)
    return {
        "title": config.get("title") or f"Experiment {config['experiment']}",
        "experiment": config["experiment"],
        "dataset": config["dataset"],
        "first_line": facts.first_line(content),
        "simulated": content.simulated,
        "split": choices.split_sentence(config["split"], config["models"]),
        "responses": choices.responses_sentence(config["responses"]),
        "stimuli": facts.stimuli_sentence(content.audit),
        "folds": len(content.audit["folds"]),
        "audit": facts.audit_sentences(content.audit),
        "warnings": [
            *facts.switched_off(content.audit),
            *choices.transductive_warnings(config["responses"]),
            *choices.rescaled_warnings(config["models"]),
        ],
        "audit_head": audit_head,
        "audit_lines": audit_lines,
        "neighbours": neighbour_sentence(spaces),
        "neighbour_head": HEAD,
        "neighbour_lines": neighbour_lines(spaces),
        "recordings": facts.recording_lines(content),
        "notes": facts.notes(content),
        "released": content.released,
        "left_out": facts.left_out(content),
        "blocks": headline_blocks(content.metrics, baselines, priors),
        "baselines": baselines,
        "figures": _figures(content),
        "region_head": region_head,
        "region_lines": region_lines,
        "compared_head": compared_lines.HEAD,
        "compared_lines": compared_lines.compared_lines(content.compared),
        "encoding_notes": _encoding_notes(content),
        "time_head": time_lines.HEAD,
        "time_lines": time_lines.latency_lines(content.time_resolved),
        "truth": _truth_table(content.metrics),
        "truth_warnings": facts.truth_warnings(content.metrics),
        "transductive": any_transductive(content.metrics),
        "score_head": score_head,
        "scores": scores,
        "yaml": yaml.safe_dump(_plain(config), sort_keys=False, allow_unicode=True, width=100),
        "links": content.links,
        "versions": content.versions,
        "models": config["models"],
        "targets": list(config["targets"]),
        "generators": list(config.get("generators") or {}),
    }


def _encoding_notes(content: ReportContent) -> list[str]:
    """Say how channels were tested and normalised."""
    asked = content.config["evaluation"]
    notes = [
        significance_sentence(content.metrics, asked["blocks"]),
        normalised_sentence(content.metrics, asked["ceiling_floor"]),
    ]
    return [note for note in notes if note]


def _figures(content: ReportContent) -> dict[str, list[dict[str, Any]]]:
    """Group the figures by kind, each with its picture as a data URI."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for figure in content.figures:
        groups.setdefault(figure.kind, []).append(_figure(figure, content))
    return groups


def _figure(figure: ReportFigure, content: ReportContent) -> dict[str, Any]:
    card = content.recordings.get(figure.subject, {})
    geometry = card.get("geometry")
    caption = figure_caption(
        figure,
        None if geometry is None else Geometry.from_dict(geometry),
        content.coordinates.get(figure.subject, False),
        card.get("times") is not None,
    )
    png = Path(figure.png).read_bytes()
    width, height = struct.unpack(">II", png[16:24])
    return {
        "title": figure_title(figure),
        "caption": " ".join([caption, *transductive_note(figure, content.metrics)]),
        "subject": figure.subject,
        "uri": "data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        "width": round(width / DPI * PIXELS_PER_INCH),
        "height": round(height / DPI * PIXELS_PER_INCH),
        "pdf": figure.pdf,
    }


def _truth_table(metrics: pd.DataFrame) -> dict[str, Any] | None:
    """Return the comparisons with the truth: a line per subject and model, a column per metric."""
    rows = truth_rows(metrics)
    if rows.empty:
        return None
    columns = list(dict.fromkeys(rows["metric"]))
    # What belongs to no target (noise ceilings) stands on the line of the subject's first one.
    named = rows["target"] != ""
    owners = rows[named].drop_duplicates("subject").set_index("subject")
    for name in ("model", "target"):
        first = rows["subject"].map(owners[name]).fillna("")
        rows = rows.assign(**{name: rows[name].where(named, first)})
    lines = []
    for (subject, model, target), part in rows.groupby(["subject", "model", "target"], sort=False):
        values = {row["metric"]: row for row in records(part)}
        cells = [_truth_cell(values.get(metric)) for metric in columns]
        lines.append({"name": [subject, model, target], "cells": cells})
    return {"heads": [metric_label(metric) for metric in columns], "lines": lines}


def _truth_cell(row: dict[str, Any] | None) -> tuple[str, str]:
    """Return value and interval as they are printed."""
    if row is None:
        return MISSING, MISSING
    if row["metric"] == "gap_consistent":
        return ("yes" if row["value"] else "NO"), MISSING
    return number(row["value"]), interval(row["ci_low"], row["ci_high"])


def _plain(value: Any) -> Any:
    """Return nested mappings and sequences as dictionaries and lists, as YAML knows them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
