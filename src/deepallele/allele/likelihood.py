"""Log likelihood of each read given its alignment to a haplotype.

Only what tells two haplotypes apart is summed: relative to a read whose every base matches,

- a mismatch at a base with error probability e costs log(e / 3) - log(1 - e), Phred scores capped at 40
  because no base call is safer than the library's preparation;
- a gap costs log(5e-6), about the rate of indel errors of Illumina machines, and log(0.1) per further base;
- a base that is soft-clipped, or lies on a base that the haplotype does not know (N), is explained
  by chance, log(1/4);
- an unknown base of the read (N) says nothing and costs nothing;
- an unaligned read is explained by chance altogether: log(1/4) per base, which is worse than any
  alignment that bowtie2 reports in its end-to-end modes.
"""

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import UNMAPPED, Records, gather
from deepallele.allele.cigar import DELETION, INSERTION, SOFT_CLIP, Cigars, segments
from deepallele.allele.tags import Tags
from deepallele.errors import InputError

LOG_CHANCE = float(np.log(0.25))
LOG_GAP_OPEN = float(np.log(5e-6))
LOG_GAP_EXTEND = float(np.log(0.1))
BEST_PHRED = 40
UNKNOWN_PHRED = 30  # where the BAM holds no base qualities (255)

_NO_QUALITY = 255
_READ_N = 15


def _tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    phred = np.minimum(np.arange(256), BEST_PHRED).astype(np.float64)
    phred[_NO_QUALITY] = UNKNOWN_PHRED
    # An error probability above 3/4 would make a mismatch better than chance.
    error = np.minimum(10.0 ** (-phred / 10), 0.75)
    return np.log(error / 3) - np.log1p(-error), LOG_CHANCE - np.log1p(-error)


_MISMATCH, _BY_CHANCE = _tables()
_IS_BASE = np.isin(np.arange(256), [ord(base) for base in "ACGT"])


def log_likelihood(records: Records, cigars: Cigars, tags: Tags) -> NDArray[np.float64]:
    """Natural log likelihood of each read, relative to a read without any difference; float64 (n,).

    Raises
    ------
    InputError
        If an aligned read has no MD field, or one that does not fit its CIGAR.
    """
    aligned = (records.fixed["flag"] & UNMAPPED) == 0
    lacking = np.flatnonzero(aligned & (tags.md_length < 1))
    if len(lacking):
        raise InputError(
            f"read {records.name(int(lacking[0]))}: no MD field, which tells mismatches;"
            " align with bowtie2, or add it with samtools calmd"
        )
    length = records.fixed["length"].astype(np.float64)
    log = np.where(aligned, 0.0, length * LOG_CHANCE)
    log += _mismatch_terms(records, cigars, tags, aligned)
    log += _gap_terms(cigars)
    return log


def _sum_by(group: NDArray[np.int64], term: NDArray[np.float64], groups: int) -> NDArray[np.float64]:
    # bincount adds in order, so equal alignments get equal sums to the last bit.
    return np.bincount(group, weights=term, minlength=groups).astype(np.float64)


def _gap_terms(cigars: Cigars) -> NDArray[np.float64]:
    gap = (cigars.code == INSERTION) | (cigars.code == DELETION)
    term = np.where(gap, LOG_GAP_OPEN + (cigars.length - 1) * LOG_GAP_EXTEND, 0.0)
    term[cigars.code == SOFT_CLIP] = cigars.length[cigars.code == SOFT_CLIP] * LOG_CHANCE
    return _sum_by(cigars.alignment, term, len(cigars.count))


def _mismatch_terms(
    records: Records, cigars: Cigars, tags: Tags, aligned: NDArray[np.bool_]
) -> NDArray[np.float64]:
    read, offset, letter = mismatches(records.data, tags, aligned)
    query = _query_offset(records, cigars, read, offset)
    quality = records.data[records.quality_start[read] + query]
    packed = records.data[records.sequence_start[read] + query // 2]
    base = np.where(query % 2 == 0, packed >> 4, packed & 15)
    term = np.where(_IS_BASE[letter], _MISMATCH[quality], _BY_CHANCE[quality])
    term[base == _READ_N] = 0.0
    return _sum_by(read, term, len(records))


def mismatches(
    data: NDArray[np.uint8], tags: Tags, aligned: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Parse the MD fields of the aligned records.

    Returns
    -------
    record, offset, letter
        (mismatches,): index of the record, number of aligned bases (no insertions, no clips) before the
        mismatch, and the haplotype's letter there.
    """
    length = np.where(aligned, tags.md_length, 0)
    text = gather(data, tags.md_start, length)
    record = np.repeat(np.arange(len(length)), length)
    digit = (text >= ord("0")) & (text <= ord("9"))
    # Before a mismatch there is always a number; the letters of a deletion follow ^ or each other.
    letter = np.flatnonzero(~digit & (text != ord("^")))
    letter = letter[digit[letter - 1]]
    place = np.flatnonzero(digit)
    stop = np.sort(np.concatenate([np.flatnonzero(~digit), np.cumsum(length)]))
    power = stop[np.searchsorted(stop, place, side="right")] - 1 - place
    advance = np.zeros(len(text), dtype=np.int64)
    advance[place] = (text[place].astype(np.int64) - ord("0")) * 10**power
    advance[letter] = 1
    before = np.cumsum(advance) - advance
    first = np.cumsum(length) - length
    return record[letter], before[letter] - before[first[record[letter]]], text[letter]


def _query_offset(
    records: Records, cigars: Cigars, read: NDArray[np.int64], offset: NDArray[np.int64]
) -> NDArray[np.int64]:
    stretch = segments(cigars)
    key = (stretch.alignment << 32) + stretch.aligned
    index = np.searchsorted(key, (read << 32) + offset, side="right") - 1
    within = offset - stretch.aligned[index]
    wrong = np.flatnonzero((stretch.alignment[index] != read) | (within >= stretch.length[index]))
    if len(wrong):
        raise InputError(f"read {records.name(int(read[wrong[0]]))}: the MD field does not fit the CIGAR")
    return stretch.query[index] + within
