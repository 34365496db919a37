"""Adam and AdamW of PyTorch, without the import of its compiler.

PyTorch wraps the methods of an optimiser for ``torch.compile``; the wrappers import the compiler,
four seconds of work, when the first one is called. Nothing here is compiled, so the methods
themselves are taken. What they compute is the same to the last bit.
"""

from inspect import unwrap

import torch


class _Eager:
    """Methods of ``torch.optim.Adam`` without their wrappers; set before it in the bases."""

    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = unwrap(torch.optim.Optimizer.load_state_dict)
    step = torch.no_grad()(unwrap(torch.optim.Adam.step))


class EagerAdam(_Eager, torch.optim.Adam):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980)."""


class EagerAdamW(_Eager, torch.optim.AdamW):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""
