import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, open_page, widths
from example_report import (
    AUDIT,
    CONFIG,
    RECORDINGS,
    SUBJECTS,
    example_content,
    example_geometry,
    example_metrics,
    example_time_resolved,
)

from afterimage.contracts.config.experiment import Responses
from afterimage.report.choices import responses_sentence, split_sentence, transductive_warnings
from afterimage.report.content import ReportFigure
from afterimage.report.facts import left_out
from afterimage.report.page import write_report

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, figures: list[ReportFigure]) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(path, example_content(figures=figures))
    return path


def text_of(tmp_path: Path, **changes: object) -> str:
    write_report(tmp_path / "report.html", example_content(**changes))
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def only(metrics_of: str) -> dict:
    """Content of a data set of labels: no pictures, no coordinates, no truth."""
    metrics = example_metrics()
    rows = metrics[(metrics["metric"] == "top1") & (metrics["model"] == "ridge")]
    rows = rows[rows["target"] == "gabor"].assign(metric=metrics_of, target="category")
    config = {k: v for k, v in CONFIG.items() if k != "generators"}
    folds = [{"fold": 0, "stimuli": {"test": 8, "train": 88}, "test_closest_bits": None}]
    return {
        "metrics": rows,
        "config": config
        | {
            "experiment": "haxby",
            "title": "",
            "dataset": "haxby",
            "split": {"protocol": "leave_out"},
        },
        "coordinates": dict.fromkeys(SUBJECTS, False),
        "simulated": False,
        "audit": AUDIT | {"folds": folds},
    }


def test_the_first_line_says_that_simulated_data_is_simulated(report: Path) -> None:
    body = report.read_text(encoding="utf-8").split("<body>")[1]
    first = re.sub("<[^>]+>", "", body).strip().splitlines()[0]
    assert first.startswith("Simulated data: no brain was measured. Experiment “demo” ran ridge")
    assert "3 subjects, 2,900 trials" in first


def test_a_measured_brain_is_not_called_simulated(tmp_path: Path) -> None:
    head = text_of(tmp_path, **only("accuracy")).split("<body>")[1].split("</nav>")[0]
    assert "simulated" not in head.lower()


