"""The mark of a transductive score, from the predictions' file to every table and figure."""

import re

import numpy as np
import pandas as pd
import pytest
from example_report import CONFIG, example_content, example_metrics, example_time_resolved

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.transductive import how_transductive, marks
from afterimage.evaluate.assemble import Shown
from afterimage.evaluate.items import ITEMS
from afterimage.evaluate.score_decoder import score_decoder
from afterimage.evaluate.score_generator import score_generator
from afterimage.evaluate.summarise import Identity
from afterimage.report.captions import TRANSDUCTIVE, transductive_note
from afterimage.report.choices import rescaled_warnings
from afterimage.report.content import ReportFigure
from afterimage.report.grid_figure import grid_rows
from afterimage.report.headline import headline_blocks
from afterimage.report.page import write_report
from afterimage.report.roi_figure import draw_regions
from afterimage.report.rows import encoding_rows, feature_rows
from afterimage.report.scores_figure import _labelled
from afterimage.report.tables import write_full_table, write_headline_tables

RESCALED = {"uses_test_responses": False, "rescale": "test", "transductive": True}
HOW = "predictions rescaled over the test set"
EVALUATION = {"metrics": [{"name": "two_way"}], "bootstrap": 100, "permutations": 100}
IDS = [f"s{i}" for i in range(6)]


def loud_metrics() -> pd.DataFrame:
    """The example's scores, as if 'ridge' had been rescaled."""
    metrics = example_metrics()
    metrics.loc[metrics["model"] == "ridge", "transductive"] = HOW
    return metrics


def loud_config() -> dict:
    models = {**CONFIG["models"]}
    models["ridge"] = {**models["ridge"], "rescale": "test"}
    return {**CONFIG, "models": models}


def text_of(path) -> str:
    return path.read_text(encoding="utf-8")


def shown() -> Shown:
    trials = pd.DataFrame({"trial_id": IDS, "stimulus_id": IDS})
    roles = ["train"] * 3 + ["test"] * 3
    splits = pd.DataFrame({"trial_id": IDS, "fold": 0, "role": roles})
    return Shown(trials, splits, pd.DataFrame({"stimulus_id": IDS, "category": None}))


@pytest.fixture
def scored(tmp_path):
    """Score three predictions whose file has some provenance."""

    def make(provenance):
        values = np.random.default_rng(0).normal(size=(6, 2, 3)).astype(np.float32)
        with ArrayWriter(
            tmp_path / "values.arrow", keys={"stimulus_id": "string"}, shape=(2, 3),
            dims=("token", "feature"), unit="1", provenance={},
        ) as writer:  # fmt: skip
            writer.write({"stimulus_id": IDS}, values)
        with ArrayWriter(
            tmp_path / "predictions.arrow", keys={"fold": "int32", "stimulus_id": "string"},
            shape=(2, 3), dims=("token", "feature"), unit="1", provenance=provenance,
        ) as writer:  # fmt: skip
            writer.write({"fold": [0] * 3, "stimulus_id": IDS[3:]}, values[3:] + 0.1)
        return score_decoder(
            ArrayFile(tmp_path / "predictions.arrow"), None, ArrayFile(tmp_path / "values.arrow"),
            shown(), kind="features", space_per_fold=False, evaluation=EVALUATION,
            identity=Identity("x", "s1", "ridge", "tokens"), seed=0,
        )  # fmt: skip

    return make


def test_a_score_takes_its_mark_from_the_file_that_was_scored(scored, tmp_path):
    loud, quiet = scored(RESCALED), scored({"uses_test_responses": False})
    write_table(tmp_path / "metrics.parquet", loud, METRICS)
    assert read_table(tmp_path / "metrics.parquet", METRICS)["transductive"].tolist() == [HOW]
    assert quiet["transductive"].tolist() == [""]
    # The mark changes no random draw.
    pd.testing.assert_frame_equal(
        loud.drop(columns="transductive"), quiet.drop(columns="transductive")
    )
    normalised = scored({"uses_test_responses": True})["transductive"].tolist()
    assert normalised == ["responses normalised over test trials"]


