import numpy as np
import pytest

from afterimage.contracts.errors import ShapeError
from afterimage.contracts.registry import build
from afterimage.features.gabor import envelope_sd, gabor_channels, gabor_energy


def slow_energy(image: np.ndarray, frequency: int, degrees: float, x0: float, y0: float) -> float:
    """One channel from its explicit filter, by the definition in the documentation."""
    height, width = image.shape
    y, x = np.meshgrid(
        (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij"
    )
    sd = 3 * np.sqrt(np.log(2) / 2) / np.pi / frequency
    envelope = np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sd**2))
    angle = np.deg2rad(degrees)
    along = (x - x0) * np.cos(angle) + (y - y0) * np.sin(angle)
    even = np.cos(2 * np.pi * frequency * along)
    odd = np.sin(2 * np.pi * frequency * along)
    even = (even - (even * envelope).sum() / envelope.sum()) * envelope
    odd = (odd - (odd * envelope).sum() / envelope.sum()) * envelope
    assert abs(even.mean()) < 1e-15
    assert abs(odd.mean()) < 1e-15
    length = np.sqrt(((even**2).mean() + (odd**2).mean()) / 2)
    return float(np.hypot((image * even).mean(), (image * odd).mean()) / length)


def grating(frequency: float, degrees: float, phase: float, size: int = 64) -> np.ndarray:
    y, x = np.meshgrid(*[(np.arange(size) + 0.5) / size] * 2, indexing="ij")
    angle = np.deg2rad(degrees)
    along = x * np.cos(angle) + y * np.sin(angle)
    return 0.5 + 0.4 * np.cos(2 * np.pi * frequency * along + phase)


@pytest.mark.parametrize("size", [(64, 64), (48, 80)])
def test_every_channel_equals_its_explicit_filter(size):
    rng = np.random.default_rng(1)
    image = rng.random(size)
    energy = gabor_energy(image[None], frequencies=(1, 2, 4), orientations=8)[0]
    channels = gabor_channels((1, 2, 4), 8)
    assert len(channels) == len(energy) == 8 * 21
    slow = [
        slow_energy(image, int(c.frequency), c.orientation, c.x, c.y) for c in channels.itertuples()
    ]
    np.testing.assert_allclose(energy, slow, rtol=1e-6)


@pytest.mark.parametrize("frequency", [2, 4, 8, 16])
@pytest.mark.parametrize("turn", range(8))
def test_a_grating_is_answered_most_by_its_own_frequency_and_orientation(frequency, turn):
    energy = gabor_energy(grating(frequency, turn * 22.5, 0.3)[None])[0]
    # Divided by the envelope's size, energies of all frequencies are on one scale of contrast.
    channels = gabor_channels().assign(energy=energy)
    channels["contrast"] = channels.energy * channels.frequency
    middle = channels.groupby(["frequency", "orientation"]).contrast.median()
    assert middle.idxmax() == (frequency, turn * 22.5)


@pytest.mark.parametrize("frequency", [4, 8, 16])
def test_energy_of_a_matching_grating_is_amplitude_times_sd_times_root_two_pi(frequency):
    energy = gabor_energy(grating(frequency, 45, 1.0)[None])[0]
    c = gabor_channels()
    inner = (c.frequency == frequency) & (c.orientation == 45)
    reach = 2.2 * envelope_sd(frequency, 1)
    inner &= c.x.between(reach, 1 - reach) & c.y.between(reach, 1 - reach)
    assert inner.sum() >= 1
    expected = 0.4 * envelope_sd(frequency, 1) * np.sqrt(2 * np.pi)
    np.testing.assert_allclose(energy[inner], expected, rtol=0.02)


@pytest.mark.parametrize("frequency", [4, 8, 16])
def test_energy_does_not_depend_on_the_phase(frequency):
    phases = np.linspace(0, 2 * np.pi, 13)[:-1]
    energy = gabor_energy(np.stack([grating(frequency, 22.5, p) for p in phases]))
    c = gabor_channels()
    own = (c.frequency == frequency) & (c.orientation == 22.5)
    reach = 2.2 * envelope_sd(frequency, 1)
    own &= c.x.between(reach, 1 - reach) & c.y.between(reach, 1 - reach)
    inner = energy[:, own]
    assert (inner.std(axis=0) / inner.mean(axis=0)).max() < 0.01


