"""The same reads of two BAMs, side by side."""

from collections.abc import Iterator

from deepallele.allele.alignments import check_order, order_mates
from deepallele.allele.bam import PAIRED, Records, RecordStream
from deepallele.errors import InputError


def chunks_in_step(
    streams: tuple[RecordStream, RecordStream], chunk: int
) -> Iterator[tuple[int, Records, Records]]:
    """Give mates per pair (1 or 2) and `chunk` records of the same reads from both BAMs, seen to be in step.

    Raises
    ------
    InputError
        If the BAMs do not list the same reads in the same order, mates next to each other.
    """
    done, mates = 0, 0
    sources = (streams[0].source, streams[1].source)
    while True:
        one, other = (stream.take(chunk) for stream in streams)
        if len(one) != len(other):
            shorter = sources[0] if len(one) < len(other) else sources[1]
            raise InputError(
                f"{shorter}: ends after {done + min(len(one), len(other))} records, the other haplotype's BAM"
                " goes on; both must list the same reads (keep unaligned reads)"
            )
        if len(one) == 0:
            return
        if done == 0:
            mates = 2 if one.fixed["flag"][0] & PAIRED else 1
        if len(one) % mates:
            raise InputError(f"{sources[0]}: read {one.name(len(one) - 1)} at the end has no mate")
        if mates == 2:
            one, other = order_mates(one), order_mates(other)
        check_order(one, other, mates, sources, done)
        yield mates, one, other
        done += len(one)