def test_pictures_inherit_the_mark_and_pass_it_on_to_their_scores(tmp_path):
    rng = np.random.default_rng(0)
    drawn = list(rng.integers(0, 256, (6, 24, 24, 3), dtype=np.uint8))
    with ImageWriter(tmp_path / "s.arrow", keys={"stimulus_id": "string"}, provenance={}) as to:
        to.write({"stimulus_id": IDS}, drawn)
    keys = {"fold": "int32", "stimulus_id": "string", "trial_id": "string"}
    inherited = {"drawn_by": {}, **marks({**RESCALED, "responses": {"clamp": 5}})}
    assert set(inherited) == {"drawn_by", "rescale", "transductive"}
    with ImageWriter(tmp_path / "made.arrow", keys=keys, provenance=inherited) as to:
        to.write({"fold": [0] * 3, "stimulus_id": IDS[3:], "trial_id": IDS[3:]}, drawn[3:])
    made = ImageFile(tmp_path / "made.arrow")
    metrics, items = score_generator(
        made, None, ImageFile(tmp_path / "s.arrow"), [], shown(),
        evaluation={**EVALUATION, "metrics": [{"name": "pixel_correlation"}]},
        identity=Identity("x", "s1", "ridge", "tokens", generator="linear"), device="cpu", seed=0,
    )  # fmt: skip
    assert set(metrics["transductive"]) == set(items["transductive"]) == {HOW}
    write_table(tmp_path / "items.parquet", items, ITEMS)
    (row,) = grid_rows(
        [{"model": "ridge", "generator": "linear"}], [str(tmp_path / "made.arrow")], items
    )
    assert row.label == "ridge →\nlinear\n(transductive)"
    assert how_transductive(made.provenance) == HOW


def test_every_printed_table_says_transductive_of_every_score_of_the_model(tmp_path):
    metrics = loud_metrics()
    write_full_table(metrics, tmp_path / "all.csv")
    write_headline_tables(metrics, ["mean"], ["mean"], tmp_path / "h.csv", tmp_path / "h.tex")
    for name in ("all.csv", "h.csv"):
        table = pd.read_csv(tmp_path / name, keep_default_na=False)
        assert (table["transductive"] == HOW).equals(table["model"] == "ridge"), name
    lines = [line for line in text_of(tmp_path / "h.tex").splitlines() if line.endswith(r"\\")]
    rows = [line for line in lines if " & ridge" in line and "encoder" not in line]
    assert len(rows) > 10
    assert all("& ridge (transductive) &" in line for line in rows)
    assert not any("transductive" in line for line in lines if line not in rows)


def test_the_headline_and_the_page_say_it_on_each_line(tmp_path):
    for block in headline_blocks(loud_metrics(), ["mean", "chance"], ["mean"]):
        for line in block.lines:
            assert line.label.startswith("ridge →") == line.label.endswith(" (transductive)")
    content = example_content(metrics=loud_metrics(), config=loud_config())
    write_report(tmp_path / "report.html", content)
    text = text_of(tmp_path / "report.html")
    cells = re.findall(r"<td>(ridge[^<]*)</td>", text.split("All ")[1].split("</table>")[0])
    assert set(cells) == {"ridge (transductive)", "ridge_encoder"}
    assert "Transductive: the predictions of ridge were z-scored over the test set" in text
    assert "<dt>Transductive</dt>" in text


def test_a_report_without_such_scores_never_says_it(tmp_path):
    write_report(tmp_path / "report.html", example_content(time_resolved=example_time_resolved()))
    assert "ransductive" not in text_of(tmp_path / "report.html")
    assert rescaled_warnings(CONFIG["models"]) == []


def test_figures_and_their_captions_say_it():
    metrics = loud_metrics()
    for kind in ("grid", "picture_scores", "feature_scores"):
        figure = ReportFigure(kind, "x.png", "x.pdf")
        assert transductive_note(figure, metrics) == [TRANSDUCTIVE]
        assert transductive_note(figure, example_metrics()) == []
    assert transductive_note(ReportFigure("encoding_scores", "x.png", "x.pdf"), metrics) == []
    assert transductive_note(ReportFigure("ceilings", "x.png", "x.pdf"), metrics) == []
    lines = _labelled(feature_rows(metrics))
    loud = lines["line"].str.contains("(transductive)", regex=False)
    assert loud.equals(lines["model"] == "ridge")


def test_an_encoder_of_normalised_test_responses_is_marked_too(tmp_path):
    metrics = example_metrics()
    metrics["transductive"] = "responses normalised over test trials"
    figure = ReportFigure("encoding", "x.png", "x.pdf", "subj01", "ridge_encoder", "gabor")
    assert transductive_note(figure, metrics) == [TRANSDUCTIVE]
    draw_regions(encoding_rows(metrics), tmp_path / "r.png", tmp_path / "r.pdf")
    assert (tmp_path / "r.pdf").is_file()
