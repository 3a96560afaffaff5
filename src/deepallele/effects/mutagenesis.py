"""Exact in silico mutagenesis of both haplotypes."""

import torch
from torch import Tensor, nn

from deepallele.effects.batch import batch_size
from deepallele.model.encode import one_hot

CPU_BATCH = 16


@torch.inference_mode()
def mutate_all(model: nn.Module, codes: Tensor) -> Tensor:
    """Change of the log ratio by every single-base substitution.

    Parameters
    ----------
    model
        Pair network in evaluation mode.
    codes
        uint8 (n, 2, L), base codes, on the model's device.

    Returns
    -------
    Tensor
        float32 (n, 2, 4, L), log2: prediction with the base there minus prediction of the pair as it
        is; 0 for the base that is there.
    """
    return torch.stack([_mutate_pair(model, pair) for pair in codes])


def _mutate_pair(model: nn.Module, pair: Tensor) -> Tensor:
    haplotypes, length = pair.shape
    change = torch.zeros(haplotypes, 4, length, device=pair.device)
    base = torch.arange(4, dtype=pair.dtype, device=pair.device)[None, :, None]
    others = (pair[:, None] != base).nonzero()
    unchanged = model(one_hot(pair[None])).log_ratio
    for batch in others.split(batch_size(pair.device, CPU_BATCH)):
        haplotype, new, position = batch.unbind(1)
        mutants = pair.repeat(len(batch), 1, 1)
        mutants[torch.arange(len(batch), device=pair.device), haplotype, position] = new.to(pair.dtype)
        change[haplotype, new, position] = model(one_hot(mutants)).log_ratio - unchanged
    return change
