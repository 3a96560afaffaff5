"""The whole step: two BAMs on the haplotypes in, one BAM on the reference and one per haplotype out."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import describe
from deepallele.allele.bam import Header, RecordStream, open_bam
from deepallele.allele.barcode import find_barcodes
from deepallele.allele.compare import Places, decide
from deepallele.allele.duplicates import LONGEST_INSERT, FragmentStore, fragments
from deepallele.allele.in_step import chunks_in_step
from deepallele.allele.informative import read_variants
from deepallele.allele.intervals import IntervalSet, read_blacklist, read_contigs
from deepallele.allele.layout import gather
from deepallele.allele.lift import CoordinateMap, Lift
from deepallele.allele.outcome import Settings, haplotype_tags, pack
from deepallele.allele.screen import Corrected, Screen, observations, write_set_aside
from deepallele.allele.sites import Sites, read_sites
from deepallele.allele.sorting import BamWriter, Sorter
from deepallele.allele.split import second_half, shares
from deepallele.allele.stats import Tally, summarise
from deepallele.allele.write import encode_pairs, finish_records, output_header, pair_numbers
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
    variants
        BCF with the variants between the haplotypes, or None: then every pair may be informative.
    hemizygous_contigs
        Contigs of which the sample has one copy; names that the reference lacks are allowed.
    """

    bams: tuple[Path, Path]
    maps: tuple[CoordinateMap, CoordinateMap]
    haplotypes: tuple[str, str]
    fai: Path
    blacklist: Path | None = None
    exclude_contigs: list[str] = field(default_factory=list)
    variants: Path | None = None
    hemizygous_contigs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outputs:
    """Where results go; pairs are in the order A, B, and beside each BAM goes its index (.bai).

    Attributes
    ----------
    bam
        BAM of all pairs.
    haplotype_bams
        BAMs of the informative pairs of each haplotype.
    stats
        JSON of the numbers.
    split_bams
        BAMs of the informative pairs of each haplotype and its half of the ambiguous ones, or None.
    set_aside
        TSV of the variants that the reads contradict; None: the variants are not screened.
    """

    bam: Path
    haplotype_bams: tuple[Path, Path]
    stats: Path
    split_bams: tuple[Path, Path] | None = None
    set_aside: Path | None = None

    @property
    def bams(self) -> list[Path]:
        """All BAMs, in the order of `deepallele.allele.split.shares`."""
        return [self.bam, *self.haplotype_bams, *(self.split_bams or ())]


