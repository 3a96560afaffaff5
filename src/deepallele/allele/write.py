"""Encode chosen alignments as BAM records on the reference."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.bam import FIRST, FIXED, LAST, PAIRED, REVERSE, Header, Records
from deepallele.allele.cigar import Cigars
from deepallele.allele.compare import Decision
from deepallele.allele.layout import (
    CIGAR_COUNT,
    FIXED_SIZE,
    LENGTH,
    NAME_LENGTH,
    field_size,
    int32,
    tag_start,
    uint16,
)
from deepallele.allele.outcome import Fate

_PROPER, _MATE_REVERSE, _FAILED = 0x2, 0x20, 0x200
# Shift of a position and number of the first bin, from the finest level up (SAM specification, section 5.3).
_BINS = ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1))
# Fields added to each record; XI, the number of the pair, gives way to HP after sorting.
_FIELDS = np.dtype([("xh", "S3"), ("posterior", "<f4"), ("xi", "S3"), ("pair", "<u4")])
_PAIR_SIZE = 7
_HAPLOTYPE = np.frombuffer(b"HPC", dtype=np.uint8)
# Fields that describe the alignment to the haplotype; on the reference they would be wrong.
_OF_ALIGNER = np.zeros(1 << 16, dtype=bool)
for _tag in (
    *("AS", "XS", "XN", "XM", "XO", "XG", "NM", "MD", "YF", "YT", "YS", "YP", "ZS", "ZP", "Zp"),
    *("NH", "HI", "nM", "jM", "jI", "MC", "MQ", "HP", "XH", "XI"),
):
    _OF_ALIGNER[int.from_bytes(_tag.encode(), "little")] = True


def output_header(contigs: dict[str, int], inputs: tuple[Header, Header]) -> Header:
    """Make a header on the reference with the read groups of both inputs and no machine's paths.

    Parameters
    ----------
    contigs
        Reference contigs and their lengths (bases), in order.
    inputs
        Headers of the two BAMs.
    """
    found = {line for header in inputs for line in header.text.splitlines()}
    groups = sorted(line for line in found if line.startswith("@RG"))
    sequences = [f"@SQ\tSN:{name}\tLN:{length}" for name, length in contigs.items()]
    program = "@PG\tID:deepallele\tPN:assign_alleles"
    lines = ["@HD\tVN:1.6\tSO:coordinate", *sequences, *groups, program]
    return Header("\n".join(lines) + "\n", list(contigs), np.array(list(contigs.values()), dtype=np.int64))


def encode_pairs(a: Alignments, b: Alignments, decision: Decision, first_pair: int) -> NDArray[np.uint8]:
    """Encode the pairs that are not dropped, each as the haplotype chosen places it.

    Positions, CIGAR, mate fields and template length are those on the reference; both mates are flagged as
    a proper pair; MAPQ is the better of both haplotypes; fields that the aligner wrote are left out,
    others (read group, barcodes) kept; XH and XI (number of the pair) are added.

    Parameters
    ----------
    a, b
        The pairs aligned to each haplotype.
    decision
        What became of them.
    first_pair
        Number of the first of these pairs in the whole run.

    Returns
    -------
    NDArray[np.uint8]
        Bytes of the records, in the order of the reads.
    """
    pairs = np.flatnonzero(decision.fate <= Fate.HEMIZYGOUS)
    mates = a.aligned.shape[1]
    # Records of both sides on one axis, first all of A, then all of B.
    pick = pairs + decision.side[pairs] * len(a.aligned)
    record = (pick[:, None] * mates + np.arange(mates)).ravel()
    head = np.concatenate([a.records.fixed, b.records.fixed])[record]
    _place(head, a, b, pick, decision.mapq[pairs])
    cigars = Cigars(
        np.concatenate([a.cigars.word, b.cigars.word]), np.concatenate([a.cigars.count, b.cigars.count])
    )
    head["cigar_count"] = cigars.count[record]
    added = _added_fields(decision, pairs, mates, first_pair)
    return _assemble(
        a.records.data,
        b.records.data,
        np.concatenate([a.records.start, b.records.start])[record],
        record >= len(a.records),
        head.view(np.uint8).reshape(-1, FIXED.itemsize),
        cigars.word.view(np.uint8),
        4 * cigars.first[record],
        added.view(np.uint8).reshape(-1, _FIELDS.itemsize),
    )


@njit(cache=True)
def _kept_size(data, record):  # type: ignore[no-untyped-def]
    """Bytes of the optional fields to carry over."""
    at, end, kept = tag_start(data, record), record + 4 + int32(data, record), 0
    while at < end:
        size = field_size(data, at, end)
        if not _OF_ALIGNER[uint16(data, at)]:
            kept += size
        at += size
    return kept


@njit(cache=True)
def _copy(result, to, data, begin, size):  # type: ignore[no-untyped-def]
    result[to : to + size] = data[begin : begin + size]
    return to + size


@njit(cache=True)
def _assemble_record(result, to, data, record, head, words, first, added):  # type: ignore[no-untyped-def]
    begin = to
    to = _copy(result, to, head, 0, len(head))
    to = _copy(result, to, data, record + FIXED_SIZE, int(data[record + NAME_LENGTH]))
    to = _copy(result, to, words, first, 4 * uint16(head, CIGAR_COUNT))
    length = int32(data, record + LENGTH)
    at, end = tag_start(data, record), record + 4 + int32(data, record)
    bases = (length + 1) // 2 + length
    to = _copy(result, to, data, at - bases, bases)
    while at < end:
        size = field_size(data, at, end)
        if not _OF_ALIGNER[uint16(data, at)]:
            to = _copy(result, to, data, at, size)
        at += size
    to = _copy(result, to, added, 0, len(added))
    for byte in range(4):
        result[begin + byte] = (to - begin - 4) >> 8 * byte & 0xFF
    return to


@njit(cache=True)
def _assemble(data_a, data_b, start, use_b, heads, words, first, added):  # type: ignore[no-untyped-def]
    total = 0
    for index in range(len(start)):
        data = data_b if use_b[index] else data_a
        record = start[index]
        length = int32(data, record + LENGTH)
        total += FIXED_SIZE + int(data[record + NAME_LENGTH]) + 4 * uint16(heads[index], CIGAR_COUNT)
        total += (length + 1) // 2 + length + _kept_size(data, record) + len(added[index])
    result = np.empty(total, dtype=np.uint8)
    to = 0
    for index in range(len(start)):
        data = data_b if use_b[index] else data_a
        to = _assemble_record(result, to, data, start[index], heads[index], words, first[index], added[index])
    return result


def _added_fields(
    decision: Decision, pairs: NDArray[np.int64], mates: int, first_pair: int
) -> NDArray[np.void]:
    added = np.zeros(len(pairs) * mates, dtype=_FIELDS)
    added["xh"], added["xi"] = b"XHf", b"XII"
    added["posterior"] = np.repeat(decision.posterior[pairs], mates)
    added["pair"] = np.repeat(first_pair + pairs, mates)
    return added


def _place(
    head: NDArray[np.void], a: Alignments, b: Alignments, pick: NDArray[np.int64], mapq: NDArray[np.int64]
) -> None:
    """Write flags and reference positions into the fixed fields; `pick` counts pairs of A, then of B."""
    tid, start, end, reverse = (
        np.concatenate([getattr(a, name), getattr(b, name)])[pick]
        for name in ("tid", "start", "end", "reverse")
    )
    flag = (head["flag"] & _FAILED) | np.where(reverse.ravel(), REVERSE, 0)
    head["tid"], head["pos"] = tid.ravel(), start.ravel()
    head["mapq"] = mapq.ravel()
    head["bin"] = bins(start.ravel(), end.ravel())
    if tid.shape[1] == 1:
        head["next_tid"], head["next_pos"], head["template_length"] = -1, -1, 0
    else:
        flag |= PAIRED | _PROPER | np.where(reverse[:, ::-1].ravel(), _MATE_REVERSE, 0)
        flag |= np.resize([FIRST, LAST], len(flag))
        head["next_tid"], head["next_pos"] = tid[:, ::-1].ravel(), start[:, ::-1].ravel()
        span = end.max(axis=1) - start.min(axis=1)
        first_is_left = start[:, 0] <= start[:, 1]
        sign = np.stack([np.where(first_is_left, 1, -1), np.where(first_is_left, -1, 1)], axis=1)
        head["template_length"] = (span[:, None] * sign).ravel()
    head["flag"] = flag


def bins(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the smallest BAM index bin that holds each span (0-based half-open); int64 (n,)."""
    last = end - 1
    inside = [start >> shift == last >> shift for shift, _ in _BINS]
    return np.select(inside, [first + (start >> shift) for shift, first in _BINS], 0)


