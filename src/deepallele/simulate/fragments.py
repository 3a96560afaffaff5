"""Fragments: how many from where, their ends (ATAC-seq), and duplicates."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.genome import END_GAP, Genome
from deepallele.simulate.planting import BLACKLIST_LENGTH

# chrM fragments are background as far as the truth table goes.
SOURCES = ("region", "background", "blacklist", "background")
# Tn5 cuts the strands 9 bp apart and both ends are filled in, so a fragment is 4 + 5 bp longer than the
# distance of the two insertion centres (Buenrostro et al. 2013).
_FILL_LEFT, _FILL_RIGHT = 4, 5
MIN_FRAGMENT = 38
# share, mean and sd of the distance of insertion centres: nucleosome-free, one, and two nucleosomes
_LENGTHS = ((0.66, 75.0, 18.0), (0.29, 190.0, 18.0), (0.05, 375.0, 22.0))
_CENTRE_SD = (42.0, 75.0, 90.0)
_MARGIN = 40


class Fragments(NamedTuple):
    """Fragments, arrays of shape=(n,): haplotype 0 or 1, global haplotype coordinates, mate 1's strand.

    `cell` is the droplet of each fragment, in single-cell assays only.
    """

    haplotype: NDArray[np.int8]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    source: NDArray[np.int8]
    reverse: NDArray[np.bool_]
    duplicate: NDArray[np.bool_]
    cell: NDArray[np.int64] | None = None

    def take(self, rows: NDArray[np.int64]) -> "Fragments":
        """The fragments of these rows, in this order."""
        return Fragments(
            self.haplotype[rows],
            self.start[rows],
            self.end[rows],
            self.source[rows],
            self.reverse[rows],
            self.duplicate[rows],
            None if self.cell is None else self.cell[rows],
        )


def join(parts: Sequence[Fragments]) -> Fragments:
    """All fragments of the parts, one part behind the other; their droplets are lost."""
    return Fragments(
        *(np.concatenate(columns) for columns in zip(*(part[:6] for part in parts), strict=True))
    )


def with_duplicates(rng: np.random.Generator, distinct: Fragments, duplicates: int) -> Fragments:
    """Add copies of random fragments, and put all in random order."""
    count = len(distinct.start)
    rows = np.concatenate([np.arange(count), rng.integers(0, count, duplicates)])
    order = rng.permutation(count + duplicates)
    return distinct.take(rows[order])._replace(duplicate=order >= count)


class Shares(NamedTuple):
    """Shares of the distinct fragments that do not come from regions."""

    background: float
    blacklist: float
    mitochondrion: float


class Sampler(ABC):
    """Draws the fragments of one sample."""

    def sample(
        self, rng: np.random.Generator, weight: NDArray[np.float64], pairs: int, duplicates: int
    ) -> Fragments:
        """Draw `pairs` fragments, `duplicates` of them copies of others, in random order.

        Parameters
        ----------
        weight
            shape=(regions, 2): proportional to the expected number of fragments of each region and haplotype.
        """
        return with_duplicates(rng, self.distinct(rng, weight, pairs - duplicates), duplicates)

    @abstractmethod
    def distinct(self, rng: np.random.Generator, weight: NDArray[np.float64], count: int) -> Fragments:
        """Draw `count` fragments, none a copy; `weight` as in `sample`."""


class AtacSampler(Sampler):
    """Draws fragments between two cuts near a summit, and elsewhere."""

    def __init__(
        self,
        haplotypes: tuple[Genome, Genome],
        centres: NDArray[np.int64],
        blacklist: NDArray[np.int64],
        shares: Shares,
    ) -> None:
        """Set what is the same for all samples.

        Parameters
        ----------
        haplotypes
            Genomes of A and B.
        centres
            shape=(regions, 2): summit in each haplotype's own global coordinates.
        blacklist
            shape=(loci, 2): start of each blacklist locus, likewise.
        """
        self._haplotypes = haplotypes
        self._centres = centres
        self._blacklist = blacklist
        self._shares = shares

    def distinct(self, rng: np.random.Generator, weight: NDArray[np.float64], count: int) -> Fragments:
        """Draw fragments of regions, of the background, of the blacklist and of chrM."""
        haplotype, source, middle = self._middles(rng, weight, count)
        start, end = self._keep_inside(haplotype, middle, *self.ends(rng, middle, source))
        reverse = rng.random(count) < 0.5
        return Fragments(haplotype, start, end, source, reverse, np.zeros(count, dtype=bool))

    def ends(
        self, rng: np.random.Generator, middle: NDArray[np.int64], source: NDArray[np.int8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Half-open ends of fragments around the given points; shape=(n,) each, global coordinates."""
        kind = rng.choice(len(_LENGTHS), len(middle), p=[share for share, _, _ in _LENGTHS])
        size = rng.normal(np.array(_LENGTHS)[kind, 1], np.array(_LENGTHS)[kind, 2])
        size = np.maximum(np.rint(size).astype(np.int64), MIN_FRAGMENT - _FILL_LEFT - _FILL_RIGHT)
        spread = rng.normal(0.0, np.array(_CENTRE_SD)[kind]) * (source == 0)
        left = middle + np.rint(spread).astype(np.int64) - size // 2
        return left - _FILL_LEFT, left + size + _FILL_RIGHT

    def _middles(
        self, rng: np.random.Generator, weight: NDArray[np.float64], count: int
    ) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int64]]:
        """Haplotype, source and the point around which each fragment lies."""
        background, blacklist, mitochondrion = self._shares
        if not len(self._blacklist):
            blacklist = 0.0
        in_regions = max(1 - background - blacklist - mitochondrion, 0.0)
        numbers = rng.multinomial(count, [in_regions, background, blacklist, mitochondrion])
        per_cell = rng.multinomial(numbers[0], (weight / weight.sum()).ravel())
        cell = np.repeat(np.arange(weight.size), per_cell)
        haplotype = [cell % 2]
        middle = [self._centres.reshape(-1)[cell]]
        for source in (1, 2, 3):
            side = (
                rng.integers(0, 2, numbers[source])
                if source < 3
                else np.zeros(numbers[source], dtype=np.int64)
            )
            haplotype.append(side)
            middle.append(self._elsewhere(rng, source, side))
        origin = np.repeat(np.arange(4, dtype=np.int8), numbers)
        return np.concatenate(haplotype).astype(np.int8), origin, np.concatenate(middle)

    def _elsewhere(self, rng: np.random.Generator, source: int, side: NDArray[np.int64]) -> NDArray[np.int64]:
        draw = rng.random(len(side))
        if source == 2:
            locus = rng.integers(0, max(len(self._blacklist), 1), len(side))
            return self._blacklist[locus, side] + 200 + (draw * (BLACKLIST_LENGTH - 400)).astype(np.int64)
        nuclear_end = np.array([genome.offset[-2] for genome in self._haplotypes])[side]
        if source == 1:
            return (draw * nuclear_end).astype(np.int64)
        length = self._haplotypes[0].offset[-1] - nuclear_end
        return nuclear_end + (draw * length).astype(np.int64)

    def _keep_inside(
        self,
        haplotype: NDArray[np.int8],
        middle: NDArray[np.int64],
        start: NDArray[np.int64],
        end: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Shift fragments that would reach over a chromosome's end or into its gap of N."""
        shift = np.zeros(len(start), dtype=np.int64)
        for side, genome in enumerate(self._haplotypes):
            rows = np.flatnonzero(haplotype == side)
            contig = genome.contig_of(middle[rows])
            gap = np.where(contig == len(genome.names) - 1, 0, END_GAP) + _MARGIN
            low, high = genome.offset[contig] + gap, genome.offset[contig + 1] - gap
            shift[rows] = np.maximum(low - start[rows], 0) - np.maximum(end[rows] - high, 0)
        return start + shift, end + shift