def test_the_page_needs_nothing_but_itself(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    loaded = re.findall(r"(?:src|srcset)=\"([^\"]*)\"", text)
    assert loaded
    assert all(address.startswith("data:") for address in loaded)
    words = re.sub(r"data:[^\"]*", "", text)  # any four letters may occur in a picture's bytes
    assert "http" not in words.replace("http-equiv", "")
    assert "<script" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_the_same_content_gives_the_same_bytes(report: Path, figures: list, tmp_path: Path) -> None:
    write_report(tmp_path / "again.html", example_content(figures=figures))
    assert (tmp_path / "again.html").read_bytes() == report.read_bytes()


def test_names_from_the_configuration_are_escaped(tmp_path: Path) -> None:
    text = text_of(tmp_path, config=CONFIG | {"title": "<script>alert(1)</script> & co"})
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in text


def test_scores_stand_beside_chance_null_interval_p_and_ceiling(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    headline = text.split('id="headline"')[1].split("<details>")[0]
    for part in (
        "chance 0.5",
        "null 0.498",
        "p &lt; 0.001",
        "ceiling 0.720",
        "no brain: the prior",
    ):
        assert part in headline
    assert re.search(r"<b>0\.\d{3}</b><span class=\"interval\">\[0\.\d{3}, \d\.\d{3}\]", headline)


def test_a_switched_off_check_is_stated_loudly_and_twice(tmp_path: Path) -> None:
    settings = {"near_duplicate_bits": -1, "source": False, "known_sources": ""}
    (fold,) = AUDIT["folds"]
    folds = [fold | {"test_sources": {"all": 90, "known": 30}}]
    text = text_of(tmp_path, audit=AUDIT | {"settings": settings, "folds": folds})
    assert text.count('<p class="warning">Near-duplicate pictures were NOT looked for') == 2
    assert text.count('<p class="warning">Sources were NOT checked') == 2
    assert text.count("30 of 90 tested sources (photographs, concepts) are trained on") == 2
    assert "no source is" not in text
    assert "are within" not in text


def test_a_protocol_that_knows_the_tested_concepts_is_named(tmp_path: Path) -> None:
    settings = {"near_duplicate_bits": 4, "source": False, "known_sources": "neuralbench"}
    (fold,) = AUDIT["folds"]
    folds = [fold | {"test_sources": {"all": 200, "known": 200}}]
    text = text_of(tmp_path, audit=AUDIT | {"settings": settings, "folds": folds})
    told = "the protocol &#39;neuralbench&#39; trains on 200 of 200 tested sources"
    assert text.count(told) == 2
    assert "NOT checked" not in text


def test_models_that_are_tested_on_another_subject_are_told() -> None:
    models = {"own": {"learn_from": "own"}, "across": {"learn_from": "others"}}
    told = split_sentence({"protocol": "published"}, models)
    assert "leave one subject out: across is fitted on" in told
    assert "leave one subject out" not in split_sentence({"protocol": "published"}, {})


def test_a_contradiction_of_the_truth_is_stated_loudly(tmp_path: Path) -> None:
    metrics = example_metrics()
    assert "does NOT agree" not in text_of(tmp_path, metrics=metrics)
    metrics.loc[metrics["metric"] == "gap_consistent", "value"] = 0.0
    metrics.loc[metrics["metric"] == "closed_form_excess", "value"] = 0.01
    text = text_of(tmp_path, metrics=metrics)
    assert '<p class="warning">subj01: the measured gap' in text
    assert '<p class="warning">subj03: a fitted decoder scores above the best' in text


def test_the_truth_has_one_line_per_subject(report: Path) -> None:
    truth = report.read_text(encoding="utf-8").split('id="truth"')[1].split("</section>")[0]
    assert truth.count("<tr>") == 1 + 3
    assert truth.count("<b>0.940</b>") == 3
    assert truth.count("<b>yes</b>") == 3


def test_a_report_of_labels_says_what_is_missing_and_why(tmp_path: Path) -> None:
    text = text_of(tmp_path, **only("accuracy"))
    assert "No pictures were reconstructed: the experiment names no generator." in text
    assert "No responses were predicted: the experiment names no encoder." in text
    assert "only of simulated data is the truth known" in text
    assert "the stimuli came without pictures" in text
    assert "Reconstructed pictures</h3>" not in text
    assert "<img" not in text


def test_an_encoder_without_coordinates_has_no_map_and_says_so() -> None:
    assert (
        "no coordinates"
        in left_out(example_content(coordinates=dict.fromkeys(SUBJECTS, False)))["map"]
    )
    assert "map" not in left_out(
        example_content(coordinates={SUBJECTS[0]: False, SUBJECTS[1]: True})
    )


def test_the_caption_of_a_map_says_what_is_drawn_of_that_subject(
    figures: list[ReportFigure], tmp_path: Path
) -> None:
    placed = {"geometry": example_geometry().to_dict()}
    cards = RECORDINGS | {SUBJECTS[1]: RECORDINGS[SUBJECTS[1]] | placed}
    maps = [figure for figure in figures if figure.kind == "encoding"]
    text = text_of(tmp_path, recordings=cards, figures=maps)
    first, second = text.split("<figcaption>")[1:3]
    assert SUBJECTS[0] in first
    assert "Slices across z of a grid" in first
    assert SUBJECTS[1] in second
    assert "Axial slices of the volume (func1pt8mm); left (L), right (R)" in second


def test_excluded_channels_and_notes_are_listed(tmp_path: Path) -> None:
    cards = RECORDINGS | {"subj03": RECORDINGS["subj03"] | {"notes": ["odd one"]}}
    text = text_of(tmp_path, recordings=cards)
    assert "3 constant" in text
    assert "<li>subj03: odd one</li>" in text
    assert "<li>subj01 and subj02: Simulated with" in text


def test_scores_without_null_or_interval_still_make_a_page(tmp_path: Path) -> None:
    metrics = example_metrics()
    for column in ("ci_low", "ci_high", "null_mean", "p_value", "ceiling", "chance"):
        metrics[column] = np.nan
    assert not re.search(r"\bnan\b", text_of(tmp_path, metrics=metrics), re.IGNORECASE)


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ({"protocol": "published"}, "the split published with the data set"),
        ({"protocol": "kfold", "folds": 10, "group": "stimulus"}, "10-fold cross-validation over"),
        ({"protocol": "leave_out", "group": "run"}, "leave one run out"),
        ({"protocol": "holdout", "test": 0.2, "group": "source"}, "20% of whole sources held out"),
        ({"protocol": "published", "validation": 0.1}, "10% of the training stimuli kept for"),
        ({"protocol": "published", "version": "shared982"}, "data set ('shared982')"),
        ({"protocol": "published", "first_sessions": 1}, "first 1 sessions only"),
        ({"protocol": "kfold", "folds": 5, "group": "category"}, "whole categories"),
        (
            {
                "protocol": "leave_out",
                "group": "cluster",
                "clusters": {"extractor": "clip", "count": 40},
            },
            "leave one cluster out; 40 clusters of the features 'clip'",
        ),
        (
            {"protocol": "leave_out", "group": "session", "exclude_tested": "stimulus"},
            "training trials whose stimulus is tested are left out",
        ),
    ],
)
def test_each_protocol_is_said_in_words(split: dict, words: str) -> None:
    assert words in split_sentence(split, {})


