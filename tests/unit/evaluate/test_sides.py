import numpy as np
import pandas as pd

from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.evaluate.sides import PictureSide


def test_pixels_are_compared_at_the_size_of_the_pictures_whatever_a_generator_draws(tmp_path):
    rng = np.random.default_rng(0)
    seen = rng.integers(0, 256, (3, 12, 16, 3), dtype=np.uint8)
    with ImageWriter(tmp_path / "i.arrow", keys={"stimulus_id": "string"}, provenance={}) as writer:
        writer.write({"stimulus_id": list("abc")}, list(seen))
    side = PictureSide(ImageFile(tmp_path / "i.arrow"), [])
    keys = pd.DataFrame({"stimulus_id": list("ca"), "fold": [0, 0]})
    for size in [(6, 8), (12, 16), (24, 32)]:
        drawn = [np.full((*size, 3), 51, dtype=np.uint8)] * 2
        pair = side.pair(drawn, keys)
        assert pair.predicted.shape == pair.actual.shape == (2, 12, 16, 3)
        np.testing.assert_allclose(pair.predicted, 0.2, atol=1e-6)
        np.testing.assert_array_equal(pair.actual, seen[[2, 0]].astype(np.float32) / 255)
