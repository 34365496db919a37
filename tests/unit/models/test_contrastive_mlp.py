"""The contrastive network: loss, gradients, checkpoints, early stopping."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from model_rows import MemoryRows, in_memory

from afterimage.contracts.errors import ConfigError
from afterimage.contracts.modelfiles import load_tensors, save_tensors

torch = pytest.importorskip("torch")

from afterimage.models import contrastive_training as module  # noqa: E402
from afterimage.models.checkpoint import NAME  # noqa: E402
from afterimage.models.contrastive_mlp import ContrastiveMlp, ContrastiveMlpConfig  # noqa: E402
from afterimage.models.contrastive_training import ContrastiveNetwork, adamw  # noqa: E402
from afterimage.models.infonce import info_nce  # noqa: E402
from afterimage.models.torch_state import load_moments, moments_of  # noqa: E402

CONFIG = ContrastiveMlpConfig(name="contrastive_mlp", hidden=16, epochs=6, batch_size=16)


def same_state(left, right):
    return all(left[key].tobytes() == right[key].tobytes() for key in left)


def test_the_loss_equals_a_loop_that_skips_repetitions():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(6, 6))
    groups = np.array([0, 1, 0, 2, 3, 1])
    total = 0.0
    for scores in (logits, logits.T):
        for i in range(6):
            rivals = [j for j in range(6) if j == i or groups[j] != groups[i]]
            total -= scores[i, i] - np.log(np.exp(scores[i, rivals]).sum())
    loss = info_nce(torch.from_numpy(logits), torch.from_numpy(groups))
    np.testing.assert_allclose(float(loss), total / 12)


def test_every_parameter_receives_a_gradient():
    torch.manual_seed(0)
    network = ContrastiveNetwork(12, 4, CONFIG)
    x, y, groups = torch.randn(8, 12), torch.randn(8, 4), torch.arange(8) % 5
    network.loss(x, y, groups).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_only_matrices_decay():
    torch.manual_seed(0)
    network = ContrastiveNetwork(12, 4, CONFIG)
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    optimiser = adamw(network, CONFIG)
    for weight in network.parameters():
        weight.grad = torch.zeros_like(weight)  # nothing moves but by decay
    optimiser.step()
    for name, weight in network.named_parameters():
        kept = 1 - CONFIG.learning_rate * CONFIG.weight_decay if weight.ndim > 1 else 1
        torch.testing.assert_close(weight.detach(), kept * before[name], msg=name)


def test_an_optimiser_that_took_over_the_moments_of_another_makes_the_same_step(tmp_path):
    torch.manual_seed(0)
    networks = [ContrastiveNetwork(12, 4, CONFIG) for _ in range(2)]
    optimisers = [adamw(network, CONFIG) for network in networks]
    x, y, groups = torch.randn(8, 12), torch.randn(8, 4), torch.arange(8)

    def step(network, optimiser):
        network.eval()
        optimiser.zero_grad()
        network.loss(x, y, groups).backward()
        optimiser.step()

    for _ in range(3):
        step(networks[0], optimisers[0])
    save_tensors(tmp_path / "moments.safetensors", moments_of(optimisers[0]))
    networks[1].load_state_dict(networks[0].state_dict())
    load_moments(optimisers[1], load_tensors(tmp_path / "moments.safetensors"))
    for network, optimiser in zip(networks, optimisers, strict=True):
        step(network, optimiser)
    for left, right in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(left, right)


def test_an_interrupted_training_resumes_to_the_same_bytes(work, monkeypatch, tmp_path):
    data = in_memory()
    whole = ContrastiveMlp(CONFIG, seed=1).fit(data, tmp_path / "whole")
    save = module.save_checkpoint

    def dying(*arguments):
        save(*arguments)
        if arguments[3].epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "save_checkpoint", dying)
    with pytest.raises(KeyboardInterrupt):
        ContrastiveMlp(CONFIG, seed=1).fit(data, work)
    monkeypatch.setattr(module, "save_checkpoint", save)
    epochs = []
    original = module.Training._epoch
    monkeypatch.setattr(
        module.Training,
        "_epoch",
        lambda self, *rest: (epochs.append(rest[-1]), original(self, *rest))[1],
    )
    resumed = ContrastiveMlp(CONFIG, seed=1).fit(data, work)
    assert epochs == [3, 4, 5]
    assert same_state(whole.state(), resumed.state())
    assert whole.card() == resumed.card()


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from afterimage.models import contrastive_training as module
from afterimage.models.contrastive_mlp import ContrastiveMlp, ContrastiveMlpConfig
from model_rows import in_memory
save = module.save_checkpoint
def dying(*arguments):
    save(*arguments)
    if arguments[3].epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
module.save_checkpoint = dying
config = ContrastiveMlpConfig(name="contrastive_mlp", hidden=16, epochs=6, batch_size=16)
module.torch.set_num_threads(1)
ContrastiveMlp(config, seed=1).fit(in_memory(), Path(sys.argv[1]))
"""


