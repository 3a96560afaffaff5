"""What reads tell: variants and splice junctions under their bases, and their place on the reference."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.fragments import Fragments
from deepallele.simulate.genome import Genome
from deepallele.simulate.variants import SecondHaplotype, Variants

_LONGEST_REPEAT = 20


class Span(NamedTuple):
    """Where fragments lie on the reference: contig index and half-open local positions, shape=(n,) each."""

    contig: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


class Templates(NamedTuple):
    """What reads are cut from: contigs of A, contigs of B with the way to them, and what differs."""

    first: Genome
    second: SecondHaplotype
    variants: Variants


class Informative(NamedTuple):
    """Where a read of one haplotype tells each variant; a read [s, e) does if s <= last and e > first."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]


def informative_positions(
    genome: Genome, second: SecondHaplotype, variants: Variants
) -> tuple[Informative, Informative]:
    """Per haplotype, the first difference right of each variant's start and the last one left of its end.

    Bases of an indel that repeat their surroundings do not tell the haplotypes apart, so a read must reach
    past them.

    Returns
    -------
    tuple
        For A and B: global haplotype positions, each array sorted by itself, shape=(variants,), int64.
    """
    a, b = genome.codes, second.genome.codes
    start_a, start_b = variants.pos, second.variant_start
    end_a, end_b = start_a + variants.ref_length - 1, start_b + variants.alt_length - 1
    right = _run(a, b, start_a, start_b, 1)
    left = _run(a, b, end_a, end_b, -1)
    return (
        Informative(np.sort(start_a + right), np.sort(end_a - left)),
        Informative(np.sort(start_b + right), np.sort(end_b - left)),
    )


def _run(
    a: NDArray[np.uint8], b: NDArray[np.uint8], at_a: NDArray[np.int64], at_b: NDArray[np.int64], step: int
) -> NDArray[np.int64]:
    """Number of equal bases from the two starts on, at most 20."""
    length = np.zeros(len(at_a), dtype=np.int64)
    equal = np.ones(len(at_a), dtype=bool)
    for i in range(_LONGEST_REPEAT):
        equal &= a[at_a + step * i] == b[at_b + step * i]
        length += equal
    return length


def count_informative(
    fragments: Fragments,
    positions: tuple[Informative, Informative],
    read_length: int,
    single: bool = False,
) -> NDArray[np.int64]:
    """Number of variants the bases of each pair tell, or of its mate 1 where `single`; shape=(n,).

    What both mates cover is counted once.
    """
    counted = np.zeros(len(fragments.start), dtype=np.int64)
    for side, place in enumerate(positions):
        rows = np.flatnonzero(fragments.haplotype == side)
        start, end = fragments.start[rows], fragments.end[rows]
        reach = np.minimum(end - start, read_length)
        first = _told(place, start, start + reach)
        second = _told(place, end - reach, end)
        both = _told(place, end - reach, start + reach)
        alone = np.where(fragments.reverse[rows], second, first)
        counted[rows] = alone if single else first + second - both
    return counted


def _told(place: Informative, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.maximum(np.searchsorted(place.first, end) - np.searchsorted(place.last, start), 0)


def crosses_junction(
    fragments: Fragments,
    junctions: tuple[NDArray[np.int64], NDArray[np.int64]],
    read_length: int,
    single: bool = False,
) -> NDArray[np.bool_]:
    """Whether a mate of each pair, or its mate 1 where `single`, has bases on both sides of a splice.

    `junctions` holds, for A and B, the sorted positions of the first base behind each splice. The result has
    shape=(n,).
    """
    crosses = np.zeros(len(fragments.start), dtype=bool)
    for side, place in enumerate(junctions):
        rows = np.flatnonzero(fragments.haplotype == side)
        start, end = fragments.start[rows], fragments.end[rows]
        reach = np.minimum(end - start, read_length)
        first, second = (
            np.searchsorted(place, stop) > np.searchsorted(place, begin, side="right")
            for begin, stop in ((start, start + reach), (end - reach, end))
        )
        crosses[rows] = np.where(fragments.reverse[rows], second, first) if single else first | second
    return crosses


def reference_ends(
    fragments: Fragments, second: SecondHaplotype
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last base of each fragment in global coordinates of A."""
    first, last = fragments.start.copy(), fragments.end - 1
    rows = np.flatnonzero(fragments.haplotype == 1)
    first[rows] = second.to_reference(first[rows], following=True)
    last[rows] = second.to_reference(last[rows], following=False)
    return first, last


def local_span(genome: Genome, first: NDArray[np.int64], last: NDArray[np.int64]) -> Span:
    """Contig and half-open local span of global first and last bases."""
    contig = genome.contig_of(first)
    return Span(contig, first - genome.offset[contig], last + 1 - genome.offset[contig])
