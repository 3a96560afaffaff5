"""Records of a BAM in chunks of bounded size, the next one read while one is worked on."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path

import numpy as np

from deepallele.allele.bam import Header, Records, RecordStream, open_bam
from deepallele.allele.bam_index import Stretch, read_index
from deepallele.allele.bgzf import DAMAGED, open_bgzf_at
from deepallele.errors import InputError

CHUNK = 1 << 16
"""Records of a chunk."""

# Unmapped, secondary, failed, duplicate or supplementary (flags of the SAM specification).
SKIPPED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
"""A record with any of these flags is neither counted nor a cut."""

_UNREADABLE: tuple[type[Exception], ...] = (InputError, *DAMAGED)


def chunks(stream: RecordStream, threads: int = 1, size: int = CHUNK) -> Generator[Records, None, None]:
    """Give all records of a stream in order, at most `size` at a time.

    With more than one thread, one of them decompresses the next chunk meanwhile; more than two are of no use.
    """
    if threads == 1:
        while len(records := stream.take(size)):
            yield records
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(stream.take, size)
        while len(records := coming.result()):
            coming = pool.submit(stream.take, size)
            yield records


def chunks_of_contigs(
    bam: str | Path, header: Header, index: str | Path, tids: list[int], threads: int, size: int = CHUNK
) -> list[Iterator[Records]]:
    """Give the records of some contigs apart from each other, for each as `chunks` gives those of a file.

    Parameters
    ----------
    bam, header
        Coordinate-sorted BAM, of which `open_bam` found that it is whole, and its header.
    index
        Its index, BAI or CSI.
    tids
        Numbers of the contigs.
    threads
        Threads for all of them; where there are more than contigs, the largest ones get two.
    size
        Records of a chunk, at most.

    Returns
    -------
    list of iterators
        One for each contig with records, the largest first. It reads when its first chunk is asked for.

    Raises
    ------
    InputError
        If the index is damaged, or lacks a contig that has records; from an iterator, if it is not that of
        this BAM, or a record is not sound.
    """
    stretches = read_index(index, len(header.contigs))
    _check_absent(bam, header, stretches, tids)
    found = [(tid, stretch) for tid in tids if (stretch := stretches[tid]) is not None]
    found.sort(key=lambda contig: contig[1].records, reverse=True)
    spare = threads - len(found)
    return [
        _chunks_of_contig(bam, header, tid, stretch, 2 if rank < spare else 1, size)
        for rank, (tid, stretch) in enumerate(found)
    ]


def _check_absent(bam: str | Path, header: Header, stretches: list[Stretch | None], tids: list[int]) -> None:
    """Refuse an index that lacks one of the contigs though the BAM has records of it.

    As the records are sorted, those would be the next ones behind the last contig before it in the index.
    """
    indexed = np.array([tid for tid, stretch in enumerate(stretches) if stretch is not None], dtype=np.int64)
    # For each number of indexed contigs before it, one of the contigs that are absent.
    absent = {int(np.searchsorted(indexed, tid)): tid for tid in tids if stretches[tid] is None}
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
            raise InputError(_unfit(bam, header, tid))


def _unfit(bam: str | Path, header: Header, tid: int) -> str:
    return f"{bam}: contig {header.contigs[tid]} is not where the index says; run: samtools index {bam}"


def _chunks_of_contig(
    bam: str | Path, header: Header, tid: int, stretch: Stretch, threads: int, size: int
) -> Iterator[Records]:
    unfit, missing = _unfit(bam, header, tid), stretch.records
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_bgzf_at(bam, stretch.begin))
            stream = RecordStream(file.read, str(bam), header)
            # At a wrong place the size of the record could be anything, up to the whole file.
            if stream.next_contig() != tid:
                raise InputError("no record of it is there")
            first = stream.take(1)
        except _UNREADABLE as error:
            raise InputError(f"{unfit} ({error})") from error
        # At most one record too many, so that little else is read for a small contig.
        more = stack.enter_context(closing(chunks(stream, threads, min(size, stretch.records))))
        for records in chain([first], more):
            inside = _leading(records, tid)
            missing -= len(inside)
            if len(inside):
                yield inside
            if len(inside) < len(records):
                break
    if missing != 0:
        raise InputError(unfit)


def _leading(records: Records, tid: int) -> Records:
    """Take the records before the first one that lies on another contig; they must be sorted."""
    if (Records(records.data, records.start[-1:]).fixed["tid"] == tid).all():
        return records
    return Records(records.data, records.start[: np.argmax(records.fixed["tid"] != tid)])
