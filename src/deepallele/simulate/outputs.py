"""Files of a simulation: genome, VCF, blacklist, reads and the truth tables."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from deepallele.files import atomic_path, write_table, write_text
from deepallele.simulate import bytetable
from deepallele.simulate.bytetable import Column, Sink
from deepallele.simulate.fragments import Fragments
from deepallele.simulate.genome import Genome
from deepallele.simulate.informative import Span
from deepallele.simulate.reads import PHRED_OFFSET, Mates
from deepallele.simulate.settings import Paths

_LINE = 60
READ_COLUMNS = [
    "read", "sample", "haplotype", "chrom", "start", "end", "n_variants", "duplicate", "source",
]  # fmt: skip


def write_genome(genome: Genome, path: Path) -> None:
    """Write FASTA with lines of 60 bases, and its .fai."""
    parts = []
    for contig, name in enumerate(genome.names):
        text = genome.text(contig)
        parts.append(b">" + name.encode() + b"\n")
        whole = len(text) // _LINE * _LINE
        rows = np.frombuffer(text[:whole], dtype=np.uint8).reshape(-1, _LINE)
        feeds = np.full((len(rows), 1), ord("\n"), dtype=np.uint8)
        parts.append(np.concatenate([rows, feeds], axis=1).tobytes())
        parts.append(text[whole:] + b"\n" if text[whole:] else b"")
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"".join(parts))
    pysam.faidx(str(path))


def write_vcf(text: str, path: Path) -> None:
    """Write bgzip-compressed VCF and its tabix index."""
    plain = path.with_suffix("")
    write_text(text, plain)
    pysam.tabix_compress(str(plain), str(path), force=True)
    pysam.tabix_index(str(path), preset="vcf", force=True)
    plain.unlink()


def write_blacklist(genome: Genome, starts: NDArray[np.int64], length: int, path: Path) -> None:
    """Write the blacklist as BED with four columns."""
    contigs, local = genome.contig_of(starts), genome.local(starts)
    rows = zip(contigs.tolist(), local.tolist(), strict=True)
    write_text("".join(f"{genome.names[c]}\t{s}\t{s + length}\thigh_coverage\n" for c, s in rows), path)


def write_samples(paths: Paths, units: dict[str, int], mates: int = 2, control: str | None = None) -> None:
    """Write the sample sheet.

    Parameters
    ----------
    units
        Number of lanes of each sample, the control included.
    mates
        2 for paired, 1 for single ends.
    control
        Name of the sample that is the others' control; None: there is no such column.
    """
    rows = []
    for sample, count in units.items():
        for unit in range(1, count + 1):
            files = [str(paths.fastq(sample, unit, mate)) for mate in range(1, mates + 1)]
            rows.append((sample, f"lane{unit}", *files, *[""] * (2 - mates)))
    table = pd.DataFrame(rows, columns=["sample", "unit", "fastq_1", "fastq_2"])
    if control is not None:
        table = table.assign(control=np.where(table["sample"] == control, "", control))
    write_table(table, paths.samples)


class ReadNames:
    """Columns of the read name and of the truth table for one sample's fragments."""

    def __init__(
        self,
        fragments: Fragments,
        span: Span,
        number: NDArray[np.int64],
        digits: int,
        haplotypes: list[str],
        contigs: list[str],
        prefix: list[Column],
    ) -> None:
        """Name the reads r0000001:HAPLOTYPE:CHROM:START-END, with `prefix` before, :d behind duplicates."""
        count = len(fragments.start)
        contig, start, end = span
        self.haplotype = bytetable.choice(haplotypes, fragments.haplotype)
        self.contig = bytetable.choice(contigs, contig)
        self.start, self.end = bytetable.digits(start), bytetable.digits(end)
        colon = bytetable.constant(":", count)
        self.name: Column = np.concatenate(
            [
                *prefix, bytetable.constant("r", count),
                bytetable.digits(number, digits),
                colon, self.haplotype, colon, self.contig, colon, self.start,
                bytetable.constant("-", count), self.end,
                bytetable.choice(["", ":d"], fragments.duplicate),
            ],
            axis=1,
        )  # fmt: skip

    def truth_lines(
        self,
        fragments: Fragments,
        sample: str,
        told: NDArray[np.int64],
        sources: Sequence[str],
        extra: Sequence[Column],
    ) -> bytes:
        """Lines of truth/reads.tsv.gz; `sources` names fragments.source, `extra` holds further columns."""
        count = len(told)
        tab = bytetable.constant("\t", count)
        columns = [
            self.name, bytetable.constant(f"\t{sample}\t", count), self.haplotype, tab, self.contig, tab,
            self.start, tab, self.end, tab, bytetable.digits(told), tab,
            bytetable.choice(["False", "True"], fragments.duplicate), tab,
            bytetable.choice(sources, fragments.source),
        ]  # fmt: skip
        for column in extra:
            columns += [tab, column]
        return bytetable.lines([*columns, bytetable.constant("\n", count)])


def write_pairs(sinks: Sequence[Sink], name: Column, mates: Sequence[Mates]) -> None:
    """Write FASTQ records of both mates, or of one."""
    count = len(name)
    for sink, mate in zip(sinks, mates, strict=True):
        sink.write(
            bytetable.lines(
                [
                    bytetable.constant("@", count), name, bytetable.constant("\n", count), mate.bases,
                    bytetable.constant("\n+\n", count), mate.quality + np.uint8(PHRED_OFFSET),
                    bytetable.constant("\n", count),
                ]
            )
        )  # fmt: skip
