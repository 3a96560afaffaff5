"""ChIP-seq fragments of a sample, and of its input control."""

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.assay import Assay, Library
from deepallele.simulate.fragments import MIN_FRAGMENT, AtacSampler, Sampler, Shares
from deepallele.simulate.planting import Layout
from deepallele.simulate.settings import Settings
from deepallele.simulate.truth_tables import World

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


class ChipAssay(Assay):
    """ChIP-seq: samples, and one input control for all of them."""

    adapters = ADAPTERS
    control = CONTROL

    def __init__(self, settings: Settings, world: World, layout: Layout) -> None:
        super().__init__(settings, world, layout)
        self.sampler = self.region_sampler(ChipSampler, self.shares())
        without = control_shares(self.shares(), len(layout.blacklist))
        self._input = self.region_sampler(ChipSampler, without)

    def libraries(self) -> list[Library]:
        """The samples, then the control."""
        pairs = self.settings.control_pairs or self.settings.pairs // self.settings.samples
        return [*super().libraries(), Library(CONTROL, [pairs])]

    def sampler_of(self, library: Library) -> Sampler:
        """The control has a sampler of its own."""
        return self._input if library.sample == CONTROL else self.sampler


def control_shares(shares: Shares, blacklist_loci: int) -> Shares:
    """Shares of an input control: what a sample has in regions lies anywhere instead."""
    blacklist = shares.blacklist if blacklist_loci else 0.0
    return Shares(1 - blacklist - shares.mitochondrion, blacklist, shares.mitochondrion)
