"""The symmetric InfoNCE loss for stimuli that are shown more than once."""

import torch
from torch.nn.functional import cross_entropy


def info_nce(logits: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of finding each row's partner, in both directions.

    L = -1/2n sum_i [log softmax_j(s_ij)_i + log softmax_j(s_ji)_i]. Another repetition of the
    same stimulus is no wrong answer: its logit is left out of the sums.

    Parameters
    ----------
    logits : Tensor, shape (n, n)
        Scaled similarity of prediction i and target j.
    groups : Tensor of int, shape (n,)
        The stimulus of each row.

    References
    ----------
    van den Oord, Li & Vinyals (2018), arXiv:1807.03748, equation 4;
    Radford et al. (2021), arXiv:2103.00020, figure 3, for the symmetric form.
    """
    same = groups[:, None] == groups[None, :]
    same.fill_diagonal_(False)
    logits = logits.masked_fill(same, -torch.inf)
    own = torch.arange(len(groups), device=logits.device)
    return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
