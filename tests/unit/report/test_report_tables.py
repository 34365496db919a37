import math
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from example_report import CONFIG, example_metrics

from afterimage.report.headline import headline_blocks, headline_rows
from afterimage.report.rows import BASELINES, PRIOR, models_named
from afterimage.report.tables import latex_escape, write_full_table, write_headline_tables
from afterimage.report.words import interval, listing, number, p_value, plural

BASE = models_named(CONFIG, BASELINES)
PRIORS = models_named(CONFIG, [PRIOR])


def test_baselines_are_found_by_their_class_and_not_by_their_name() -> None:
    config = {
        "models": {"mean": {"decoder": {"name": "ridge"}}, "a": {"decoder": {"name": "mean"}}}
    }
    assert models_named(config, BASELINES) == ["a"]
    assert BASE == ["chance", "mean"]
    assert PRIORS == ["mean"]


def test_the_headline_puts_the_prior_beside_the_same_generator_and_metric() -> None:
    rows = headline_rows(example_metrics(), BASE, PRIORS)
    linear = rows[(rows["model"] == "ridge") & (rows["generator"] == "linear")]
    assert set(linear.loc[linear["metric"] == "pixel_correlation", "prior"]) == {0.05}
    assert set(linear.loc[linear["metric"] == "two_way", "prior"]) == {0.5}
    assert rows.loc[rows["generator"] == "vae", "prior"].isna().all()


def test_the_headline_keeps_the_pictures_of_the_prior_and_drops_its_features() -> None:
    rows = headline_rows(example_metrics(), BASE, PRIORS)
    assert set(rows.loc[rows["model"] == "mean", "generator"]) == {"linear"}
    assert "chance" not in set(rows["model"])
    assert set(rows.loc[rows["metric"] == "encoding_r", "roi"]) == {"all"}


def test_the_headline_has_a_line_per_subject_and_thing_scored() -> None:
    pictures, features, responses = headline_blocks(example_metrics(), BASE, PRIORS)
    assert len(pictures.lines) == 3 * 4
    assert [line.first_of for line in pictures.lines[:5]] == [4, 0, 0, 0, 4]
    assert [line.is_prior for line in pictures.lines[:4]] == [False, False, False, True]
    assert pictures.heads[0] == ("Pixel correlation", ["chance 0.03", "n = 100"])
    assert features.heads[-1] == ("Top-1 retrieval", ["chance 0.01", "gallery 100", "n = 100"])
    assert responses.lines[0].label == "gabor → ridge_encoder"


def test_chance_stands_in_the_cells_where_it_differs() -> None:
    metrics = example_metrics()
    of = (metrics["metric"] == "ssim") & (metrics["subject"] == "subj02")
    metrics.loc[of, "chance"] = 0.2
    pictures = headline_blocks(metrics, BASE, PRIORS)[0]
    assert pictures.heads[1] == ("SSIM", ["n = 100"])
    cells = [line.cells[1] for line in pictures.lines]
    assert [cell.small[0] for cell in cells if cell][::4] == [
        "chance 0.100",
        "chance 0.200",
        "chance 0.100",
    ]


def test_csv_holds_every_row(tmp_path: Path) -> None:
    metrics = example_metrics()
    write_full_table(metrics, tmp_path / "metrics.csv")
    again = pd.read_csv(tmp_path / "metrics.csv", keep_default_na=True)
    assert list(again.columns) == list(metrics.columns)
    assert len(again) == len(metrics)


def test_latex_is_a_booktabs_table_with_escaped_names(tmp_path: Path) -> None:
    metrics = example_metrics()
    metrics["model"] = metrics["model"].replace("contrastive", "a_b & 50%")
    write_headline_tables(metrics, BASE, PRIORS, tmp_path / "h.csv", tmp_path / "h.tex")
    text = (tmp_path / "h.tex").read_text(encoding="utf-8")
    assert r"a\_b \& 50\%" in text
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in lines} == {12}
    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\endhead")
    assert text.isascii()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b", r"a\_b"),
        ("50% & $5 #1", r"50\% \& \$5 \#1"),
        ("{x}~^\\", r"\{x\}\textasciitilde{}\textasciicircum{}\textbackslash{}"),
        ("< 0.001", r"$<$ 0.001"),
    ],
)
def test_latex_prints_text_as_it_is(text: str, escaped: str) -> None:
    assert latex_escape(text) == escaped


def test_numbers_are_printed_with_a_true_minus_and_without_minus_zero() -> None:
    assert number(-0.04567) == "\N{MINUS SIGN}0.046"
    assert number(-0.0001) == "0.000"
    assert number(math.nan) == number(None) == "\N{EN DASH}"
    assert interval(0.1, math.nan) == "\N{EN DASH}"
    assert p_value(1 / 1001) == "< 0.001"
    assert p_value(0.0312) == "0.031"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert plural(1, "trial") == "1 trial"
    assert plural(2900, "trial") == "2,900 trials"


def test_the_report_is_written_without_torch() -> None:
    code = (
        "import sys, pkgutil, importlib, afterimage.report as r\n"
        "for m in pkgutil.iter_modules(r.__path__, 'afterimage.report.'):\n"
        "    importlib.import_module(m.name)\n"
        "assert not {'torch', 'sklearn', 'skimage', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
