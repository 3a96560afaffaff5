"""ChIP-seq fragments of a sample, and of its input control."""

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.fragments import MIN_FRAGMENT, AtacSampler, Shares

CONTROL = "input"
# Illumina's TruSeq adapters (document 1000000002694), as mates 1 and 2 read them.
ADAPTERS = ("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")
# Sonicated chromatin: mean and standard deviation of a fragment's length.
_LENGTH = (200.0, 40.0)


class ChipSampler(AtacSampler):
    """Draws fragments that hold the binding site of their region, anywhere along them."""

    def ends(
        self, rng: np.random.Generator, middle: NDArray[np.int64], source: NDArray[np.int8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Half-open ends of fragments that hold the given points; shape=(n,) each, global coordinates."""
        size = np.maximum(np.rint(rng.normal(*_LENGTH, len(middle))).astype(np.int64), MIN_FRAGMENT)
        left = middle - (rng.random(len(middle)) * size).astype(np.int64)
        return left, left + size


def control_shares(shares: Shares, blacklist_loci: int) -> Shares:
    """Shares of an input control: what a sample has in regions lies anywhere instead."""
    blacklist = shares.blacklist if blacklist_loci else 0.0
    return Shares(1 - blacklist - shares.mitochondrion, blacklist, shares.mitochondrion)
