from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.registry import build
from afterimage.generate import vae_apply, vae_training
from afterimage.generate.vae_network import Vae as Network
from afterimage.generate.vae_training import Schedule, augment, loss, train_vae
from afterimage.models.determinism import deterministic

QUICK = Schedule(
    steps=6,
    batch_size=4,
    learning_rate=1e-3,
    linear_learning_rate=3e-4,
    kl_weight=1e-4,
    mirror=True,
    smallest_zoom=0.8,
    checkpoint_every=2,
)


def settings(**changes):
    return {"name": "vae", "latents": 8, "width": 8, "steps": 120, "batch_size": 16, **changes}


def as_tensor(pictures):
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2) / np.float32(255))


def mean_squared_error(pictures, truth):
    return np.square((pictures / 255.0) - (truth / 255.0)).mean()


@pytest.fixture(scope="module")
def fitted(draw_pictures, tmp_path_factory):
    """An autoencoder trained on toy pictures, and held-out toy pictures."""
    training, test = draw_pictures(150, 16, 16, seed=0), draw_pictures(40, 16, 16, seed=1)
    generator = build("generator", settings(steps=400), seed=5)
    tensors = generator.fit(list(training), tmp_path_factory.mktemp("work"))
    return generator, tensors, training, test


def test_before_training_it_is_the_pca_of_scikit_learn(draw_pictures):
    training, test = draw_pictures(40, 12, 12, seed=0), draw_pictures(9, 12, 12, seed=1)
    network = Network.from_pictures(training, latents=7, width=4)
    pca = PCA(7, svd_solver="full").fit(training.reshape(40, -1) / 255.0)
    expected = pca.inverse_transform(pca.transform(test.reshape(9, -1) / 255.0))
    with torch.no_grad():
        latents, _ = network.encode(as_tensor(test))
        made = network.decode(latents).permute(0, 2, 3, 1).flatten(1)
        of_training, _ = network.encode(as_tensor(training))
    np.testing.assert_allclose(made, expected, atol=1e-5)
    np.testing.assert_allclose(of_training.std(dim=0, correction=0), 1.0, rtol=1e-4)


def test_every_parameter_receives_a_gradient_after_two_steps(draw_pictures, tmp_path):
    """At the first step the layers behind a zero-initialised one get none."""
    training = draw_pictures(12, 12, 12, seed=0)
    schedule = replace(QUICK, steps=2)
    network = train_vae(training, 5, 4, schedule, seed=0, work=tmp_path)
    network.zero_grad()
    noise = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    loss(network, as_tensor(training), noise, 1e-4).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_divergence_is_that_of_torch_distributions(draw_pictures):
    pictures = draw_pictures(10, 8, 8, seed=0)
    network = Network.from_pictures(pictures, 4, 4)
    noise = torch.zeros(10, 4)
    with torch.no_grad():
        mean, log_variance = network.encode(as_tensor(pictures))
        own = loss(network, as_tensor(pictures), noise, 1.0)
        own -= loss(network, as_tensor(pictures), noise, 0.0)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(
        normal(mean, torch.exp(0.5 * log_variance)), normal(0.0, 1.0)
    ).mean()
    torch.testing.assert_close(own, expected)


def test_round_trip_of_held_out_pictures_beats_the_pca_and_the_mean_picture(fitted, pixel_context):
    generator, tensors, training, test = fitted
    latents = generator.encode(list(test), tensors)
    context = pixel_context(training, gallery_values=latents[:1], tensors=tensors)
    error = mean_squared_error(generator.generate(latents, context), test)
    pca = PCA(8).fit(training.reshape(len(training), -1))
    compressed = pca.inverse_transform(pca.transform(test.reshape(len(test), -1)))
    assert error <= mean_squared_error(compressed.reshape(test.shape), test)
    assert error < 0.3 * mean_squared_error(training.mean(axis=0), test)


