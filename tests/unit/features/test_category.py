import numpy as np
import pytest

from afterimage.contracts.errors import DataError
from afterimage.contracts.registry import build


def test_code_is_one_hot_in_sorted_order(stimuli):
    extractor = build("extractor", {"name": "category"})
    extractor.prepare(stimuli)
    assert extractor.labels == ["cat", "face", "house"]
    values = extractor.extract(None, stimuli)
    assert [extractor.labels[i] for i in values.argmax(axis=1)] == stimuli["category"].tolist()
    np.testing.assert_array_equal(values.sum(axis=1), 1)


def test_a_stimulus_without_category_is_named(stimuli):
    stimuli.loc[[2, 4], "category"] = None
    with pytest.raises(DataError, match=r"2 of 7 .*'s02', 's04'"):
        build("extractor", {"name": "category"}).prepare(stimuli)


def test_a_category_that_was_not_there_at_first_is_refused(stimuli):
    extractor = build("extractor", {"name": "category"})
    extractor.prepare(stimuli.iloc[:2])
    with pytest.raises(DataError, match="s02"):
        extractor.extract(None, stimuli)
