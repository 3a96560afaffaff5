"""The whole step: two BAMs on the haplotypes in, one BAM on the reference and one per haplotype out."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import check_order, describe, order_mates
from deepallele.allele.bam import PAIRED, Header, Records, RecordStream, open_bam
from deepallele.allele.compare import Fate, Settings, decide
from deepallele.allele.duplicates import FragmentStore, fragments
from deepallele.allele.intervals import IntervalSet, read_blacklist, read_contigs
from deepallele.allele.layout import gather
from deepallele.allele.lift import CoordinateMap, Lift
from deepallele.allele.sorting import BamWriter, Sorter
from deepallele.allele.stats import summarise
from deepallele.allele.write import encode_pairs, output_header, pair_numbers, without_pair_numbers
from deepallele.errors import InputError
from deepallele.files import atomic_path, write_json

CHUNK_RECORDS = 1 << 16


@dataclass(frozen=True)
class Inputs:
    """What the step reads; pairs are in the order A, B.

    Attributes
    ----------
    bams
        Alignments to each haplotype: the same reads in the same order, unaligned ones included.
    maps
        Map between the reference and each haplotype.
    haplotypes
        Names of the haplotypes.
    fai
        FASTA index of the reference.
    blacklist
        BED on the reference, or None.
    exclude_contigs
        Contigs of the reference whose pairs are dropped; names it lacks are allowed.
    """

    bams: tuple[Path, Path]
    maps: tuple[CoordinateMap, CoordinateMap]
    haplotypes: tuple[str, str]
    fai: Path
    blacklist: Path | None = None
    exclude_contigs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outputs:
    """Where results go: the BAM of all pairs, one per haplotype, and the numbers; .bai beside each BAM."""

    bam: Path
    haplotype_bams: tuple[Path, Path]
    stats: Path


def assign_alleles(
    inputs: Inputs, outputs: Outputs, settings: Settings, threads: int = 1, sort_memory_mb: int = 512
) -> dict[str, Any]:
    """Assign every pair to a haplotype, lift it to the reference, filter, and write it.

    Parameters
    ----------
    inputs, outputs
        Files.
    settings
        Thresholds.
    threads
        CPU threads, for sorting.
    sort_memory_mb
        Memory for sorting, in MB; other memory is some hundred MB, and one byte per pair.

    Returns
    -------
    dict
        The numbers of allele_stats.json, see `deepallele.allele.stats.summarise`.

    Raises
    ------
    InputError
        If a setting is out of range, a file is not what it should be, the BAMs list different reads, or
        their contigs do not fit the maps and the reference.
    """
    _check(settings)
    contigs = read_contigs(inputs.fai)
    blacklist = (
        read_blacklist(inputs.blacklist, contigs) if inputs.blacklist else IntervalSet(list(contigs.values()))
    )
    excluded = np.isin(list(contigs), inputs.exclude_contigs)
    streams = (open_bam(inputs.bams[0]), open_bam(inputs.bams[1]))
    lifts = [
        Lift(coordinates, stream.header, contigs, stream.source)
        for coordinates, stream in zip(inputs.maps, streams, strict=True)
    ]
    header = output_header(contigs, (streams[0].header, streams[1].header))
    outputs.bam.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scratch = tempfile.TemporaryDirectory(prefix=".assign.", dir=outputs.bam.parent)
        folder = Path(stack.enter_context(scratch))
        store = stack.enter_context(FragmentStore(folder))
        sorter = stack.enter_context(Sorter(header, folder, threads, sort_memory_mb))
        fates = [np.zeros(0, dtype=np.uint8)]
        mates, first_pair = 1, 0
        for mates, one, other in _chunks(streams):
            a, b = describe(one, mates, lifts[0]), describe(other, mates, lifts[1])
            decision = decide(a, b, settings, excluded, blacklist)
            store.add(fragments(a, b, decision.side, decision.fate, first_pair))
            sorter.add(encode_pairs(a, b, decision, first_pair))
            fates.append(decision.fate)
            first_pair += len(decision.fate)
        fate = np.concatenate(fates)
        kept, duplicates = store.settle(fate, len(contigs), settings.remove_duplicates)
        stats = summarise(fate, kept, duplicates, list(contigs), inputs.haplotypes, mates == 2)
        with sorter.sorted() as ordered:
            _write(ordered, fate, header, outputs)
    write_json(stats, outputs.stats)
    return stats


def _check(settings: Settings) -> None:
    if not 0.5 < settings.min_posterior <= 1:
        raise InputError(f"min_posterior is {settings.min_posterior}; it must be above 0.5 and at most 1")
    if not 0 <= settings.min_insert <= settings.max_insert:
        raise InputError(
            f"min_insert is {settings.min_insert}, max_insert {settings.max_insert}; needed: 0 <= min <= max"
        )


def _chunks(streams: tuple[RecordStream, RecordStream]) -> Iterator[tuple[int, Records, Records]]:
    """Give mates per pair (1 or 2) and chunks of the same reads from both BAMs, seen to be in step."""
    done, mates = 0, 0
    sources = (streams[0].source, streams[1].source)
    while True:
        one, other = (stream.take(CHUNK_RECORDS) for stream in streams)
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


def _write(ordered: RecordStream, fate: NDArray[np.uint8], header: Header, outputs: Outputs) -> None:
    paths = [outputs.bam, *outputs.haplotype_bams]
    with ExitStack() as stack:
        temporary = [stack.enter_context(atomic_path(path)) for path in paths]
        indices = [stack.enter_context(atomic_path(f"{path}.bai")) for path in paths]
        writers = [BamWriter(path, header) for path in temporary]
        while len(records := ordered.take(CHUNK_RECORDS)):
            kind = fate[pair_numbers(records)]
            records = without_pair_numbers(records)
            length = records.fixed["size"].astype(np.int64) + 4
            choices = (kind <= Fate.AMBIGUOUS, kind == Fate.INFORMATIVE_A, kind == Fate.INFORMATIVE_B)
            for writer, chosen in zip(writers, choices, strict=True):
                writer.add(gather(records.data, records.start[chosen], length[chosen]))
        for writer, index in zip(writers, indices, strict=True):
            writer.close(index)