def test_noisy_shrunk_latents_beat_the_mean_picture_and_matching_restores_contrast(
    fitted, pixel_context
):
    generator, tensors, training, test = fitted
    rng = np.random.default_rng(0)

    def decoded(pictures):
        latents = generator.encode(list(pictures), tensors)
        return 0.6 * (0.6 * latents + 0.48 * rng.standard_normal(latents.shape))

    values = generator.encode(list(training), tensors)
    context = pixel_context(training, gallery_values=values, tensors=tensors)
    brain = decoded(test)
    pale = generator.generate(brain, context)
    matched = generator.generate(brain, replace(context, decoded_training=decoded(training)))
    assert mean_squared_error(pale, test) < mean_squared_error(training.mean(axis=0), test)
    assert pale.std(axis=0).mean() < matched.std(axis=0).mean() < 1.2 * test.std(axis=0).mean()


def test_a_stopped_training_goes_on_to_the_same_bits(draw_pictures, tmp_path, monkeypatch):
    training = draw_pictures(12, 12, 12, seed=0)
    whole = train_vae(training, 5, 4, QUICK, seed=0, work=tmp_path / "whole").tensors()
    drawn = []
    draw = vae_training._draw

    def stop_at_the_sixth(*arguments):
        drawn.append(1)
        if len(drawn) == 6:
            raise KeyboardInterrupt
        return draw(*arguments)

    monkeypatch.setattr(vae_training, "_draw", stop_at_the_sixth)
    with pytest.raises(KeyboardInterrupt):
        train_vae(training, 5, 4, QUICK, seed=0, work=tmp_path / "cut")
    assert load_tensors(tmp_path / "cut/vae.safetensors")["step"] == 4
    resumed = train_vae(training, 5, 4, QUICK, seed=0, work=tmp_path / "cut").tensors()
    assert len(drawn) == 8  # the fifth and sixth step, nothing before
    assert {k: v.tobytes() for k, v in whole.items()} == {
        k: v.tobytes() for k, v in resumed.items()
    }


@pytest.mark.parametrize("what", ["pictures", "seed", "schedule"])
def test_a_checkpoint_of_another_training_is_not_used(draw_pictures, tmp_path, what):
    pictures, seed, schedule = draw_pictures(12, 12, 12, seed=0), 0, QUICK
    train_vae(pictures, 5, 4, schedule, seed, tmp_path / "shared")
    if what == "pictures":
        pictures = draw_pictures(12, 12, 12, seed=1)
    elif what == "seed":
        seed = 1
    else:
        schedule = replace(QUICK, kl_weight=1e-3)
    after_other = train_vae(pictures, 5, 4, schedule, seed, tmp_path / "shared").tensors()
    fresh = train_vae(pictures, 5, 4, schedule, seed, tmp_path / "fresh").tensors()
    for name, values in fresh.items():
        np.testing.assert_array_equal(values, after_other[name])


def test_a_finished_training_is_not_repeated(draw_pictures, tmp_path, monkeypatch):
    training = draw_pictures(12, 12, 12, seed=0)
    schedule = replace(QUICK, steps=5)
    first = train_vae(training, 5, 4, schedule, seed=0, work=tmp_path).tensors()
    monkeypatch.setattr(vae_training, "_draw", None)
    again = train_vae(training, 5, 4, schedule, seed=0, work=tmp_path).tensors()
    np.testing.assert_array_equal(first["synthesis"], again["synthesis"])


@pytest.mark.parametrize("shape", [(28, 28), (30, 22), (64, 64), (7, 9)])
def test_pictures_of_any_size_pass(draw_pictures, pixel_context, tmp_path, shape):
    pictures = draw_pictures(14, *shape, seed=0)
    generator = build("generator", settings(steps=2, latents=5))
    tensors = generator.fit(list(pictures), tmp_path)
    latents = generator.encode(list(pictures), tensors)
    context = pixel_context(pictures, gallery_values=latents, tensors=tensors)
    assert generator.generate(latents, context).shape == (14, *shape, 3)


def test_grey_digits_stay_nearly_grey(draw_pictures, pixel_context, tmp_path):
    grey = np.repeat(draw_pictures(40, 28, 28, seed=0)[..., :1], 3, axis=3)
    generator = build("generator", settings(steps=30, mirror=False))
    tensors = generator.fit(list(grey), tmp_path)
    latents = generator.encode(list(grey), tensors)
    context = pixel_context(grey, gallery_values=latents, tensors=tensors)
    made = generator.generate(latents, context).astype(int)
    assert np.abs(made - made.mean(axis=3, keepdims=True)).mean() < 4


