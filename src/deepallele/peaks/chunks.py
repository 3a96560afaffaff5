"""Records of a BAM in chunks of bounded size, the next one read while one is worked on."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

from deepallele.allele.bam import Records, RecordStream

CHUNK = 1 << 16
"""Records of a chunk."""

# Unmapped, secondary, failed, duplicate or supplementary (flags of the SAM specification).
SKIPPED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
"""A record with any of these flags is neither counted nor a cut."""


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