def test_a_killed_process_leaves_a_checkpoint_that_leads_to_the_same_bytes(work, tmp_path):
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(work), here], capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert load_tensors(work / NAME)["counts"][0] == 2
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    data = in_memory()
    resumed = ContrastiveMlp(CONFIG, seed=1).fit(data, work)
    whole = ContrastiveMlp(CONFIG, seed=1).fit(data, tmp_path / "whole")
    torch.set_num_threads(threads)
    assert same_state(whole.state(), resumed.state())


def test_a_checkpoint_of_another_fit_is_not_taken_up(work, tmp_path):
    ContrastiveMlp(CONFIG, seed=1).fit(in_memory(seed=5), work)
    fresh = ContrastiveMlp(CONFIG, seed=1).fit(in_memory(), tmp_path / "fresh")
    other = ContrastiveMlp(CONFIG, seed=1).fit(in_memory(), work)
    assert same_state(fresh.state(), other.state())


def test_training_leaves_torchs_random_state_alone(work):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    ContrastiveMlp(CONFIG).fit(in_memory(), work)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_deterministic_debug_mode() == 0


def test_it_stops_early_and_keeps_the_best_epoch(work):
    config = ContrastiveMlpConfig(
        name="contrastive_mlp", hidden=16, epochs=50, patience=2, learning_rate=0.3
    )
    card = ContrastiveMlp(config).fit(in_memory().shuffled(1), work).card()
    assert card["epochs"] < 50
    assert card["epochs"] == card["best_epoch"] + 2
    assert card["validation_loss"] == min(card["validation_losses"])


def test_it_identifies_held_out_stimuli_better_than_chance(work):
    data = in_memory(stimuli=200, p=40, q=8, sizes=(2,))
    config = ContrastiveMlpConfig(name="contrastive_mlp", hidden=32, epochs=30)
    model = ContrastiveMlp(config, seed=0).fit(data, work)
    fresh = data.validation
    predicted, true = model.predict(fresh.x) - data.y.mean(0), fresh.y - data.y.mean(0)
    predicted /= np.linalg.norm(predicted, axis=1, keepdims=True)
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    found = fresh.groups[(predicted @ true.T).argmax(axis=1)]
    assert (found == fresh.groups).mean() >= 0.9


def test_predictions_are_in_the_unit_of_the_targets(work):
    from afterimage.models.training import TrainingData

    data = in_memory()
    y = 50 * data.y + 1000
    y[:, 1] = 7.0
    scaled = TrainingData(MemoryRows(data.x), MemoryRows(y), data.groups, "y", data.validation)
    model = ContrastiveMlp(CONFIG).fit(scaled, work)
    away = model.predict(data.x) - y.mean(axis=0)
    lengths = np.linalg.norm(away, axis=1)
    first, _ = scaled.first_rows()
    expected = np.linalg.norm(y[first] - y.mean(axis=0), axis=1).mean()
    np.testing.assert_allclose(lengths, expected, rtol=1e-3)


def test_a_missing_gpu_is_a_configuration_error(work):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match="CUDA"):
        ContrastiveMlp(CONFIG, device="cuda").fit(in_memory(), work)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_restored_model_predicts_on_a_gpu_as_on_the_processor(work):
    data = in_memory()
    model = ContrastiveMlp(CONFIG, 1).fit(data, work)
    restored = ContrastiveMlp.restore(CONFIG, model.state(), device="cuda")
    torch.cuda.reset_peak_memory_stats()
    np.testing.assert_allclose(restored.predict(data.x), model.predict(data.x), atol=1e-4)
    assert torch.cuda.max_memory_allocated() > 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_trains_to_the_same_bytes_twice(work, tmp_path):
    data = in_memory()
    fits = [ContrastiveMlp(CONFIG, 1, "cuda").fit(data, tmp_path / str(i)) for i in range(2)]
    assert same_state(fits[0].state(), fits[1].state())
