"""Which of a pair's two alignments places it where the comparison of the haplotypes does not decide."""

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments


def overlap(a: Alignments, b: Alignments) -> NDArray[np.bool_]:
    """Tell which of n pairs lie at overlapping places of the reference by both alignments; bool (n,)."""
    return (
        (a.tid[:, 0] == b.tid[:, 0])
        & (a.start.min(axis=1) < b.end.max(axis=1))
        & (b.start.min(axis=1) < a.end.max(axis=1))
    )


def second_is_better(
    a: Alignments, b: Alignments, accepted: NDArray[np.bool_], usable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Prefer one of the alignments by their content only, never by which haplotype is first.

    An alignment is preferred that is usable, then one that is accepted, then the likelier, then the
    leftmost on the reference.

    Parameters
    ----------
    a, b
        The same n pairs aligned to each haplotype.
    accepted, usable
        bool (2, n): alignments of A and of B.

    Returns
    -------
    NDArray[np.bool_]
        (n,): whether B's alignment is preferred.
    """
    keys = [
        (~usable[0], ~usable[1]),
        (~accepted[0], ~accepted[1]),
        (-a.log_likelihood.sum(axis=1), -b.log_likelihood.sum(axis=1)),
    ]
    for mate in range(a.tid.shape[1]):
        for name in ("tid", "start", "end", "reverse", "clip_left"):
            keys.append((getattr(a, name)[:, mate], getattr(b, name)[:, mate]))
    second, open_ = np.zeros(len(a.tid), dtype=bool), np.ones(len(a.tid), dtype=bool)
    for of_a, of_b in keys:
        second |= open_ & (of_b < of_a)
        open_ &= of_a == of_b
    # Same ends, but the gaps may lie elsewhere between them.
    index = np.flatnonzero(open_)
    second[index] = _cigar_key(b, index) < _cigar_key(a, index)
    return second


def _cigar_key(alignments: Alignments, pairs: NDArray[np.int64]) -> NDArray[np.uint64]:
    mates = alignments.tid.shape[1]
    index = (pairs[:, None] * mates + np.arange(mates)).ravel()
    cigars = alignments.cigars.select(index)
    place = np.arange(len(cigars.word), dtype=np.int64) - cigars.first[cigars.alignment]
    # A polynomial with fixed odd multipliers modulo 2**64; wraps on purpose.
    power = np.uint64(0x9E3779B97F4A7C15) ** (place + 1).astype(np.uint64)
    term = (power * cigars.word.astype(np.uint64)).view(np.int64)
    each = cigars.total(term).view(np.uint64).reshape(-1, mates)
    key: NDArray[np.uint64] = (each * np.array([1, 0xC2B2AE3D27D4EB4F][:mates], dtype=np.uint64)).sum(axis=1)
    return key
