"""Latents of a very deep VAE: against a plain transcription of the paper's equations."""

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from small_inputs import stimuli_table
from tiny_vdvae import TINY_VDVAE, vdvae_weights
from torch.nn import functional

from afterimage.contracts.errors import DataError
from afterimage.contracts.registry import build
from afterimage.features.vdvae import PIXEL_MEAN, PIXEL_SD, VdvaeConfig
from afterimage.features.vdvae_layout import parse_path
from afterimage.features.vdvae_network import empty_network

# Of each block of TINY_VDVAE: its side, and how it shrinks or what is added to it.
DOWN = [(16, 1), (16, 1), (16, 2), (8, 1), (8, 2), (4, 1), (4, 4), (1, 1)]
UP = [(1, None), (4, 1), (4, None), (8, 4), (8, None), (16, 8)]
SIZES = [3 * side**2 for side, _ in UP]


def make(weights, **changes):
    entry = {"name": "vdvae", "weights": str(weights), **TINY_VDVAE, **changes}
    extractor = build("extractor", entry)
    extractor.prepare(stimuli_table(7))
    return extractor


def oracle(weights, pictures, noise=None):
    """Return all latents, one array each, straight from named tensors."""

    def convolved(name, x):
        kernel = weights[f"{name}.weight"]
        return functional.conv2d(x, kernel, weights[f"{name}.bias"], padding=kernel.shape[-1] // 2)

    def block(name, x):
        for number in "1234":
            x = convolved(f"{name}.c{number}", 0.5 * x * (1 + torch.erf(x / 2**0.5)))
        return x

    small = [Image.fromarray(one).resize((16, 16), Image.Resampling.BILINEAR) for one in pictures]
    x = torch.tensor(np.stack([np.asarray(one) for one in small]), dtype=torch.float32)
    x = convolved("encoder.in_conv", ((x - PIXEL_MEAN) / PIXEL_SD).permute(0, 3, 1, 2))
    seen = {}
    for number, (side, down) in enumerate(DOWN):
        x = x + block(f"encoder.enc_blocks.{number}", x)
        assert x.shape[-1] == side
        n, c, h, w = x.shape
        x = x.reshape(n, c, h // down, down, w // down, down).mean(dim=(3, 5))
        seen[x.shape[-1]] = x
    state = {side: weights[f"decoder.bias_xs.{i}"] for i, side in enumerate([1, 4, 8, 16])}
    latents = []
    for number, (side, above) in enumerate(UP):
        name = f"decoder.dec_blocks.{number}"
        x = state[side].repeat(len(pictures) // len(state[side]), 1, 1, 1)
        if above is not None:
            factor = side // above
            x = x + state[above].repeat_interleave(factor, 2).repeat_interleave(factor, 3)
        statistics = block(f"{name}.enc", torch.cat([x, seen[side]], dim=1))
        z, log_sd = statistics[:, :3], statistics[:, 3:]
        if noise is not None:
            z = z + torch.exp(log_sd) * noise[number]
        latents.append(z.reshape(len(pictures), -1).numpy())
        x = x + block(f"{name}.prior", x)[:, 6:]
        x = x + convolved(f"{name}.z_proj", z)
        state[side] = x + block(f"{name}.resnet", x)
    return latents


@pytest.mark.parametrize("count", [1, 4, 6])
def test_latents_are_those_of_the_equations(count, checkpoints, pictures, stimuli):
    expected = oracle(torch.load(checkpoints["vdvae"], weights_only=True), pictures)
    extractor = make(checkpoints["vdvae"], latents=count)
    assert extractor.shape == (sum(SIZES[:count]),)
    found = extractor.extract(pictures, stimuli)
    np.testing.assert_allclose(found, np.hstack(expected[:count]), atol=1e-4, rtol=1e-4)


def test_samples_add_the_posteriors_deviation_and_reach_later_latents(
    checkpoints, pictures, stimuli
):
    sampled = make(checkpoints["vdvae"], posterior="sample", latents=6)
    noise = sampled._noise(stimuli["stimulus_id"].tolist())
    weights = torch.load(checkpoints["vdvae"], weights_only=True)
    found = sampled.extract(pictures, stimuli)
    expected = np.hstack(oracle(weights, pictures, noise))
    np.testing.assert_allclose(found, expected, atol=1e-3, rtol=1e-3)
    mean = make(checkpoints["vdvae"], latents=6).extract(pictures, stimuli)
    assert np.abs(found - mean).max() > 0.1
    drawn = np.concatenate([part.numpy().ravel() for part in noise])
    assert abs(drawn.mean()) < 0.05
    assert abs(drawn.std() - 1) < 0.05
    other = make(checkpoints["vdvae"], posterior="sample", latents=6, seed=1)
    assert np.abs(other.extract(pictures, stimuli) - found).max() > 0.1


def test_the_published_network_has_75_latents_of_which_31_hold_91168_values():
    layout = VdvaeConfig(name="vdvae", weights="x").layout()
    sizes = layout.sizes()
    assert len(sizes) == 75
    assert [sizes[:31].count(2**power) for power in (4, 8, 10, 12, 14)] == [2, 4, 8, 16, 1]
    assert build("extractor", {"name": "vdvae", "weights": "x"}).shape == (91168,)
    # Its README speaks of 125 million parameters.
    network = empty_network(layout)
    assert sum(value.numel() for value in network.parameters()) == 125_005_860
    with torch.device("meta"):
        shapes = [tuple(z.shape) for z in network.latents(torch.empty(2, 3, 64, 64), 31)]
    assert shapes[0] == (2, 16, 1, 1)
    assert shapes[-1] == (2, 16, 32, 32)
    assert sum(np.prod(shape[1:]) for shape in shapes) == 91168


def test_names_with_the_mark_of_several_devices_are_the_same_weights(
    checkpoints, tmp_path, pictures, stimuli
):
    weights = torch.load(checkpoints["vdvae"], weights_only=True)
    torch.save({f"module.{name}": value for name, value in weights.items()}, tmp_path / "m.th")
    one, other = make(checkpoints["vdvae"]), make(tmp_path / "m.th")
    np.testing.assert_array_equal(one.extract(pictures, stimuli), other.extract(pictures, stimuli))
    assert set(one.details) == {"weights_sha256"}


class Foreign:
    """What only a pickle that runs code could hold."""


def broken(tmp_path, change):
    weights = vdvae_weights()
    change(weights)
    torch.save(weights, tmp_path / "w.th")
    return tmp_path / "w.th"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("decoder.gain"), r"1 tensors are absent, such as decoder.gain"),
        (lambda w: w.update(new=torch.ones(1)), r"1 tensors are unknown, such as new"),
        (
            lambda w: w.update({"decoder.bias_xs.1": torch.ones(1, 16, 4, 5)}),
            r"1 have another shape.*expected \(1, 16, 4, 4\), found \(1, 16, 4, 5\)",
        ),
        (lambda w: w.update(x=Foreign()), r"not a file of tensors"),
        (lambda w: w.update(x=3), r"expected named tensors"),
    ],
)
def test_weights_of_another_network_are_refused_by_name(change, said, tmp_path):
    with pytest.raises(DataError, match=said) as told:
        make(broken(tmp_path, change))
    assert len(str(told.value).splitlines()) == 2


def test_a_missing_or_damaged_file_is_told_with_where_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"are not there(.|\n)*github.com/openai/vdvae"):
        make(tmp_path / "none.th")
    (tmp_path / "half.th").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(DataError, match="not a file of tensors"):
        make(tmp_path / "half.th")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"encoder": "16y2"}, "not '16y2'"),
        ({"encoder": "16x0"}, "not '16x0'"),
        ({"encoder": "16x1,8x1"}, "a block works at side 8, not 16"),
        ({"decoder": "1x1,2m1"}, "no picture of side 2"),
        ({"decoder": "4m1"}, "nothing of side 1 can be added at 4"),
        ({"latents": 7}, "'latents' of at most 6"),
        ({"width": 6}, "multiple of 4"),
    ],
)
def test_sizes_that_do_not_fit_are_configuration_errors(change, said):
    with pytest.raises(ValidationError, match=said):
        VdvaeConfig(name="vdvae", weights="x", **{**TINY_VDVAE, **change})


def test_paths_are_read_in_the_published_notation():
    steps = parse_path("64x2,64d2,32m16")
    assert [(step.side, step.down, step.above) for step in steps] == [
        (64, None, None),
        (64, None, None),
        (64, 2, None),
        (32, None, 16),
    ]
