"""Contribution of every base to the log ratio under one model: DeepLIFT, gradient, exact mutagenesis."""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tangermeme.deep_lift_shap import deep_lift_shap
from tangermeme.utils import TangermemeWarning
from torch import Tensor, nn

from deepallele.effects.batch import batch_size
from deepallele.effects.mutagenesis import mutate_all
from deepallele.model.encode import one_hot, reverse_complement_codes

CPU_BATCH = 32


class Contributions(NamedTuple):
    """Contributions to the predicted log ratio of n regions.

    Attributes
    ----------
    hypothetical
        float32 (n, 2, 4, L), log2. What each base would contribute to its OWN haplotype's side of the
        log ratio (haplotype B's sign is turned: positive raises B). The four bases of a position sum to
        0; all are 0 where the haplotype has none of A, C, G, T. The contribution of the base present is
        hypothetical x one-hot.
    delta
        float64 (n,), log2: |sum of the contributions - (prediction - prediction of the reference)|, the
        larger of both strands; NaN where the method makes no such promise.
    difference
        float64 (n,), log2: prediction minus prediction of the reference, of the strand with the larger
        delta; NaN like delta.
    """

    hypothetical: NDArray[np.float32]
    delta: NDArray[np.float64]
    difference: NDArray[np.float64]


class LogRatioOnly(nn.Module):
    """A pair model with both haplotypes along the length, (n, 4, 2L) -> log ratio (n, 1).

    tangermeme stacks [inputs; references] along the batch; the pair model folds haplotypes into the
    batch with the haplotype inner, so input and reference of every row stay half a batch apart.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.outputs: list[Tensor] = []

    def forward(self, sequence: Tensor) -> Tensor:
        """Log2(A/B), (n, 1)."""
        log_ratio = self.model(_unfold(sequence)).log_ratio[:, None]
        self.outputs.append(log_ratio.detach())
        return log_ratio


def contributions(model: nn.Module, codes: NDArray[np.uint8], method: str) -> Contributions:
    """Contributions under one model, averaged over both strands.

    Parameters
    ----------
    model
        Pair network in evaluation mode, on the device to be used.
    codes
        uint8 (n, 2, L), base codes.
    method
        "deeplift": DeepLIFT's rescale rule (Shrikumar et al., ICML 2017) against 0.25 of each base;
        "gradient": gradient with the mean over the bases taken off (Majdandzic et al., Genome Biol. 2023);
        "ism": prediction with each base minus prediction with the base present, zero-sum.

    Returns
    -------
    Contributions
        In the order of `codes`.
    """
    device = next(model.parameters()).device
    forward = torch.as_tensor(codes, device=device)
    parts = [_METHODS[method](model, strand) for strand in (forward, reverse_complement_codes(forward))]
    # The reverse complement turns both the bases and the positions round.
    multipliers = (parts[0][0] + parts[1][0].flip((-2, -1))) / 2
    delta, difference = (np.stack([part[i].double().cpu().numpy() for part in parts]) for i in (1, 2))
    worse = np.argmax(delta, axis=0)[None]
    return Contributions(
        _own_side(multipliers.cpu().numpy(), codes),
        np.take_along_axis(delta, worse, axis=0)[0],
        np.take_along_axis(difference, worse, axis=0)[0],
    )


def _own_side(multipliers: NDArray[np.float32], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    hypothetical = multipliers - multipliers.mean(axis=2, keepdims=True)
    hypothetical[:, 1] *= -1
    return np.where((codes < 4)[:, :, None], hypothetical, np.float32(0))


def _deeplift(model: nn.Module, codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # tangermeme gives back the mode it found: in training mode, the model would be left in it.
    wrapped = LogRatioOnly(model).eval()
    sequence = _fold(one_hot(codes))
    with warnings.catch_warnings():
        # Unknown bases are all zeros on purpose; the deltas are checked by the caller.
        warnings.simplefilter("ignore", TangermemeWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        multipliers = deep_lift_shap(
            wrapped,
            sequence,
            references=_uniform,
            n_shuffles=1,
            batch_size=batch_size(codes.device, CPU_BATCH),
            raw_outputs=True,
            only_warn=True,
            device=codes.device,
        )[:, 0].to(codes.device)
    halves = [output.squeeze(1).double().chunk(2) for output in wrapped.outputs]
    difference = torch.cat([first - second for first, second in halves])
    centred = multipliers.double() - multipliers.double().mean(dim=1, keepdim=True)
    total = (centred * sequence).sum(dim=(1, 2))
    return _unfold(multipliers), (total - difference).abs(), difference


def _gradient(model: nn.Module, codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    parts = []
    for batch in codes.split(batch_size(codes.device, CPU_BATCH)):
        sequence = one_hot(batch).requires_grad_()
        parts.append(torch.autograd.grad(model(sequence).log_ratio.sum(), sequence)[0])
    return torch.cat(parts), *_no_promise(codes)


def _ism(model: nn.Module, codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return mutate_all(model, codes), *_no_promise(codes)


def _no_promise(codes: Tensor) -> tuple[Tensor, Tensor]:
    unknown = torch.full((len(codes),), torch.nan)
    return unknown, unknown


def _uniform(sequence: Tensor, n: int = 1) -> Tensor:
    # 0 where the base is unknown: reference and input are then the same, and nothing is attributed.
    return (sequence.sum(dim=1, keepdim=True) / 4).expand_as(sequence)[:, None]


def _fold(sequence: Tensor) -> Tensor:
    """Pairs (n, 2, 4, L) to (n, 4, 2L)."""
    return sequence.transpose(1, 2).flatten(2)


def _unfold(sequence: Tensor) -> Tensor:
    """(n, 4, 2L) to pairs (n, 2, 4, L)."""
    return sequence.unflatten(2, (2, -1)).transpose(1, 2)


_METHODS: dict[str, Callable[[nn.Module, Tensor], tuple[Tensor, Tensor, Tensor]]] = {
    "deeplift": _deeplift,
    "gradient": _gradient,
    "ism": _ism,
}
METHODS = tuple(_METHODS)
