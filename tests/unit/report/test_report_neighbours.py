import math
from pathlib import Path

import numpy as np
import pandas as pd
from example_report import example_content, example_neighbours

from afterimage.report.neighbours import closeness, neighbour_lines, neighbour_sentence
from afterimage.report.page import write_report


def table(distance: list[float], reference: list[float], fold: list[int]) -> pd.DataFrame:
    ids = [f"t{i}" for i in range(len(distance))]
    frame = pd.DataFrame({"fold": fold, "space": "gabor", "stimulus_id": ids})
    frame["nearest_id"] = [None if math.isnan(d) else f"n{i}" for i, d in enumerate(distance)]
    return frame.assign(distance=distance, reference=reference)


def page_of(tmp_path: Path, **changes: object) -> str:
    write_report(tmp_path / "report.html", example_content(**changes))
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_space_has_one_line_with_the_closest_pair_and_both_ids() -> None:
    (line,) = neighbour_lines(closeness(table([0.4, 0.2, 0.6], [0.5] * 3, [0] * 3)))
    assert line == ["gabor", "3", "0.400", "0.500", "0.80", "t1, n1 (0.200)", "0", "0", "0"]


def test_exact_copies_and_what_is_all_but_one_are_counted() -> None:
    (of,) = closeness(table([0.0, 5e-7, 0.049, 0.051, 0.3], [0.5] * 5, [0] * 5))
    assert (of.copies, of.close) == (2, 3)
    assert neighbour_lines([of])[0][5] == "t0, n0 (0)"
    sentence = neighbour_sentence([of])
    assert "Closer than a tenth of that unit: 3 in gabor." in sentence
    assert "Exact copies: 2 in gabor." in sentence


def test_folds_are_pooled_and_each_is_held_against_its_own_reference() -> None:
    (of,) = closeness(table([0.03, 0.03, 0.4, 0.5], [0.2, 0.8, 0.2, 0.8], [0, 1, 0, 1]))
    assert (of.n, of.close) == (4, 1)
    assert of.reference == 0.5
    assert math.isclose(of.ratio, 0.215 / 0.5)


def test_a_picture_whose_features_do_not_vary_is_counted_as_unknown() -> None:
    (of,) = closeness(table([math.nan, 0.4], [0.5, 0.5], [0, 0]))
    assert (of.n, of.unknown, of.median) == (2, 1, 0.4)
    (of,) = closeness(table([math.nan], [math.nan], [0]))
    line = neighbour_lines([of])[0]
    assert line[2:6] == ["\N{EN DASH}"] * 4
    assert not any("nan" in cell for cell in line)


def test_a_reference_of_zero_gives_no_ratio_and_no_close_picture() -> None:
    (of,) = closeness(table([0.0, 0.1], [0.0, 0.0], [0, 0]))
    assert np.isnan(of.ratio)
    assert (of.close, of.copies) == (0, 1)


def test_the_page_states_neighbours_in_the_summary_and_in_a_table(tmp_path: Path) -> None:
    text = page_of(tmp_path)
    summary = text.split('id="summary"')[1].split("</section>")[0]
    assert "Exact copies: 1 in colour." in summary
    section = text.split('id="neighbours"')[1].split("</section>")[0]
    assert section.count("<tr>") == 1 + 3
    assert "<td>s000, s500 (0)</td>" in section


def test_without_a_feature_space_the_page_says_so(tmp_path: Path) -> None:
    text = page_of(tmp_path, neighbours=example_neighbours()[:0])
    section = text.split('id="neighbours"')[1].split("</section>")[0]
    assert "in no feature space" in section
    assert "<table>" not in section
