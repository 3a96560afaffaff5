"""Lift alignments from a haplotype to the reference, bases and gaps exact."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import Header
from deepallele.allele.cigar import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Cigars, segments
from deepallele.errors import InputError


class CoordinateMap(Protocol):
    """What is needed of a `deepallele.genome.haplotype_map.HaplotypeMap`."""

    @property
    def contigs(self) -> list[str]:
        """Names of the contigs."""
        ...

    def reference_length(self, contig: str) -> int:
        """Length of a contig of the reference."""
        ...

    def haplotype_length(self, contig: str) -> int:
        """Length of a contig of the haplotype."""
        ...

    def blocks(self, contig: str) -> NDArray[np.int64]:
        """Ungapped blocks (n, 3): reference start, haplotype start, length."""
        ...


@dataclass(frozen=True)
class Lifted:
    """Alignments on the reference; arrays are (n,).

    Attributes
    ----------
    tid
        Index of the reference contig; -1 where no base of the read has a partner on the reference.
    start, end
        int64, 0-based half-open.
    clip_left, clip_right
        int64, soft-clipped bases on either side.
    cigars
        The new operations.
    """

    tid: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    clip_left: NDArray[np.int64]
    clip_right: NDArray[np.int64]
    cigars: Cigars


class Lift:
    """Lift of alignments to one haplotype; built once, used for every chunk.

    Parameters
    ----------
    coordinate_map
        Map between the reference and the haplotype.
    header
        Header of the BAM with the alignments.
    contigs
        Contigs of the reference and their lengths (bases), in the order of the output.
    source
        What error messages call the BAM.

    Raises
    ------
    InputError
        If a contig of the BAM is not on the reference or in the map, or has another length there.
    """

    def __init__(
        self, coordinate_map: CoordinateMap, header: Header, contigs: dict[str, int], source: str
    ) -> None:
        known = {contig: index for index, contig in enumerate(contigs)}
        mapped = set(coordinate_map.contigs)
        for contig, length in zip(header.contigs, header.lengths, strict=True):
            if contig not in known:
                raise InputError(f"{source}: contig {contig!r} is not in the reference's .fai")
            if contig not in mapped:
                raise InputError(f"{source}: contig {contig!r} is not in the haplotype's chain")
            _check_length(coordinate_map.haplotype_length(contig), int(length), contig, source, "the BAM")
            _check_length(
                coordinate_map.reference_length(contig), contigs[contig], contig, source, "the .fai"
            )
        self._tid = np.array([known[contig] for contig in header.contigs], dtype=np.int64)
        # One axis for all contigs, so that one search serves all reads.
        self._offset = np.cumsum(header.lengths) - header.lengths
        blocks = [coordinate_map.blocks(contig) for contig in header.contigs]
        owner = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
        table = np.concatenate([np.zeros((0, 3), dtype=np.int64), *blocks])
        keep = table[:, 2] > 0
        self._reference = table[keep, 0]
        self._begin = table[keep, 1] + self._offset[owner[keep]]
        self._end = self._begin + table[keep, 2]

    def __call__(
        self,
        tid: NDArray[np.int32],
        pos: NDArray[np.int32],
        cigars: Cigars,
        read_length: NDArray[np.int32],
    ) -> Lifted:
        """Lift n alignments; those with tid -1 or without operations (unaligned) get tid -1.

        Parameters
        ----------
        tid, pos
            (n,): contig of the BAM and 0-based position of the first aligned base.
        cigars
            Operations on the haplotype.
        read_length
            (n,): bases of each read, soft clips included.

        Returns
        -------
        Lifted
            A base pair survives if the haplotype's base has a partner on the reference. Other
            bases of the read become insertions, or soft clips at the ends; reference bases that the
            haplotype lacks become deletions, or introns (N) where the alignment had one.
        """
        aligned = (tid >= 0) & (cigars.count > 0)
        begin = np.where(aligned, self._offset[tid] + pos, 0)
        end = begin + cigars.span()
        block = np.searchsorted(self._begin, begin, side="right") - 1
        inside = aligned & (block >= 0) & (end <= self._end[block])
        start = np.where(inside, self._reference[block] + begin - self._begin[block], 0)
        lifted_tid = np.where(inside, self._tid[tid], -1)
        stop = start + cigars.span()
        index = np.flatnonzero(aligned & ~inside)
        if len(index) == 0:
            return Lifted(lifted_tid, start, stop, *cigars.clips(), cigars)
        found, slow_start, slow_end, slow = self._compose(
            begin[index], cigars.select(index), read_length[index].astype(np.int64)
        )
        lifted_tid[index[found]] = self._tid[tid[index[found]]]
        start[index], stop[index] = slow_start, slow_end
        both = Cigars(np.concatenate([cigars.word, slow.word]), np.concatenate([cigars.count, slow.count]))
        source = np.arange(len(tid))
        source[index] = len(tid) + np.arange(len(index))
        new = both.select(source)
        return Lifted(lifted_tid, start, stop, *new.clips(), new)

    def positions(
        self, tid: NDArray[np.int64], position: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lift single bases.

        Parameters
        ----------
        tid, position
            (n,): contig of the BAM and 0-based position on the haplotype.

        Returns
        -------
        tid, position
            int64 (n,): index of the reference contig, and 0-based position; -1 where the reference lacks
            the base.
        """
        place = self._offset[tid] + position
        block = np.searchsorted(self._begin, place, side="right") - 1
        inside = (block >= 0) & (place < self._end[block])
        lifted = np.where(inside, self._reference[block] + place - self._begin[block], -1)
        return self._tid[tid], lifted

    def _compose(
        self, begin: NDArray[np.int64], cigars: Cigars, read_length: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], Cigars]:
        # Cut every ungapped stretch of the alignment at the borders of the map's blocks ...
        stretch = segments(cigars)
        low = begin[stretch.alignment] + stretch.target
        high = low + stretch.length
        first = np.searchsorted(self._end, low, side="right")
        count = np.maximum(np.searchsorted(self._begin, high, side="left") - first, 0)
        piece = np.repeat(np.arange(len(low)), count)
        block = np.arange(len(piece)) + np.repeat(first - (np.cumsum(count) - count), count)
        left = np.maximum(low[piece], self._begin[block])
        right = np.minimum(high[piece], self._end[block])
        query = stretch.query[piece] + left - low[piece]
        target = self._reference[block] + left - self._begin[block]
        # ... and write down what lies between neighbouring pieces.
        return _operations(
            stretch.alignment[piece], query, target, right - left, stretch.introns[piece], read_length
        )


