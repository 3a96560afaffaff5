"""Windows in which one variant carries the other haplotype's allele."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.genome.fasta import encode


class Alleles(NamedTuple):
    """Alleles one after the other.

    Attributes
    ----------
    codes
        uint8, base codes of all alleles.
    start, length
        int64 (v,), where each allele begins in `codes`, and its number of bases.
    """

    codes: NDArray[np.uint8]
    start: NDArray[np.int64]
    length: NDArray[np.int64]


def encode_alleles(alleles: pd.Series) -> Alleles:
    """Base codes (A0 C1 G2 T3 other 4) of a column of allele strings."""
    length: NDArray[np.int64] = np.asarray(alleles.str.len(), dtype=np.int64)
    codes = encode("".join(alleles))
    start: NDArray[np.int64] = np.cumsum(length, dtype=np.int64) - length
    return Alleles(codes, start, length)


def new_offset(
    offset: NDArray[np.int64],
    length: NDArray[np.int64],
    other_offset: NDArray[np.int64],
    other_length: NDArray[np.int64],
    centre: int,
    reverse: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Where the exchanged allele begins in a window that stays anchored at its centre base.

    Alleles of equal length stay in place. An allele from the centre base on stays in place, so that
    the right edge of the window moves. An allele that ends before the centre keeps its end in place,
    so that the left edge moves. Where the centre base lies inside the allele, of this haplotype or of
    the other, the centre of the other haplotype's own window says which base of the other allele is the
    centre: the allele begins where it begins in that window. In windows read on the minus strand all of this
    holds in the direction of the reference, in which alleles of unequal length share their first base.

    Parameters
    ----------
    offset, length
        int64 (v,), the replaced allele in its haplotype's window.
    other_offset, other_length
        int64 (v,), the allele put in, in the other haplotype's window.
    centre
        Offset of the centre base, the same in both windows.
    reverse
        bool (v,), variants of windows read on the minus strand; None: none is.

    Returns
    -------
    NDArray[np.int64]
        (v,), offset in the edited window.
    """
    if reverse is not None and reverse.any():
        mirrored = 2 * centre - (offset + length - 1), 2 * centre - (other_offset + other_length - 1)
        forward = new_offset(mirrored[0], length, mirrored[1], other_length, centre)
        turned = 2 * centre - (forward + other_length - 1)
        return np.where(reverse, turned, new_offset(offset, length, other_offset, other_length, centre))
    before = offset + length <= centre
    after = offset >= centre
    inside_other = (other_offset < centre) & (centre < other_offset + other_length)
    shifted = np.where(before & ~inside_other, offset + length - other_length, other_offset)
    return np.where((length == other_length) | after, offset, shifted)


def holds_alleles(
    extended: NDArray[np.uint8],
    flank: int,
    row: NDArray[np.int64],
    offset: NDArray[np.int64],
    alleles: Alleles,
) -> NDArray[np.bool_]:
    """Whether each allele is what the haplotype's sequence has at its place.

    Parameters
    ----------
    extended
        uint8 (r, L + 2 flank), windows of one haplotype with `flank` bases on either side.
    flank
        Bases on either side.
    row, offset
        int64 (v,), row in `extended` and offset in the window, of each allele.
    alleles
        The v alleles.
    """
    which = np.repeat(np.arange(len(row)), alleles.length)
    position = (
        np.arange(len(alleles.codes)) - np.repeat(alleles.start, alleles.length) + offset[which] + flank
    )
    inside = (position >= 0) & (position < extended.shape[1])
    seen = extended[row[which], np.clip(position, 0, extended.shape[1] - 1)]
    wrong = which[~inside | (seen != alleles.codes)]
    return np.bincount(wrong, minlength=len(row)) == 0


def put_alleles(
    extended: NDArray[np.uint8],
    flank: int,
    row: NDArray[np.int64],
    offset: NDArray[np.int64],
    length: NDArray[np.int64],
    place: NDArray[np.int64],
    alleles: Alleles,
) -> NDArray[np.uint8]:
    """Cut the windows in which one allele is replaced; one window per variant.

    Parameters
    ----------
    extended
        uint8 (r, L + 2 flank), windows of one haplotype with `flank` bases on either side. `flank` must
        be at least twice the longest allele and reach over all alleles; where no length changes and all
        alleles are inside, 0 will do.
    flank
        Bases on either side.
    row
        int64 (v,), row in `extended` of each variant.
    offset, length
        int64 (v,), the replaced allele in the window.
    place
        int64 (v,), where the new allele begins in the edited window (`new_offset`).
    alleles
        The v new alleles.

    Returns
    -------
    NDArray[np.uint8]
        (v, L).
    """
    size = extended.shape[1] - 2 * flank
    position = np.arange(size)[None]
    begin, end = place[:, None], (place + alleles.length)[:, None]
    source = (
        flank
        + position
        + np.where(position < begin, offset[:, None] - begin, (offset + length)[:, None] - end)
    )
    kept = extended[row[:, None], np.clip(source, 0, extended.shape[1] - 1)]
    if len(alleles.codes) == 0:
        return kept
    inserted = alleles.start[:, None] + position - begin
    new = alleles.codes[np.clip(inserted, 0, len(alleles.codes) - 1)]
    return np.where((position >= begin) & (position < end), new, kept)
