"""Bring the calls of several VCFs into one order: contig by contig as in the FASTA, then by position."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from deepallele.genome.calls import Call, Place


def merge_calls(files: Sequence[Iterable[Call]], contigs: Sequence[str], folder: Path) -> Iterator[Call]:
    """Give the calls of all files, sorted.

    Every file is read once from its first record to its last and its calls are kept on disk, one small
    file per contig, because the files may list the contigs in different orders.

    Parameters
    ----------
    files
        Calls of each VCF, contig by contig, sorted by position.
    contigs
        Order of the contigs in the result.
    folder
        Existing folder for the temporary files.

    Yields
    ------
    Call
        Contig by contig, sorted by the position of the record; at one position those of the first file
        come first.
    """
    order = {contig: number for number, contig in enumerate(contigs)}
    for number, calls in enumerate(files):
        for contig, part in groupby(calls, key=lambda call: call.contig):
            with _spool(folder, order[contig], number).open("w") as lines:
                lines.writelines(map(_encode, part))
    for contig in contigs:
        spools = [_spool(folder, order[contig], number) for number in range(len(files))]
        parts = [_decode(spool, contig) for spool in spools if spool.exists()]
        yield from heapq.merge(*parts, key=lambda call: call.record.position)
        for spool in spools:
            spool.unlink(missing_ok=True)


def _spool(folder: Path, contig: int, file: int) -> Path:
    return folder / f"{contig}.{file}.tsv"


def _encode(call: Call) -> str:
    variant = () if call.variant is None else call.variant[1:]
    return "\t".join(map(str, (call.side, *call.record, *variant))) + "\n"


def _decode(spool: Path, contig: str) -> Iterator[Call]:
    with spool.open() as lines:
        for line in lines:
            side, name, position, ref, alt, *variant = line.rstrip("\n").split("\t")
            place = Place(contig, int(variant[0]), variant[1], variant[2]) if variant else None
            yield Call(contig, int(side), Place(name, int(position), ref, alt), place)
