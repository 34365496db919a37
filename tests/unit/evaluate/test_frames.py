import numpy as np
import pytest

from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import check_table
from afterimage.evaluate.frames import frame_of, stacked
from afterimage.evaluate.items import ITEMS
from afterimage.evaluate.learning_curve import CURVE


@pytest.mark.parametrize("schema", [METRICS, ITEMS, CURVE], ids=lambda schema: schema.name)
def test_no_rows_make_a_table_of_the_schema(schema):
    for frame in (frame_of([], schema), stacked([], schema)):
        check_table(frame, schema, "test")
        assert frame.dtypes[schema.columns[-1].name] != "int64"
        assert len(frame) == 0


def test_numbers_that_are_not_there_are_nan():
    row = {"subject": "s1", "n_trials": 3, "closed_form_r": 0.5}
    frame = frame_of([row], CURVE)
    assert frame.loc[0, "n_trials"] == 3
    assert np.isnan(frame.loc[0, "fraction"])


def test_tables_without_rows_change_no_type():
    full = frame_of([{"subject": "s1", "n_trials": 3}], CURVE)
    both = stacked([frame_of([], CURVE), full, full], CURVE)
    assert both.dtypes.equals(full.dtypes)
    assert both.index.tolist() == [0, 1]
