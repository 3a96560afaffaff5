"""Encode chosen alignments as BAM records on the reference."""

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.bam import FIRST, FIXED, LAST, PAIRED, REVERSE, Header, Records, gather
from deepallele.allele.cigar import Cigars
from deepallele.allele.compare import Decision, Fate

_PROPER, _MATE_REVERSE, _FAILED = 0x2, 0x20, 0x200
# Shift of a position and number of the first bin, from the finest level up (SAM specification, section 5.3).
_BINS = ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1))
# Fields added to each record; XI, the number of the pair, is taken off again after sorting.
_FIELDS = np.dtype(
    [
        ("hp", "S3"),
        ("haplotype", "u1"),
        ("xh", "S3"),
        ("posterior", "<f4"),
        ("xi", "S3"),
        ("pair", "<u4"),
    ]
)
_HAPLOTYPE_SIZE, _PAIR_SIZE = 4, 7


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
    others (read group, barcodes) kept; HP, XH and XI (number of the pair) are added.

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
    pairs = np.flatnonzero(decision.fate <= Fate.AMBIGUOUS)
    mates = a.aligned.shape[1]
    # Records of both sides on one axis, first all of A, then all of B.
    pick = pairs + decision.side[pairs] * len(a.aligned)
    record = (pick[:, None] * mates + np.arange(mates)).ravel()
    begin, middle, finish = (
        np.concatenate([getattr(a.records, name), getattr(b.records, name) + len(a.records.data)])[record]
        for name in ("start", "sequence_start", "tag_start")
    )
    head = np.concatenate([a.records.fixed, b.records.fixed])[record]
    cigars = _join(a.cigars, b.cigars).select(record)
    kept, kept_length = _kept_fields(a, b, record)
    added = _added_fields(decision, pairs, mates, first_pair)
    added_skip = np.where(added["haplotype"] == 0, _HAPLOTYPE_SIZE, 0)

    name_length = head["name_length"].astype(np.int64)
    _place(head, a, b, pick, decision.mapq[pairs])
    head["cigar_count"] = cigars.count
    length = np.stack(
        [
            np.full(len(record), FIXED.itemsize),
            name_length,
            4 * cigars.count,
            finish - middle,
            kept_length,
            _FIELDS.itemsize - added_skip,
        ],
        axis=1,
    )
    head["size"] = length.sum(axis=1) - 4
    new = [head.view(np.uint8), cigars.word.view(np.uint8), kept, added.view(np.uint8)]
    offset = np.cumsum([len(a.records.data) + len(b.records.data), *map(len, new)])
    start = np.stack(
        [
            offset[0] + np.arange(len(record)) * FIXED.itemsize,
            begin + FIXED.itemsize,
            offset[1] + 4 * cigars.first,
            middle,
            offset[2] + np.cumsum(kept_length) - kept_length,
            offset[3] + np.arange(len(record)) * _FIELDS.itemsize + added_skip,
        ],
        axis=1,
    )
    return gather(np.concatenate([a.records.data, b.records.data, *new]), start.ravel(), length.ravel())


def _join(one: Cigars, other: Cigars) -> Cigars:
    return Cigars(np.concatenate([one.word, other.word]), np.concatenate([one.count, other.count]))


def _kept_fields(
    a: Alignments, b: Alignments, record: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    position = np.full(2 * len(a.records), -1, dtype=np.int64)
    position[record] = np.arange(len(record))
    shift = len(a.records)
    owner = position[np.concatenate([a.tags.kept_record, b.tags.kept_record + shift])]
    start = np.concatenate([a.tags.kept_start, b.tags.kept_start + len(a.records.data)])
    length = np.concatenate([a.tags.kept_length, b.tags.kept_length])
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] >= 0]
    data = np.concatenate([a.records.data, b.records.data]) if len(order) else a.records.data
    total = np.bincount(owner[order], weights=length[order], minlength=len(record)).astype(np.int64)
    return gather(data, start[order], length[order]), total


def _added_fields(
    decision: Decision, pairs: NDArray[np.int64], mates: int, first_pair: int
) -> NDArray[np.void]:
    added = np.zeros(len(pairs) * mates, dtype=_FIELDS)
    added["hp"], added["xh"], added["xi"] = b"HPC", b"XHf", b"XII"
    # Fate 0 is A and 1 is B; ambiguous pairs get no HP at all.
    fate = decision.fate[pairs]
    added["haplotype"] = np.repeat(np.where(fate == Fate.AMBIGUOUS, 0, fate + 1), mates)
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


def without_pair_numbers(records: Records) -> Records:
    """Take XI off the end of each record."""
    data = records.data.copy()
    size = records.fixed["size"] - _PAIR_SIZE
    data[records.start[:, None] + np.arange(4)] = size.astype("<i4").view(np.uint8).reshape(-1, 4)
    kept = np.ones(len(data), dtype=bool)
    kept[(records.end - _PAIR_SIZE)[:, None] + np.arange(_PAIR_SIZE)] = False
    return Records(data[kept], records.start - _PAIR_SIZE * np.arange(len(records)))
