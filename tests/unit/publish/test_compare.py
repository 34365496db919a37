import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from afterimage.publish.compare import compare
from afterimage.publish.scratch import link_results, made_again, scratch_folder


def tensors(path, values, name="w"):
    save_file({name: np.asarray(values)}, path)
    return path


def told(tmp_path, before, now, tolerance):
    return compare(
        tensors(tmp_path / "a.safetensors", before),
        tensors(tmp_path / "b.safetensors", now),
        tolerance,
    )


@pytest.mark.parametrize(
    ("now", "tolerance", "agrees"),
    [
        ([1.0, 100.0], None, True),
        ([1.0005, 100.0], None, False),
        ([1.0005, 100.0], 1e-5, True),  # 5e-6 of the largest value
        ([1.0005, 100.0], 4e-6, False),
        ([np.nan, 100.0], 1e-2, False),
        ([1.0, 100.0, 0.0], 1e-2, False),
    ],
)
def test_numbers_may_differ_by_a_part_of_the_largest_one(tmp_path, now, tolerance, agrees):
    assert told(tmp_path, [1.0, 100.0], now, tolerance).agrees is agrees


def test_the_difference_is_told_with_its_place(tmp_path):
    verdict = told(tmp_path, [1.0, 100.0], [1.0, 101.0], 1e-5)
    assert verdict.told == "numbers differ by up to 1.0e-02 of the largest value, in 'w'"


def test_missing_values_equal_each_other(tmp_path):
    assert told(tmp_path, [np.nan, 1.0, np.inf], [np.nan, 1.0 + 1e-9, np.inf], 1e-6).agrees
    assert not told(tmp_path, [np.inf, 1.0], [-np.inf, 1.0], 1e-6).agrees


def test_whole_numbers_and_texts_must_be_equal(tmp_path):
    assert not told(tmp_path, [1, 100], [2, 100], 0.5).agrees
    for name, text in (("a", "ridge"), ("b", "mean")):
        pd.DataFrame({"model": [text], "value": [0.5]}).to_parquet(tmp_path / f"{name}.parquet")
    verdict = compare(tmp_path / "a.parquet", tmp_path / "b.parquet", 0.5)
    assert verdict.told == "'model' is another one"


def test_json_is_compared_value_by_value(tmp_path):
    before = {"rows": 3, "scores": [0.5, {"x": 1.0}]}
    (tmp_path / "a.json").write_text(json.dumps(before))
    (tmp_path / "b.json").write_text(json.dumps({**before, "scores": [0.5000001, {"x": 1.0}]}))
    assert compare(tmp_path / "a.json", tmp_path / "b.json", 1e-5).agrees
    (tmp_path / "b.json").write_text(json.dumps({**before, "rows": 4}))
    assert not compare(tmp_path / "a.json", tmp_path / "b.json", 1e-5).agrees


def test_tables_and_arrays_are_compared_column_by_column(tmp_path):
    for name, values in (("a", [1.0, 2.0]), ("b", [1.0, 2.0000001])):
        frame = pd.DataFrame({"id": ["x", "y"], "value": values})
        frame.to_parquet(tmp_path / f"{name}.parquet")
    assert compare(tmp_path / "a.parquet", tmp_path / "b.parquet", 1e-6).agrees
    assert not compare(tmp_path / "a.parquet", tmp_path / "b.parquet", 1e-9).agrees


def test_a_picture_has_no_numbers_to_compare(tmp_path):
    (tmp_path / "a.png").write_bytes(b"1")
    (tmp_path / "b.png").write_bytes(b"2")
    assert "no numbers" in compare(tmp_path / "a.png", tmp_path / "b.png", 1.0).told


def test_the_original_keeps_its_content_when_a_linked_file_is_replaced(tmp_path):
    (tmp_path / "results/x").mkdir(parents=True)
    for name in ("a", "b"):
        (tmp_path / "results/x" / name).write_text("original")
    with scratch_folder(tmp_path) as scratch:
        linked = link_results(tmp_path, scratch, ["results/x", "absent"])
        (scratch / "results/x/a").unlink()
        (scratch / "results/x/a").write_text("again")
        assert made_again(scratch, linked) == ["results/x/a"]
    assert (tmp_path / "results/x/a").read_text() == "original"
    assert not scratch.exists()
