"""The worked example of docs/models.md works."""

import re
from pathlib import Path

import numpy as np
from model_rows import in_memory

DOCS = Path(__file__).parents[3] / "docs" / "models.md"


def test_the_decoder_of_the_documentation_decodes(work):
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)
    names: dict = {}
    exec(code, names)
    data = in_memory(stimuli=60, sizes=(2,))
    config = names["NearestConfig"](name="nearest")
    model = names["Nearest"](config).fit(data, work)
    restored = names["Nearest"].restore(config, model.state())
    np.testing.assert_array_equal(restored.predict(data.x), data.y)
    (refit,) = model.refits(data, [1])
    assert (refit.predict(data.x) != data.y).any()
