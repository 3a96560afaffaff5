"""Where the haplotypes of a cross differ, and which read pairs cover such a place.

Reads that cover no variant are the same on both haplotypes. What the aligner still finds different there is
chance: a read that it placed by dice, or lost on one of them.
"""

from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.cigar import DELETION, DIFFERENT, EQUAL, MATCH, SKIP, Cigars
from deepallele.allele.intervals import Columns, IntervalSet
from deepallele.allele.variants import MEND, Variants, scan_variants
from deepallele.errors import InputError


def read_variants(path: str | Path, contigs: dict[str, int]) -> IntervalSet:
    """Read where the haplotypes differ.

    Parameters
    ----------
    path, contigs
        As of `scan_variants`.

    Returns
    -------
    IntervalSet
        The bases of REF; for alleles of different length with that difference and one more base on both
        sides, because in repeats aligners place a gap elsewhere than the file does.

    Raises
    ------
    InputError
        As `scan_variants`, or if no variant is between the haplotypes.
    """
    parts = (_intervals(part) for part in scan_variants(path, contigs))
    variants = IntervalSet.from_parts(list(contigs.values()), parts)
    if len(variants) == 0:
        raise InputError(f"{path}: no variant tells the haplotypes apart; {MEND}")
    return variants


def _intervals(part: Variants) -> Columns:
    change = np.abs(part.alt - part.ref)
    pad = np.where(change > 0, change + 1, 0)
    return part.tid, part.start - pad, part.start + part.ref + pad


def covers_variant(a: Alignments, b: Alignments, variants: IntervalSet) -> NDArray[np.bool_]:
    """Tell which pairs cover a place where the haplotypes differ.

    Parameters
    ----------
    a, b
        The same n pairs aligned to each haplotype.
    variants
        As `read_variants` gives them.

    Returns
    -------
    NDArray[np.bool_]
        (n,): whether any alignment of any mate overlaps a variant on the reference; soft-clipped bases count
        as if they were aligned, introns (N) do not.
    """
    everywhere = np.ones(a.aligned.size, dtype=bool)
    found = _covers(a, variants, everywhere)
    # Mostly both haplotypes place a read alike, and one look is enough.
    names = ("tid", "start", "end", "clip_left", "clip_right")
    elsewhere = np.logical_or.reduce([getattr(a, name) != getattr(b, name) for name in names]).ravel()
    elsewhere |= _introns(a.cigars) | _introns(b.cigars)
    found |= _covers(b, variants, elsewhere)
    return np.logical_or.reduce(found.reshape(a.aligned.shape), axis=1)


def _introns(cigars: Cigars) -> NDArray[np.bool_]:
    """Whether each alignment has an intron; bool (records,)."""
    result = np.zeros(len(cigars.count), dtype=bool)
    skips = np.flatnonzero(cigars.code == SKIP)
    if len(skips):
        result[cigars.alignment[skips]] = True
    return result


def _covers(alignments: Alignments, variants: IntervalSet, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    result = np.zeros(alignments.aligned.size, dtype=bool)
    spliced = _introns(alignments.cigars)
    index = np.flatnonzero(wanted & alignments.lifted.ravel())
    whole = index[~spliced[index]]
    tid = alignments.tid.ravel()
    start = (alignments.start - alignments.clip_left).ravel()
    end = (alignments.end + alignments.clip_right).ravel()
    result[whole] = variants.overlaps(tid[whole], start[whole], end[whole])
    pieces = index[spliced[index]]
    if len(pieces):
        cigars = alignments.cigars.select(pieces)
        owner, begin, stop = _exons(
            cigars.word, cigars.count, start[pieces], end[pieces], alignments.start.ravel()[pieces]
        )
        hit = variants.overlaps(tid[pieces[owner]], begin, stop)
        result[pieces[owner[hit]]] = True
    return result


@njit(cache=True)
def _exons(word, count, outer_start, outer_end, start):  # type: ignore[no-untyped-def]
    """Cut alignments at their introns; gives per piece the alignment's index, start and end."""
    owner = np.empty(len(word) + len(count), dtype=np.int64)
    begin, stop = np.empty_like(owner), np.empty_like(owner)
    pieces, operation = 0, 0
    for index in range(len(count)):
        left, at = outer_start[index], start[index]
        for _ in range(count[index]):
            kind, length = word[operation] & 15, np.int64(word[operation] >> 4)
            if kind == SKIP:
                owner[pieces], begin[pieces], stop[pieces] = index, left, at
                pieces += 1
                left = at + length
            if kind in (SKIP, MATCH, EQUAL, DIFFERENT, DELETION):
                at += length
            operation += 1
        owner[pieces], begin[pieces], stop[pieces] = index, left, outer_end[index]
        pieces += 1
    return owner[:pieces], begin[:pieces], stop[:pieces]
