"""The table of regions says what was scored, of how many channels, and how sure it is."""

from example_report import SUBJECTS, example_metrics

from afterimage.report.region_lines import (
    normalised_sentence,
    region_table,
    significance_sentence,
)


def test_there_is_a_line_per_subject_encoder_and_region() -> None:
    head, lines = region_table(example_metrics())
    assert head[:4] == ["subject", "encoder", "region", "channels"]
    assert head[-1] == "Significant channels"
    assert len(lines) == len(SUBJECTS) * 5
    assert lines[0][:4] == ["subj01", "gabor → ridge_encoder", "all channels", "800"]
    assert lines[0][4].startswith("0.520 [0.")
    assert lines[0][-1] == "71.4%"


def test_scores_that_nobody_asked_for_have_no_column() -> None:
    metrics = example_metrics()
    head, lines = region_table(metrics[metrics["metric"] == "encoding_r"])
    assert head == ["subject", "encoder", "region", "Encoding correlation"]
    assert all(len(line) == 4 for line in lines)
    assert region_table(metrics[metrics["metric"] == "two_way"])[1] == []


def test_notes_state_level_blocks_floor_and_counts() -> None:
    metrics = example_metrics()
    text = significance_sentence(metrics, "run")
    assert "FDR 0.05" in text
    assert "permutation of runs" in text
    assert "blocks of 5 consecutive rows" in significance_sentence(metrics, 5)
    text = normalised_sentence(metrics, 0.1)
    assert "at least 0.1; none is clipped (subj01, gabor → ridge_encoder: 612 of 800" in text
    assert significance_sentence(metrics[:0], "run") == ""
    assert normalised_sentence(metrics[:0], 0.1) == ""