@pytest.mark.parametrize("bandwidth", [0.5, 0.75, 1.0])
def test_tuning_falls_to_half_at_frequencies_a_bandwidth_apart(bandwidth):
    upper = 8 * 2 * 2**bandwidth / (2**bandwidth + 1)
    lower = upper / 2**bandwidth
    images = np.stack([grating(f, 0, 0.7, size=128) for f in (lower, 8, upper)])
    energy = gabor_energy(images, frequencies=(8,), bandwidth=bandwidth)
    c = gabor_channels((8,))
    middle = c.index[(c.orientation == 0) & (c.x == 4.5 / 8) & (c.y == 4.5 / 8)]
    ratio = energy[[0, 2], middle] / energy[1, middle]
    np.testing.assert_allclose(ratio, 0.5, atol=0.02)


def test_energy_does_not_depend_on_the_number_of_pixels():
    small = gabor_energy(grating(4, 0, 0.1, 64)[None], frequencies=(2, 4))
    large = gabor_energy(grating(4, 0, 0.1, 256)[None], frequencies=(2, 4))
    np.testing.assert_allclose(small, large, atol=2e-3 * large.max())


def test_a_picture_without_contrast_has_no_energy_at_all():
    flat = np.full((3, 64, 64, 3), 130, dtype=np.uint8)
    assert (gabor_energy(flat) == 0).all()


def test_brightness_added_and_contrast_reversed_change_nothing():
    image = np.random.default_rng(2).uniform(0.3, 0.6, (1, 64, 64))
    energy = gabor_energy(image)
    np.testing.assert_allclose(gabor_energy(image + 0.3), energy, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(gabor_energy(1 - image), energy, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(gabor_energy(0.5 * image), 0.5 * energy, rtol=1e-5, atol=1e-9)


def test_energy_moves_with_the_picture():
    image = np.full((64, 64), 0.5)
    image[16:24, 40:48] += 0.3 * grating(16, 0, 0, 64)[:8, :8]
    energy = gabor_energy(image[None])[0]
    c = gabor_channels()
    best = c.iloc[np.where(c.frequency == 16, energy, 0).argmax()]
    assert abs(best.x - 44 / 64) <= 1 / 16
    assert abs(best.y - 20 / 64) <= 1 / 16


def test_bytes_floats_and_luminance_agree(pictures):
    images = np.stack(pictures)
    from_bytes = gabor_energy(images)
    np.testing.assert_allclose(gabor_energy(images / 255.0), from_bytes, rtol=1e-5, atol=1e-9)
    grey = (images / 255.0) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(gabor_energy(grey), from_bytes, rtol=1e-5, atol=1e-9)


def test_log_floor_compresses(pictures):
    images = np.stack(pictures)
    plain = gabor_energy(images)
    np.testing.assert_allclose(
        gabor_energy(images, log_floor=0.01), np.log1p(plain / 0.01), rtol=1e-5, atol=1e-8
    )


def test_blocks_of_bounded_memory_change_nothing(pictures, monkeypatch):
    whole = gabor_energy(np.stack(pictures))
    monkeypatch.setattr("afterimage.features.gabor.GROUP_PIXELS", 2 * 64 * 64)
    np.testing.assert_allclose(gabor_energy(np.stack(pictures)), whole, rtol=1e-6, atol=1e-12)


def test_the_extractor_is_the_function(pictures):
    extractor = build("extractor", {"name": "gabor", "frequencies": [1, 4], "orientations": 4})
    np.testing.assert_array_equal(
        extractor.extract(pictures, None), gabor_energy(np.stack(pictures), (1, 4), 4)
    )


def test_default_has_2728_channels_and_kay_has_10920():
    assert build("extractor", {"name": "gabor"}).shape == (2728,)
    kay = build("extractor", {"name": "gabor", "frequencies": [1, 2, 4, 8, 16, 32]})
    assert kay.shape == (10920,)


def test_pictures_too_small_for_the_highest_frequency_are_refused():
    with pytest.raises(ShapeError, match=r"28 x 28.*16 cycles.*43 pixels") as error:
        gabor_energy(np.zeros((1, 28, 28, 3), dtype=np.uint8))
    assert len(str(error.value).splitlines()) == 2
    assert gabor_energy(np.zeros((1, 43, 43))).shape == (1, 2728)