def pair_numbers(records: Records) -> NDArray[np.int64]:
    """Read the number of the pair (XI) that `encode_pairs` put at the end of each record; int64 (n,)."""
    place = (records.end - 4)[:, None] + np.arange(4)
    return records.data[place].view("<u4")[:, 0].astype(np.int64)


def finish_records(records: Records, haplotype: NDArray[np.uint8], posterior: NDArray[np.float32]) -> Records:
    """Take XI off the end of each record, and add HP.

    Parameters
    ----------
    records
        As `encode_pairs` made them.
    haplotype
        uint8 (n,): 1 for A, 2 for B, 0 for no HP.
    posterior
        float32 (n,): new value of XH; NaN leaves the old one.
    """
    fields = posterior.astype("<f4").view(np.uint8).reshape(-1, 4)
    return Records(*_finish(records.data, records.start, haplotype, fields, np.isnan(posterior)))


@njit(cache=True)
def _finish(data, start, haplotype, posterior, keep):  # type: ignore[no-untyped-def]
    # XI is longer than HP.
    result, starts = np.empty(len(data), dtype=np.uint8), np.empty_like(start)
    to = 0
    for index in range(len(start)):
        record, begin = start[index], to
        size = 4 + int32(data, record) - _PAIR_SIZE
        to = _copy(result, to, data, record, size)
        if not keep[index]:
            _copy(result, to - 4, posterior[index], 0, 4)
        if haplotype[index]:
            to = _copy(result, to, _HAPLOTYPE, 0, 3)
            result[to] = haplotype[index]
            to += 1
        for byte in range(4):
            result[begin + byte] = (to - begin - 4) >> 8 * byte & 0xFF
        starts[index] = begin
    return result[:to], starts
