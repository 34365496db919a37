import re
from pathlib import Path

import pytest
import yaml
from split_cases import SPLIT

from afterimage.split.groups import GROUP_COLUMN

PAGE = (Path(__file__).resolve().parents[3] / "docs/split.md").read_text()
# Whole splits, and single keys that are added to one.
WRITTEN = [
    *re.findall(r"\{protocol: (?:[^{}]|\{[^{}]*\})*\}", PAGE),
    *(f"{{protocol: published, {keys}}}" for keys in re.findall(r"\| add `([^`]+)`", PAGE)),
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_split_that_the_page_tells_to_write_is_valid(text):
    SPLIT.validate_python(yaml.safe_load(text))


def test_the_page_tells_every_protocol_and_group():
    assert len(WRITTEN) >= 10
    for name in ("published", "kfold", "leave_out", "holdout", *GROUP_COLUMN):
        assert f"`{name}`" in PAGE, name