def test_large_pictures_are_reduced_to_the_wanted_side(draw_pictures, tmp_path):
    generator = build("generator", settings(steps=1, side=16))
    tensors = generator.fit(list(draw_pictures(12, 40, 60, seed=0)), tmp_path)
    assert tensors["image_shape"].tolist() == [16, 16]


def test_pictures_are_enlarged_to_the_size_of_the_stimuli(draw_pictures, pixel_context, tmp_path):
    pictures = draw_pictures(12, 40, 60, seed=0)
    generator = build("generator", settings(steps=1, side=16))
    tensors = generator.fit(list(pictures), tmp_path)
    latents = generator.encode(list(pictures[:2]), tensors)
    context = pixel_context(pictures, gallery_values=latents, tensors=tensors)
    assert generator.generate(latents, context).shape == (2, 40, 60, 3)


def test_more_latents_than_the_pictures_have_dimensions_are_refused(draw_pictures, tmp_path):
    generator = build("generator", settings(latents=12))
    with pytest.raises(ConfigError, match="vary in only 11 dimensions") as error:
        generator.fit(list(draw_pictures(12, 12, 12, seed=0)), tmp_path)
    assert "latents <= 11" in str(error.value)


def test_a_fold_without_pictures_or_weights_is_refused(draw_pictures, pixel_context, tmp_path):
    generator = build("generator", settings())
    with pytest.raises(DataError, match="no training picture"):
        generator.fit([], tmp_path)
    context = pixel_context(draw_pictures(2, 8, 8, seed=0), gallery_values=np.zeros((2, 8)))
    with pytest.raises(DataError, match="no trained weights for fold 0"):
        generator.generate(np.zeros((1, 8)), context)


def test_sections_are_the_whole_without_zoom_and_mirror(draw_pictures):
    pictures = as_tensor(draw_pictures(5, 10, 14, seed=0))
    same = augment(pictures, False, 1.0, torch.Generator().manual_seed(0))
    torch.testing.assert_close(same, pictures, atol=1e-5, rtol=0)


def test_mirroring_shows_each_picture_or_its_mirror_image(draw_pictures):
    pictures = as_tensor(draw_pictures(20, 10, 14, seed=0))
    varied = augment(pictures, True, 1.0, torch.Generator().manual_seed(0))
    straight = (varied - pictures).abs().amax(dim=(1, 2, 3)) < 1e-5
    mirrored = (varied - pictures.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-5
    assert (straight | mirrored).all()
    assert 4 < mirrored.sum() < 16


def test_sections_lie_inside_the_picture(draw_pictures):
    """A picture of its own column numbers shows which columns a section has."""
    columns = torch.linspace(0, 1, 50).expand(200, 3, 50, 50).contiguous()
    varied = augment(columns, True, 0.8, torch.Generator().manual_seed(0))
    extent = varied.amax(dim=(1, 2, 3)) - varied.amin(dim=(1, 2, 3))
    assert extent.min() > 0.77
    assert extent.max() <= 1
    assert varied.amin(dim=(1, 2, 3)).max() > 0.1  # shifted, not only centred


def test_settings_of_torch_are_put_back():
    before = torch.are_deterministic_algorithms_enabled()

    def fail():
        with deterministic(torch.device("cpu")):
            assert torch.are_deterministic_algorithms_enabled()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert torch.are_deterministic_algorithms_enabled() == before


def test_batches_of_encoding_do_not_show(draw_pictures, tmp_path, monkeypatch):
    pictures = list(draw_pictures(14, 8, 8, seed=0))
    generator = build("generator", settings(steps=2, latents=5))
    tensors = generator.fit(pictures, tmp_path)
    whole = generator.encode(pictures, tensors)
    monkeypatch.setattr(vae_apply, "BATCH", 3)
    np.testing.assert_allclose(generator.encode(pictures, tensors), whole, atol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_the_cpu(draw_pictures, tmp_path):
    pictures = list(draw_pictures(40, 16, 16, seed=0))
    latents = {}
    for device in ("cpu", "cuda"):
        generator = build("generator", settings(steps=40), device=device)
        tensors = generator.fit(pictures, tmp_path / device)
        latents[device] = generator.encode(pictures, tensors)
    np.testing.assert_allclose(latents["cpu"], latents["cuda"], atol=0.05)
