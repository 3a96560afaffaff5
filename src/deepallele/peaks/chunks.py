"""Records of a BAM in chunks of bounded size, the next one read while one is worked on."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path

import numpy as np

from deepallele.allele.bam import Header, Records, RecordStream
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
        If the index is damaged; from an iterator, if it is not that of this BAM, or a record is not sound.
    """
    stretches = read_index(index, len(header.contigs))
    found = [(tid, stretch) for tid in tids if (stretch := stretches[tid]) is not None]
    found.sort(key=lambda contig: contig[1].records, reverse=True)
    spare = threads - len(found)
    return [
        _chunks_of_contig(bam, header, tid, stretch, 2 if rank < spare else 1, size)
        for rank, (tid, stretch) in enumerate(found)
    ]


def _chunks_of_contig(
    bam: str | Path, header: Header, tid: int, stretch: Stretch, threads: int, size: int
) -> Iterator[Records]:
    unfit = f"{bam}: contig {header.contigs[tid]} is not where the index says; run: samtools index {bam}"
    missing = stretch.records
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
