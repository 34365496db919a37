from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.generate.context import GeneratorContext


def draw(count: int, height: int, width: int, seed: int) -> np.ndarray:
    """Coloured discs before coloured gradients, uint8, shape (count, height, width, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : complex(height), 0 : 1 : complex(width)]
    pictures = np.empty((count, height, width, 3))
    for picture in pictures:
        top, bottom, colour = rng.random((3, 3))
        picture[:] = top + (bottom - top) * y[..., None]
        centre_x, centre_y, radius = rng.uniform([0.3, 0.3, 0.15], [0.7, 0.7, 0.3])
        distance = np.hypot(x - centre_x, y - centre_y)
        inside = 1 / (1 + np.exp((distance - radius) * 40))[..., None]
        picture[:] = inside * colour + (1 - inside) * picture
    return np.rint(pictures * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def draw_pictures() -> Callable[..., np.ndarray]:
    return draw


@pytest.fixture
def pixel_context() -> Callable[..., GeneratorContext]:
    """A context whose target is the pixels of a gallery, in [0, 1]."""

    def make(gallery: np.ndarray, **changes: object) -> GeneratorContext:
        settings = {
            "fold": 0,
            "image_shape": gallery.shape[1:3],
            "gallery_ids": [f"s{i}" for i in range(len(gallery))],
            "gallery_values": gallery / np.float32(255),
            "gallery_pictures": list(gallery),
            **changes,
        }
        return GeneratorContext(**settings)

    return make


@pytest.fixture
def stimuli(tmp_path: Path) -> Callable[..., ImageFile]:
    """Write pictures s00, s01, ... to a file."""

    def make(pictures: np.ndarray, name: str = "pictures.arrow") -> ImageFile:
        path = tmp_path / name
        with ImageWriter(path, keys={"stimulus_id": "string"}, provenance={}) as writer:
            ids = [f"s{i:02d}" for i in range(len(pictures))]
            writer.write({"stimulus_id": ids}, list(pictures))
        return ImageFile(path)

    return make


@pytest.fixture
def two_folds() -> Callable[[int], tuple[pd.DataFrame, pd.DataFrame]]:
    """Splits and trials: n stimuli shown twice, halves swap sides between folds 0 and 1."""

    def make(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        trials = pd.DataFrame(
            [(f"t{i:02d}-{r}", f"s{i:02d}") for i in range(n) for r in range(2)],
            columns=["trial_id", "stimulus_id"],
        )
        early = trials["stimulus_id"] < f"s{n // 2:02d}"
        parts = [
            pd.DataFrame(
                {
                    "trial_id": trials["trial_id"],
                    "fold": fold,
                    "role": np.where(early == (fold == 0), "train", "test"),
                    "group": trials["stimulus_id"],
                }
            )
            for fold in (0, 1)
        ]
        return pd.concat(parts, ignore_index=True), trials

    return make
