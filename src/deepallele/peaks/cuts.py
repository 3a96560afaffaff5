"""Tn5 cut sites of a BAM file, as the peak caller's input."""

from pathlib import Path

import numpy as np
from isal import igzip
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import REVERSE, Header, open_bam
from deepallele.allele.cigar import DELETION, DIFFERENT, EQUAL, MATCH, SKIP
from deepallele.allele.layout import CIGAR_COUNT, FIXED_SIZE, FLAG, NAME_LENGTH, POS, TID, int32, uint16
from deepallele.errors import InputError
from deepallele.files import atomic_path
from deepallele.peaks.chunks import CHUNK, SKIPPED, chunks

# Tn5 cuts the two strands 9 bases apart and both ends are filled in: the centre of the cut lies
# 4 bases inside either end of the fragment.
# Buenrostro et al. 2013, Nature Methods 10:1213, doi:10.1038/nmeth.2688.
CENTRE_OF_CUT = 4

_BEHIND = np.frombuffer(b"\t.\t0\t+\n", dtype=np.uint8)
LONGEST_NUMBER = 11
"""Characters of the largest position a BAM can hold, with the tab before it."""

_TAB, _ZERO = ord("\t"), ord("0")


def genome_size(bam: str | Path, exclude: list[str]) -> int:
    """Number of bases of the contigs in the BAM header, without the excluded ones.

    Raises
    ------
    InputError
        If no contig is left.
    """
    size = int(_kept_lengths(open_bam(bam).header, exclude).sum())
    if size == 0:
        raise InputError(f"{bam}: reference.exclude_contigs leaves no contig; shorten that list")
    return size


def _kept_lengths(header: Header, exclude: list[str]) -> NDArray[np.int64]:
    """Length of each contig, 0 where it is excluded; int64 (contigs,)."""
    return np.where([contig in set(exclude) for contig in header.contigs], 0, header.lengths)


def write_cuts(
    bam: str | Path, path: str | Path, exclude: list[str], threads: int = 1, chunk: int = CHUNK
) -> int:
    """Write the cut sites of every read as one-base BED lines, in the order of the BAM.

    Each read gives the cut at its own 5' end: both ends of a pair's fragment, one end of a
    single-end read. All lines are on the plus strand, so that a caller's shift moves all alike.
    Records are streamed: memory does not grow with their number.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM, reference coordinates.
    path
        The BED (gzip) to write: chrom start end . 0 +; 0-based half-open.
    exclude
        Contigs to leave out.
    threads
        Threads for decompression.
    chunk
        Records held at a time; changes nothing that is written.

    Returns
    -------
    int
        Number of cuts written.

    Raises
    ------
    InputError
        If there is no cut at all.
    """
    stream = open_bam(bam)
    lengths = _kept_lengths(stream.header, exclude)
    names = [name.encode() for name in stream.header.contigs]
    border = np.cumsum([0, *map(len, names)])
    name_bytes = np.frombuffer(b"".join(names), dtype=np.uint8)
    line = max(map(len, names), default=0) + 2 * LONGEST_NUMBER + len(_BEHIND)
    written = 0
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as raw,
        igzip.IGzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as out,
    ):
        for records in chunks(stream, threads, chunk):
            text = np.empty(len(records) * line, dtype=np.uint8)
            cuts, size = _format_cuts(records.data, records.start, lengths, name_bytes, border, text)
            out.write(text[:size].data)
            written += cuts
        if not written:
            raise InputError(f"{bam}: no mapped read outside the excluded contigs; no peak can be called")
    return written


@njit(cache=True, nogil=True)
def _format_cuts(data, starts, lengths, names, border, text):  # type: ignore[no-untyped-def]
    """Write the lines of a chunk's cuts into `text`; returns their number and their bytes."""
    cuts, at = 0, 0
    for record in starts:
        flag, tid = uint16(data, record + FLAG), int32(data, record + TID)
        operations = uint16(data, record + CIGAR_COUNT)
        if flag & SKIPPED != 0 or operations == 0 or tid < 0 or tid >= len(lengths):
            continue
        cut = int32(data, record + POS) + CENTRE_OF_CUT
        if flag & REVERSE:
            cut += _span(data, record, operations) - 1 - 2 * CENTRE_OF_CUT
        if cut < 0 or cut >= lengths[tid]:
            continue
        for place in range(border[tid], border[tid + 1]):
            text[at] = names[place]
            at += 1
        at = write_number(text, write_number(text, at, cut), cut + 1)
        for byte in _BEHIND:
            text[at] = byte
            at += 1
        cuts += 1
    return cuts, at


@njit(cache=True, nogil=True)
def _span(data, record, operations):  # type: ignore[no-untyped-def]
    """Bases of the reference from the first to the last aligned one."""
    span, word = 0, record + FIXED_SIZE + int(data[record + NAME_LENGTH])
    for at in range(word, word + 4 * operations, 4):
        if data[at] & 15 in (MATCH, DELETION, SKIP, EQUAL, DIFFERENT):
            span += int32(data, at) >> 4 & 0xFFFFFFF
    return span


@njit(cache=True, nogil=True)
def write_number(text, at, number):  # type: ignore[no-untyped-def]
    """Write a tab and a number; returns the offset behind it."""
    digits, rest = 1, number // 10
    while rest > 0:
        digits, rest = digits + 1, rest // 10
    text[at] = _TAB
    for place in range(at + digits, at, -1):
        text[place] = _ZERO + number % 10
        number //= 10
    return at + digits + 1
