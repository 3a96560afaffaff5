"""Small simulated crosses with known truth: tagged BAM, BCF and reference, for the tests of the QC."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam

LENGTH = 20_000
READ = 75


@dataclass
class World:
    """A reference contig, and the SNPs that haplotypes carry: {position: (allele of A, allele of B)}."""

    reference: str
    snps: dict[int, tuple[str, str]]
    contig: str = "1"

    def haplotype(self, side):
        sequence = list(self.reference)
        for position, alleles in self.snps.items():
            sequence[position] = alleles[side]
        return "".join(sequence)


def make_world(rng, density=1 / 100, length=LENGTH, contig="1", shared=0.0):
    """Random reference; at each SNP one haplotype has another base, or (share `shared`) both have."""
    reference = "".join(rng.choice(list("ACGT"), length))
    snps = {}
    for position in np.flatnonzero(rng.random(length) < density).tolist():
        other = str(rng.choice([base for base in "ACGT" if base != reference[position]]))
        if rng.random() < shared:
            snps[position] = (other, other)
        else:
            pair = (reference[position], other)
            snps[position] = pair if rng.random() < 0.5 else pair[::-1]
    return World(reference, snps, contig)


@dataclass
class Pairs:
    """Read pairs to write: (start, fragment length, side of the bases, HP tag or None, mapq)."""

    rows: list = field(default_factory=list)

    def add(self, rng, world, number, sides=(0, 1), tagged=True, size=(180, 30)):
        """Random pairs of the given sides; tagged where they cover a SNP between the haplotypes."""
        for _ in range(number):
            length = int(np.clip(rng.normal(*size), READ, 400))
            start = int(rng.integers(0, len(world.reference) - length))
            side = int(rng.choice(sides))
            covers = any(
                world.snps.get(p, ("", ""))[0] != world.snps.get(p, ("", ""))[1]
                for first in (start, start + length - READ)
                for p in range(first, first + READ)
            )
            self.rows.append((start, length, side, side + 1 if tagged and covers else None))
        return self


def write_reads(path, worlds, pairs, rng=None, quality=37, error=0.0):
    """Write pairs of each world (a contig each), sorted and indexed; bases of `error` are replaced."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}}
    header["SQ"] = [{"SN": world.contig, "LN": len(world.reference)} for world in worlds]
    segments = []
    for tid, (world, rows) in enumerate(zip(worlds, pairs, strict=True)):
        sequences = (world.haplotype(0), world.haplotype(1))
        for number, (start, length, side, tag) in enumerate(rows.rows):
            for mate, first in enumerate((start, start + length - READ)):
                bases = list(sequences[side][first : first + READ])
                if error:
                    for place in np.flatnonzero(rng.random(READ) < error):
                        bases[place] = str(rng.choice([b for b in "ACGT" if b != bases[place]]))
                segments.append(
                    _segment(tid, number, mate, first, start, length, "".join(bases), quality, tag)
                )
    segments.sort(key=lambda one: (one[0], one[1]))
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for _, _, make in segments:
            file.write(make(file.header))
    pysam.index(str(path))
    return Path(path)


def _segment(tid, number, mate, first, start, length, bases, quality, tag):
    def make(header):
        segment = pysam.AlignedSegment(header)
        segment.query_name = f"pair{tid}.{number}"
        segment.query_sequence = bases
        segment.query_qualities = pysam.qualitystring_to_array(chr(quality + 33) * len(bases))
        segment.flag = 0x3 | (0x40 | 0x20 if mate == 0 else 0x80 | 0x10)
        segment.reference_id = segment.next_reference_id = tid
        segment.reference_start, segment.cigarstring = first, f"{len(bases)}M"
        segment.next_reference_start = start if mate else start + length - READ
        segment.template_length = -length if mate else length
        segment.mapping_quality = 42
        if tag:
            segment.set_tag("HP", tag, "C")
        segment.set_tag("XH", 0.5, "f")
        return segment

    return tid, first, make


def write_variants(path, contigs, records):
    """Write and index a BCF of records (contig, 0-based position, ref, alt, genotype)."""
    header = pysam.VariantHeader()
    for contig, length in contigs.items():
        header.contigs.add(contig, length=length)
    header.formats.add("GT", 1, "String", "Genotype")
    header.add_sample("cross")
    with pysam.VariantFile(str(path), "wb", header=header) as file:
        for contig, position, ref, alt, genotype in records:
            record = file.new_record(contig=contig, start=position, alleles=(ref, alt))
            record.samples[0]["GT"] = genotype
            record.samples[0].phased = True
            file.write(record)
    pysam.bcftools.index("-f", str(path))
    return Path(path)


def records_of(world):
    """The SNPs of a world as records for `write_variants`."""
    records = []
    for position, alleles in sorted(world.snps.items()):
        ref = world.reference[position]
        alt = next(allele for allele in alleles if allele != ref)
        genotype = tuple(int(allele == alt) for allele in alleles)
        records.append((world.contig, position, ref, alt, genotype))
    return records


def write_fasta(path, worlds):
    """Write the reference of all worlds, with its index."""
    path.write_text("".join(f">{world.contig}\n{world.reference}\n" for world in worlds))
    pysam.faidx(str(path))
    return path


def count(folder, worlds, bam, records=None, left_out=()):
    """Run the counting step on a BAM; gives its result, and the two tables as pandas frames."""
    import pandas as pd

    from deepallele.quality.sample import count_sample

    contigs = {world.contig: len(world.reference) for world in worlds}
    if records is None:
        records = [record for world in worlds for record in records_of(world)]
    variants = write_variants(folder / "variants.bcf", contigs, records)
    fasta = write_fasta(folder / "reference.fa", worlds)
    paths = folder / "counts.tsv.gz", folder / "suspects.tsv.gz"
    result = count_sample(bam, variants, fasta, *paths, left_out)
    tables = [pd.read_csv(path, sep="\t", dtype={"chrom": str}) for path in paths]
    return result, *tables
