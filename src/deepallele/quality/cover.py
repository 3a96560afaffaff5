"""Which variants each read covers, and the base it shows there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.allele.cigar import INSERTION, SOFT_CLIP, Cigars, Segments
from deepallele.quality.variants import ContigVariants, Kind

# BAM's code of a base (a bit per letter) as A0 C1 G2 T3, anything else 4.
CODE_OF_NIBBLE = np.full(16, 4, dtype=np.uint8)
CODE_OF_NIBBLE[[1, 2, 4, 8]] = [0, 1, 2, 3]
NO_BASE = 4


@dataclass(frozen=True)
class Hits:
    """Pairs of record and variant (h of them) where the record covers the variant.

    Attributes
    ----------
    record, variant
        int64 (h,): indices.
    base
        uint8 (h,): base of the read at a SNP, codes A0 C1 G2 T3; 4 where there is none.
    quality
        uint8 (h,): its base quality (Phred).
    """

    record: NDArray[np.int64]
    variant: NDArray[np.int64]
    base: NDArray[np.uint8]
    quality: NDArray[np.uint8]


def find_hits(
    records: Records,
    stretch: Segments,
    reach: NDArray[np.int64],
    mate: tuple[NDArray[np.int64], NDArray[np.int64]],
    variants: ContigVariants,
) -> Hits:
    """Find the variants that each record covers and its earlier mate does not.

    A record covers a base substitution if it spans its bases, and an indel if it spans the anchor and goes
    on behind it, without an intron in between; a gap of the read counts as covered.

    Parameters
    ----------
    records
        n records of one contig.
    stretch
        Their ungapped stretches.
    reach
        int64 (n,): how far each record reaches, see `reaches`.
    mate
        int64 (n,) each: where the earlier mate ends, and how far it reaches; below 1 where there is none.
        What that mate covers is not counted again.
    variants
        Variants of the contig.
    """
    owner, begin, end, last = _exons(records, stretch)
    further = np.where(last, reach[owner], end)
    first = np.searchsorted(variants.start, begin, side="left")
    number = np.searchsorted(variants.start, end, side="left") - first
    exon = np.repeat(np.arange(len(owner)), number)
    variant = first[exon] + np.arange(len(exon)) - np.repeat(np.cumsum(number) - number, number)
    # Only of an indel do bases tell that are not aligned, as those of an insertion that a read ends in.
    stop, anchored, of = variants.stop[variant], variants.anchored[variant], owner[exon]
    kept = stop <= np.where(anchored, further[exon], end[exon])
    kept &= stop > np.where(anchored, mate[1][of], mate[0][of])
    record, variant = owner[exon[kept]], variant[kept]
    base = np.full(len(record), NO_BASE, dtype=np.uint8)
    quality = np.zeros(len(record), dtype=np.uint8)
    snp = np.flatnonzero(variants.kind[variant] == Kind.SNP)
    base[snp], quality[snp] = _bases(records, stretch, record[snp], variants.start[variant[snp]])
    return Hits(record, variant, base, quality)


def reaches(cigars: Cigars, end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give where each alignment ends (exclusive); one base further where it goes on with other bases.

    A read that ends within an insertion has its last bases inserted or clipped.

    Parameters
    ----------
    cigars
        Of n alignments.
    end
        int64 (n,): where they end on the reference.
    """
    last = np.maximum(cigars.first + cigars.count - 1, 0)
    code = cigars.code[last] if len(cigars.word) else np.zeros(len(end), dtype=np.uint32)
    return end + (np.isin(code, (INSERTION, SOFT_CLIP)) & (cigars.count > 0))


def _exons(
    records: Records, stretch: Segments
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Join the stretches of a record that no intron parts.

    Gives record, start and end on the contig, and whether it is the record's last.
    """
    new = np.ones(len(stretch.alignment), dtype=bool)
    new[1:] = (stretch.alignment[1:] != stretch.alignment[:-1]) | (
        stretch.introns[1:] != stretch.introns[:-1]
    )
    opens = np.flatnonzero(new)
    closes = np.append(opens[1:], len(new))[: len(opens)] - 1
    owner = stretch.alignment[opens]
    position = records.fixed["pos"].astype(np.int64)[owner]
    end = position + stretch.target[closes] + stretch.length[closes]
    return (
        owner,
        position + stretch.target[opens],
        end,
        np.append(owner[1:] != owner[:-1], True)[: len(owner)],
    )


def _bases(
    records: Records, stretch: Segments, record: NDArray[np.int64], position: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    offset = position - records.fixed["pos"][record]
    key = (stretch.alignment << 32) + stretch.target
    index = np.searchsorted(key, (record << 32) + offset, side="right") - 1
    within = offset - stretch.target[index]
    inside = within < stretch.length[index]
    query = np.where(inside, stretch.query[index] + within, 0)
    packed = records.data[records.sequence_start[record] + query // 2]
    base = CODE_OF_NIBBLE[np.where(query % 2 == 0, packed >> 4, packed & 15)]
    quality = records.data[records.quality_start[record] + query]
    return np.where(inside, base, NO_BASE).astype(np.uint8), np.where(inside, quality, 0).astype(np.uint8)
