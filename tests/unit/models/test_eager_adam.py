"""Optimisers without the compiler compute what PyTorch's own do."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from afterimage.models.eager_adam import EagerAdam, EagerAdamW


def trained(optimiser: type[torch.optim.Optimizer], **settings) -> list[torch.Tensor]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 2))
    groups = [
        {"params": list(network[0].parameters()), "lr": 0.01},
        {"params": list(network[2].parameters())},
    ]
    steps = optimiser(groups, lr=0.1, **settings)
    for _ in range(20):
        steps.zero_grad(set_to_none=True)
        network(torch.randn(16, 5)).square().mean().backward()
        steps.step()
    assert all(p.requires_grad for p in network.parameters())
    return [p.detach() for p in network.parameters()]


@pytest.mark.parametrize(
    ("ours", "theirs", "settings"),
    [
        (EagerAdam, torch.optim.Adam, {"fused": True, "betas": (0.9, 0.99)}),
        (EagerAdamW, torch.optim.AdamW, {"weight_decay": 0.1}),
    ],
)
def test_the_same_weights_as_pytorch_to_the_last_bit(ours, theirs, settings):
    pairs = zip(trained(ours, **settings), trained(theirs, **settings), strict=True)
    assert all(torch.equal(mine, other) for mine, other in pairs)


def test_a_step_does_not_import_the_compiler():
    program = (
        "import sys, torch\n"
        "from afterimage.models.eager_adam import EagerAdamW\n"
        "p = torch.nn.Parameter(torch.ones(2))\n"
        "o = EagerAdamW([p], lr=0.1)\n"
        "o.zero_grad(); p.sum().backward(); o.step(); o.load_state_dict(o.state_dict())\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
