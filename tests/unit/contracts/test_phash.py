import numpy as np
import pytest
from PIL import Image
from scipy.fft import dct

from afterimage.contracts.phash import hamming, hamming_matrix, phash


@pytest.fixture
def picture() -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(noise).resize((64, 64), Image.Resampling.BICUBIC))


def test_bits_are_those_of_scipys_dct_above_their_median(picture):
    grey = Image.fromarray(picture).convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    low = dct(dct(np.asarray(grey, dtype=float), axis=0), axis=1)[:8, :8]
    expected = "".join("1" if value > np.median(low) else "0" for value in low.ravel())
    assert f"{int(phash(picture), 16):064b}" == expected


def test_small_changes_move_few_bits_and_another_picture_moves_many(picture):
    noisy = np.clip(picture + np.random.default_rng(1).normal(0, 4, picture.shape), 0, 255)
    assert hamming(phash(picture), phash(noisy.astype(np.uint8))) <= 4
    assert hamming(phash(picture), phash(picture[::-1])) > 16


def test_matrix_holds_the_distance_of_every_pair():
    rng = np.random.default_rng(2)
    a, b = ([f"{v:016x}" for v in rng.integers(0, 2**63, n)] for n in (3, 5))
    matrix = hamming_matrix(a, b)
    assert matrix.shape == (3, 5)
    assert matrix.tolist() == [[hamming(x, y) for y in b] for x in a]


@pytest.mark.parametrize("level", [0, 127, 255])
def test_flat_picture_has_one_stable_hash(level):
    flat = np.full((64, 64, 3), level, dtype=np.uint8)
    assert phash(flat) in {"0000000000000000", "8000000000000000"}
    assert phash(flat) == phash(flat[:48, :20])


def test_grey_array_hashes_like_the_same_picture_with_three_channels(picture):
    grey = picture[..., 0]
    assert phash(grey) == phash(np.repeat(grey[..., None], 3, axis=2))