def _check_length(mapped: int, length: int, contig: str, source: str, other: str) -> None:
    if mapped != length:
        raise InputError(
            f"{source}: contig {contig!r} has {mapped} bases in the haplotype's chain, but {length} in"
            f" {other}; align to the genome that the chain was made with"
        )


def _operations(
    alignment: NDArray[np.int64],
    query: NDArray[np.int64],
    target: NDArray[np.int64],
    length: NDArray[np.int64],
    introns: NDArray[np.int64],
    read_length: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], Cigars]:
    number = len(read_length)
    is_first = np.diff(alignment, prepend=-1) != 0
    is_last = np.diff(alignment, append=number) != 0
    inserted = query - np.roll(query + length, 1)
    skipped = target - np.roll(target + length, 1)
    spliced = introns != np.roll(introns, 1)
    inserted[is_first], skipped[is_first], spliced[is_first] = query[is_first], 0, False
    # Two pieces that touch on read and reference are one stretch.
    opens = is_first | (inserted > 0) | (skipped > 0)
    run = np.cumsum(opens) - 1
    amount = np.zeros((int(opens.sum()), 4), dtype=np.int64)
    amount[:, 0], amount[:, 1] = inserted[opens], skipped[opens]
    amount[:, 2] = np.bincount(run, weights=length).astype(np.int64) if len(run) else 0
    amount[run[is_last], 3] = (read_length[alignment] - query - length)[is_last]
    code = np.empty_like(amount)
    code[:, 0] = np.where(is_first[opens], SOFT_CLIP, INSERTION)
    code[:, 1] = np.where(spliced[opens], SKIP, DELETION)
    code[:, 2:] = [MATCH, SOFT_CLIP]
    present = amount > 0
    owner = np.repeat(alignment[opens], 4).reshape(-1, 4)[present]
    cigars = Cigars((amount << 4 | code)[present].astype(np.uint32), np.bincount(owner, minlength=number))
    found = np.zeros(number, dtype=bool)
    start, end = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    found[alignment[is_first]] = True
    start[alignment[is_first]] = target[is_first]
    end[alignment[is_last]] = (target + length)[is_last]
    return found, start, end, cigars