def assign_alleles(
    inputs: Inputs, outputs: Outputs, settings: Settings, threads: int = 1, sort_memory_mb: int = 256
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
        Memory for sorting, in MB; other memory is some hundred MB, and one byte per pair, three for single
        cells.

    Returns
    -------
    dict
        The numbers of the JSON, see `deepallele.allele.stats.summarise`.

    Raises
    ------
    InputError
        If a setting is out of range, a file is not what it should be, the BAMs list different reads,
        their contigs do not fit the maps and the reference, or no read has the barcode that is asked for.
    """
    settings.check()
    _check_names(inputs, outputs)
    contigs = read_contigs(inputs.fai)
    streams = (open_bam(inputs.bams[0]), open_bam(inputs.bams[1]))
    lifts = [
        Lift(coordinates, stream.header, contigs, stream.source)
        for coordinates, stream in zip(inputs.maps, streams, strict=True)
    ]
    header = output_header(contigs, (streams[0].header, streams[1].header))
    places = _places(inputs, contigs)
    screened = inputs.variants if outputs.set_aside else None
    sites = read_sites(screened, contigs) if screened else Sites.none()
    outputs.bam.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scratch = tempfile.TemporaryDirectory(prefix=".assign.", dir=outputs.bam.parent)
        folder = Path(stack.enter_context(scratch))
        store = stack.enter_context(FragmentStore(folder))
        sorter = stack.enter_context(Sorter(header, folder, threads, sort_memory_mb))
        screen = stack.enter_context(Screen(folder, len(sites)))
        # What a run keeps of each pair, in one byte; it grows without a second copy.
        memory, tally, mates = bytearray(), Tally(), 1
        with_barcode = 0
        for mates, one, other in chunks_in_step(streams, CHUNK_RECORDS):
            a, b = describe(one, mates, lifts[0], sites), describe(other, mates, lifts[1], sites)
            decision = decide(a, b, settings, places)
            tally.add(a, b, decision)
            barcodes = None
            if settings.barcode is not None:
                barcodes = find_barcodes(one, np.arange(0, len(one), mates), settings.barcode)
                with_barcode += int((barcodes.end > barcodes.begin).sum())
            table = fragments(a, b, decision, settings, len(memory), barcodes)
            store.add(table)
            screen.add(observations(a, b, decision, len(memory)))
            sorter.add(encode_pairs(a, b, decision, len(memory), barcodes))
            half = np.zeros(len(decision.fate), dtype=bool)
            half[table["pair"] - len(memory)] = second_half(table["hash"], inputs.haplotypes)
            memory += pack(decision.fate, decision.no_variant, decision.overruled, half).tobytes()
        if settings.barcode is not None and memory and not with_barcode:
            raise settings.barcode.missing(one.name(0))
        packed = np.frombuffer(memory, dtype=np.uint8)
        copies = None if settings.barcode is None else np.zeros(len(packed), dtype=np.uint16)
        corrected = _screen(screen, sites, packed, settings, tally, list(contigs), outputs.set_aside)
        longest = min(settings.max_insert, LONGEST_INSERT) if mates == 2 else None
        settled = store.settle(packed, len(contigs), settings.remove_duplicates, longest, copies)
        stats = summarise(packed, settled, tally, list(contigs), inputs.haplotypes, settings.mode)
        with sorter.sorted() as ordered:
            _write(ordered, packed, corrected, copies, header, outputs)
    write_json(stats, outputs.stats)
    return stats


def _check_names(inputs: Inputs, outputs: Outputs) -> None:
    if inputs.haplotypes[0] == inputs.haplotypes[1]:
        raise InputError(f"both haplotypes are named {inputs.haplotypes[0]!r}; give them different names")
    if inputs.bams[0].resolve() == inputs.bams[1].resolve():
        raise InputError(f"{inputs.bams[0]}: given for both haplotypes; give the alignments to each of them")
    files = [path.resolve() for path in (*inputs.bams, *outputs.bams, outputs.stats)]
    for place, path in enumerate(files):
        if path in files[:place]:
            raise InputError(f"{path}: given for two files; give each output a path of its own")


def _places(inputs: Inputs, contigs: dict[str, int]) -> Places:
    names = list(contigs)
    return Places(
        np.isin(names, inputs.exclude_contigs),
        np.isin(names, inputs.hemizygous_contigs),
        read_blacklist(inputs.blacklist, contigs)
        if inputs.blacklist
        else IntervalSet(list(contigs.values())),
        read_variants(inputs.variants, contigs) if inputs.variants else None,
    )


def _screen(
    screen: Screen,
    sites: Sites,
    packed: NDArray[np.uint8],
    settings: Settings,
    tally: Tally,
    contigs: list[str],
    path: Path | None,
) -> Corrected:
    """Set the variants aside that the reads contradict; gives the pairs judged again."""
    screened = screen.settle()
    if path is not None:
        tally.add_screen(len(sites), len(screened.site), len(screened.pair))
        write_set_aside(screened, sites, contigs, path)
    return Corrected(screened.pair, screened.correct(packed, settings))


def _write(
    ordered: RecordStream,
    packed: NDArray[np.uint8],
    corrected: Corrected,
    copies: NDArray[np.uint16] | None,
    header: Header,
    outputs: Outputs,
) -> None:
    with ExitStack() as stack:
        temporary = [stack.enter_context(atomic_path(path)) for path in outputs.bams]
        indices = [stack.enter_context(atomic_path(f"{path}.bai")) for path in outputs.bams]
        writers = [BamWriter(path, header) for path in temporary]
        while len(records := ordered.take(CHUNK_RECORDS)):
            pair = pair_numbers(records)
            marks = packed[pair]
            of_set = None if copies is None else copies[pair]
            records = finish_records(records, haplotype_tags(marks), corrected.posterior(pair), of_set)
            length = records.fixed["size"].astype(np.int64) + 4
            for writer, chosen in zip(writers, shares(marks, outputs.split_bams is not None), strict=True):
                writer.add(gather(records.data, records.start[chosen], length[chosen]))
        for writer, index in zip(writers, indices, strict=True):
            writer.close(index)
