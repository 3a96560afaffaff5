"""Encode chosen alignments as BAM records on the reference."""

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.assemble import assemble, finish
from deepallele.allele.bam import FIRST, FIXED, LAST, PAIRED, REVERSE, Header, Records
from deepallele.allele.barcode import BARCODE_TAG, Texts
from deepallele.allele.cigar import Cigars
from deepallele.allele.compare import Decision
from deepallele.allele.outcome import Fate

_PROPER, _MATE_REVERSE, _FAILED = 0x2, 0x20, 0x200
# Shift of a position and number of the first bin, from the finest level up (SAM specification, section 5.3).
_BINS = ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1))
# Fields added to each record; XI, the number of the pair, gives way to HP after sorting.
_FIELDS = np.dtype([("xh", "S3"), ("posterior", "<f4"), ("xi", "S3"), ("pair", "<u4")])
# Fields that describe the alignment to the haplotype; on the reference they would be wrong.
_OF_ALIGNER = np.zeros(1 << 16, dtype=bool)
for _tag in (
    *("AS", "XS", "XN", "XM", "XO", "XG", "NM", "MD", "YF", "YT", "YS", "YP", "ZS", "ZP", "Zp"),
    *("NH", "HI", "nM", "jM", "jI", "MC", "MQ", "HP", "XH", "XI"),
):
    _OF_ALIGNER[int.from_bytes(_tag.encode(), "little")] = True
# Fields that single cells get anew.
_OF_CELLS = _OF_ALIGNER.copy()
for _tag in (BARCODE_TAG, "dc"):
    _OF_CELLS[int.from_bytes(_tag.encode(), "little")] = True


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


def encode_pairs(
    a: Alignments, b: Alignments, decision: Decision, first_pair: int, barcodes: Texts | None = None
) -> NDArray[np.uint8]:
    """Encode the pairs that are not dropped, each as the haplotype chosen places it.

    Positions, CIGAR, mate fields and template length are those on the reference; both mates are flagged as
    a proper pair; MAPQ is the better of both haplotypes; fields that the aligner wrote are left out,
    others (read group, barcodes) kept; XH and XI (number of the pair) are added, and for single cells CB.

    Parameters
    ----------
    a, b
        The pairs aligned to each haplotype.
    decision
        What became of them.
    first_pair
        Number of the first of these pairs in the whole run.
    barcodes
        Barcode of each pair, in the bytes of `a.records`, which both mates get; None: no single cells.

    Returns
    -------
    NDArray[np.uint8]
        Bytes of the records, in the order of the reads.
    """
    pairs = np.flatnonzero(decision.fate <= Fate.HEMIZYGOUS)
    mates = a.aligned.shape[1]
    nowhere = np.zeros(len(a.aligned), dtype=np.int64)
    begin, end = (nowhere, nowhere) if barcodes is None else barcodes
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
    return assemble(
        a.records.data,
        b.records.data,
        np.concatenate([a.records.start, b.records.start])[record],
        record >= len(a.records),
        head.view(np.uint8).reshape(-1, FIXED.itemsize),
        cigars.word.view(np.uint8),
        4 * cigars.first[record],
        added.view(np.uint8).reshape(-1, _FIELDS.itemsize),
        _OF_ALIGNER if barcodes is None else _OF_CELLS,
        np.repeat(begin[pairs], mates),
        np.repeat(end[pairs], mates),
    )


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


def finish_records(
    records: Records,
    haplotype: NDArray[np.uint8],
    posterior: NDArray[np.float32],
    copies: NDArray[np.uint16] | None = None,
) -> Records:
    """Take XI off the end of each record, and add HP, and for single cells dc.

    Parameters
    ----------
    records
        As `encode_pairs` made them.
    haplotype
        uint8 (n,): 1 for A, 2 for B, 0 for no HP.
    posterior
        float32 (n,): new value of XH; NaN leaves the old one.
    copies
        uint16 (n,): value of dc; None: no such field.
    """
    fields = posterior.astype("<f4").view(np.uint8).reshape(-1, 4)
    counts = np.zeros(0, dtype="<u2") if copies is None else copies.astype("<u2")
    added = counts.view(np.uint8).reshape(-1, 2)
    return Records(*finish(records.data, records.start, haplotype, fields, np.isnan(posterior), added))