def responses(**chosen: object) -> dict[str, object]:
    return Responses(**chosen).model_dump(mode="json")


def test_what_is_fitted_on_test_responses_is_said_loudly() -> None:
    honest, loud = (
        responses(normalise=name, average_test="prediction")
        for name in ("session_train", "session_all")
    )
    assert "averaged after the model" in responses_sentence(honest)
    assert transductive_warnings(honest) == []
    assert "test trials included" in responses_sentence(loud)
    assert "session_all" in transductive_warnings(loud)[0]


def test_whitening_robust_scaling_and_limits_are_said_in_words() -> None:
    text = responses_sentence(
        responses(whiten="session_train", statistics="quartiles", pool_time=True, clamp=5)
    )
    assert "whitened by the training trials of each session" in text
    assert "median 0 and distance of quartiles 1 over the training trials" in text
    assert "one for all time steps of a channel" in text
    assert "beyond 5" in text
    plain = responses_sentence(responses())
    assert not any(word in plain for word in ("whitened", "quartiles", "beyond", "time"))


@in_a_browser
def test_the_browser_reports_no_console_message(report: Path) -> None:
    markup, messages = open_page(report)
    assert "How to read this report" in markup
    assert messages == []


@in_a_browser
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_does_not_scroll_sideways(report: Path, width: int) -> None:
    content, window = widths(report, width)
    assert window == width
    assert content <= window


def test_decoding_over_time_is_told_with_its_latencies(tmp_path: Path) -> None:
    pages = []
    for scores in (example_time_resolved(), example_time_resolved()[:0]):
        write_report(tmp_path / "report.html", example_content(time_resolved=scores))
        pages.append((tmp_path / "report.html").read_text(encoding="utf-8"))
    told, silent = pages
    line = told[told.index("<td>sliding</td>") :].split("</tr>")[0]
    assert "<td>subj01</td>" in line
    # The middle of the first window above .58 is 112.5 ms.
    assert "<td>112</td>" in line
    assert "Decoding over time" in told
    assert "Decoding over time" not in silent


def test_the_page_is_built_without_matplotlib() -> None:
    code = "import sys, afterimage.report.assemble, afterimage.report.page\n"
    done = subprocess.run([sys.executable, "-c", f"{code}sys.exit('matplotlib' in sys.modules)"])
    assert done.returncode == 0
