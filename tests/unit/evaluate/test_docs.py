import re
from pathlib import Path

import numpy as np
import pytest

from afterimage.contracts.registry import BUILT_IN
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.summarise import Draws, Identity, score_rows

PAGE = (Path(__file__).parents[3] / "docs" / "evaluate.md").read_text(encoding="utf-8")


def test_the_metric_of_the_page_works_as_it_is_printed():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(compile(example, "docs/evaluate.md", "exec"), names)
    rng = np.random.default_rng(0)
    actual = rng.uniform(size=(20, 8, 8, 3))
    pair = Pair(actual + 0.1 * rng.normal(size=actual.shape), actual, np.arange(20))
    row = score_rows(
        [names["NegativeError"]()],
        pair,
        {},
        identity=Identity("x", "s1", "ridge", "pixels"),
        draws=Draws(100, 99, 0),
    ).iloc[0]
    assert row["value"] == pytest.approx(-0.01, rel=0.1)
    assert row["p_value"] == 0.01


@pytest.mark.parametrize("name", sorted(BUILT_IN["metric"]))
def test_every_metric_is_defined_on_the_page(name):
    assert f"`{name}`" in PAGE
