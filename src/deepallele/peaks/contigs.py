"""Records of some contigs of a BAM, apart from each other, through its index."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import Header, Records, RecordStream, open_bam
from deepallele.allele.bam_index import Stretch, read_index
from deepallele.allele.bgzf import DAMAGED, open_bgzf_at
from deepallele.errors import InputError
from deepallele.peaks.chunks import CHUNK, chunks

TOGETHER = CHUNK
"""Records of contigs that are read together, at most; of more only where one contig has them."""

_UNREADABLE: tuple[type[Exception], ...] = (InputError, *DAMAGED)


@dataclass(frozen=True)
class _Part:
    """Neighbouring contigs that are read together.

    Attributes
    ----------
    first, last
        Numbers of its contigs in the header; both have records and are sought.
    begin
        Virtual offset of the first record.
    records
        int64 (last - first + 1,): number of records of each contig, by the index.
    sought
        bool, of the same shape: contigs whose records are given.
    """

    first: int
    last: int
    begin: int
    records: NDArray[np.int64]
    sought: NDArray[np.bool_]


def chunks_of_contigs(
    bam: str | Path, header: Header, index: str | Path, tids: list[int], threads: int, size: int = CHUNK
) -> list[Iterator[Records]]:
    """Give the records of some contigs apart from each other, for each as `chunks` gives those of a file.

    Neighbours with few records are given together, as genomes may have tens of thousands of scaffolds.

    Parameters
    ----------
    bam, header
        Coordinate-sorted BAM, of which `open_bam` found that it is whole, and its header.
    index
        Its index, BAI or CSI.
    tids
        Numbers of the contigs, in any order.
    threads
        Threads for all of them; where there are more than iterators, those with most records get two.
    size
        Records of a chunk, at most.

    Returns
    -------
    list of iterators
        Of all contigs with records, those with most records first. Each reads when its first chunk is asked
        for.

    Raises
    ------
    InputError
        If the index is damaged, or lacks a contig that has records; from an iterator, if the first record of
        a contig or the number of its records is not as the index says, or a record is not sound.
    """
    stretches = read_index(index, len(header.contigs))
    tids = sorted(set(tids))
    parts = _parts(stretches, tids)
    _check_absent(bam, header, stretches, tids, parts)
    parts.sort(key=lambda part: int(part.records.sum()), reverse=True)
    spare = threads - len(parts)
    return [_chunks(bam, header, part, 2 if rank < spare else 1, size) for rank, part in enumerate(parts)]


def _parts(stretches: Sequence[Stretch | None], tids: list[int]) -> list[_Part]:
    """Put contigs, in order, together while they have few records, those between them included."""
    records = np.array([0 if stretch is None else stretch.records for stretch in stretches], dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(records)])
    ends: list[list[int]] = []
    for tid in tids:
        if stretches[tid] is None:
            continue
        if ends and before[tid + 1] - before[ends[-1][0]] <= TOGETHER:
            ends[-1][1] = tid
        else:
            ends.append([tid, tid])
    sought = np.zeros(len(stretches), dtype=np.bool_)
    sought[tids] = True
    return [
        _Part(first, last, stretch.begin, records[first : last + 1], sought[first : last + 1])
        for first, last in ends
        if (stretch := stretches[first]) is not None
    ]


def _check_absent(
    bam: str | Path,
    header: Header,
    stretches: Sequence[Stretch | None],
    tids: list[int],
    parts: Sequence[_Part],
) -> None:
    """Refuse an index that lacks one of the contigs though the BAM has records of it.

    As the records are sorted, those would be the next ones behind the last contig before it in the index.
    Within a part they show when it is read.
    """
    indexed = np.array([tid for tid, stretch in enumerate(stretches) if stretch is not None], dtype=np.int64)
    within = np.zeros(len(stretches), dtype=np.bool_)
    for part in parts:
        within[part.first : part.last + 1] = True
    # For each number of indexed contigs before it, one of the contigs that are absent.
    absent = {int(np.searchsorted(indexed, tid)): tid for tid in tids if not within[tid]}
    for before, tid in sorted(absent.items()):
        last = stretches[indexed[before - 1]] if before else None
        expected = int(indexed[before]) if before < len(indexed) else -1
        try:
            if last is None:
                there = open_bam(bam).next_contig()
            else:
                with open_bgzf_at(bam, last.end) as file:
                    there = RecordStream(file.read, str(bam), header).next_contig()
        except _UNREADABLE as error:
            raise InputError(f"{_unfit(bam, header, tid)} ({error})") from error
        if there != expected:
            contig = header.contigs[tid]
            raise InputError(
                f"{bam}: the index lacks contig {contig} or one before it; run: samtools index {bam}"
            )


def _unfit(bam: str | Path, header: Header, tid: int) -> str:
    return f"{bam}: contig {header.contigs[tid]} is not where the index says; run: samtools index {bam}"


def _chunks(bam: str | Path, header: Header, part: _Part, threads: int, size: int) -> Iterator[Records]:
    missing, total = part.records.copy(), int(part.records.sum())
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_bgzf_at(bam, part.begin))
            stream = RecordStream(file.read, str(bam), header)
            # At a wrong place the size of the record could be anything, up to the whole file.
            if stream.next_contig() != part.first:
                raise InputError("no record of it is there")
            first = stream.take(1)
        except _UNREADABLE as error:
            raise InputError(f"{_unfit(bam, header, part.first)} ({error})") from error
        # At most one record too many, so that little else is read for a small contig.
        more = stack.enter_context(closing(chunks(stream, threads, min(size, total))))
        for records in chain([first], more):
            seen, given = _split(records, part)
            missing -= seen
            if len(given):
                yield given
            if seen.sum() < len(records):
                break
    if missing.any():
        raise InputError(_unfit(bam, header, part.first + int(np.argmax(missing != 0))))


def _split(records: Records, part: _Part) -> tuple[NDArray[np.int64], Records]:
    """Count each contig's records before the first one outside the part, and choose those to be given."""
    if part.first == part.last and Records(records.data, records.start[-1:]).fixed["tid"][0] == part.first:
        # They are sorted, as whoever walks over them makes sure.
        return np.array([len(records)]), records
    contig = records.fixed["tid"].astype(np.int64) - part.first
    outside = (contig < 0) | (contig >= len(part.records))
    inside = contig[: np.argmax(outside)] if outside.any() else contig
    seen = np.bincount(inside, minlength=len(part.records))
    return seen, Records(records.data, records.start[: len(inside)][part.sought[inside]])
