"""CIGAR operations of many alignments as flat arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.allele.layout import gather

MATCH, INSERTION, DELETION, SKIP, SOFT_CLIP, HARD_CLIP, PADDING, EQUAL, DIFFERENT = range(9)

_IS_MATCH = np.isin(np.arange(16), [MATCH, EQUAL, DIFFERENT])
_USES_QUERY = _IS_MATCH | np.isin(np.arange(16), [INSERTION, SOFT_CLIP])
_USES_TARGET = _IS_MATCH | np.isin(np.arange(16), [DELETION, SKIP])


@dataclass(frozen=True)
class Cigars:
    """Operations of n alignments, one after the other.

    Attributes
    ----------
    word
        uint32 (operations,): length << 4 | operation, as in BAM.
    count
        int64 (n,): number of operations of each alignment.
    """

    word: NDArray[np.uint32]
    count: NDArray[np.int64]

    @cached_property
    def code(self) -> NDArray[np.uint32]:
        """Kind of each operation."""
        return self.word & np.uint32(15)

    @cached_property
    def length(self) -> NDArray[np.int64]:
        """Length of each operation in bases."""
        return (self.word >> np.uint32(4)).astype(np.int64)

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """Index of each alignment's first operation."""
        return np.cumsum(self.count) - self.count

    @cached_property
    def alignment(self) -> NDArray[np.int64]:
        """Alignment of each operation."""
        return np.repeat(np.arange(len(self.count)), self.count)

    def before(self, amount: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of `amount` (operations,) over the earlier operations of the same alignment."""
        running = np.cumsum(amount) - amount
        return running - np.repeat(running[self.first[self.count > 0]], self.count[self.count > 0])

    def total(self, amount: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of `amount` (operations,) over each alignment; int64 (n,)."""
        running = np.concatenate([[0], np.cumsum(amount)])
        return running[self.first + self.count] - running[self.first]

    def span(self) -> NDArray[np.int64]:
        """Bases of the genome from the first to the last aligned one; int64 (n,)."""
        return self.total(np.where(_USES_TARGET[self.code], self.length, 0))

    def select(self, index: NDArray[np.int64]) -> "Cigars":
        """Give the operations of the alignments `index` (k,), in that order."""
        count = self.count[index]
        words = gather(self.word.view(np.uint8), 4 * self.first[index], 4 * count)
        return Cigars(words.view(np.uint32), count)

    def clips(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Soft-clipped bases on the left and on the right side; two int64 (n,)."""
        clip = np.where(self.code == SOFT_CLIP, self.length, 0)
        past_match = self.before(_IS_MATCH[self.code].astype(np.int64)) > 0
        return self.total(np.where(past_match, 0, clip)), self.total(np.where(past_match, clip, 0))


@dataclass(frozen=True)
class Segments:
    """Stretches of aligned base pairs without a gap, by alignment and then from left to right.

    All arrays are (segments,): the alignment's index, offset of the first base in the read (with soft
    clips), offset from the alignment's first base on the genome, number of aligned bases before,
    length, and number of introns (N) before.
    """

    alignment: NDArray[np.int64]
    query: NDArray[np.int64]
    target: NDArray[np.int64]
    aligned: NDArray[np.int64]
    length: NDArray[np.int64]
    introns: NDArray[np.int64]


def segments(cigars: Cigars) -> Segments:
    """Cut alignments into ungapped stretches."""
    match = _IS_MATCH[cigars.code]
    length = cigars.length
    return Segments(
        cigars.alignment[match],
        cigars.before(np.where(_USES_QUERY[cigars.code], length, 0))[match],
        cigars.before(np.where(_USES_TARGET[cigars.code], length, 0))[match],
        cigars.before(np.where(match, length, 0))[match],
        length[match],
        cigars.before((cigars.code == SKIP).astype(np.int64))[match],
    )


def read_cigars(records: Records) -> Cigars:
    """Take the CIGARs of a chunk of records; unaligned records have no operation."""
    count = records.fixed["cigar_count"].astype(np.int64)
    return Cigars(gather(records.data, records.cigar_start, 4 * count).view("<u4"), count)
