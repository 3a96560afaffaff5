"""Hand-made BAM files on a small pair of haplotypes, for the tests of allele assignment."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam

from deepallele.allele.alignments import Alignments, describe
from deepallele.allele.assign import Inputs, Outputs, assign_alleles
from deepallele.allele.bam import open_bam
from deepallele.allele.lift import Lift
from deepallele.allele.outcome import Settings

# Haplotype A is the reference. B lacks 5 bases at 2000 and has 30 more bases before 3000, on contig "1".
BLOCKS = {
    "A": {"1": [(0, 0, 5000)], "2": [(0, 0, 1000)]},
    "B": {"1": [(0, 0, 2000), (2005, 2000, 995), (3000, 3025, 2000)], "2": [(0, 0, 1000)]},
}
LENGTHS = {"A": {"1": 5000, "2": 1000}, "B": {"1": 5025, "2": 1000}}


class BlockMap:
    """Coordinate map from a list of blocks."""

    def __init__(self, blocks, reference, haplotype):
        self._blocks, self._reference, self._haplotype = blocks, reference, haplotype
        self.contigs = list(blocks)

    def reference_length(self, contig):
        return self._reference[contig]

    def haplotype_length(self, contig):
        return self._haplotype[contig]

    def blocks(self, contig):
        return np.array(self._blocks[contig], dtype=np.int64).reshape(-1, 3)


def block_map(haplotype):
    return BlockMap(BLOCKS[haplotype], LENGTHS["A"], LENGTHS[haplotype])


@dataclass
class Read:
    """One alignment; `contig` None where the read is not aligned."""

    contig: str | None = "1"
    pos: int = 0
    reverse: bool = False
    cigar: str = "20M"
    md: str | None = "20"
    mapq: int = 40
    sequence: str = "ACGTACGTACGTACGTACGT"
    quality: int = 40
    score: int | None = 0
    proper: bool = False
    umi: str | None = None


def pair(pos, length=200, contig="1", **both):
    """Two mates of 20 bases facing each other, outer ends `length` bases apart."""
    return [Read(contig, pos, **both), Read(contig, pos + length - 20, reverse=True, **both)]


UNALIGNED = Read(None)


def write_bam(path, haplotype, templates, names=None, lengths=None):
    """Write templates (lists of one or two `Read`) in order; returns the path."""
    lengths = lengths or LENGTHS[haplotype]
    header = {
        "HD": {"VN": "1.6"},
        "SQ": [{"SN": name, "LN": length} for name, length in lengths.items()],
        "RG": [{"ID": "lane1", "SM": "s"}],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for number, reads in enumerate(templates):
            for mate, read in enumerate(reads):
                name = names[number] if names else f"read{number}"
                file.write(_segment(file.header, name, read, mate, len(reads)))
    return Path(path)


def _segment(header, name, read, mate, mates):
    segment = pysam.AlignedSegment(header)
    segment.query_name = name
    segment.query_sequence = read.sequence
    segment.query_qualities = pysam.qualitystring_to_array(chr(read.quality + 33) * len(read.sequence))
    segment.flag = (0x1 | (0x40, 0x80)[mate] | 0x2 * read.proper) if mates == 2 else 0
    if read.contig is None:
        segment.flag |= 0x4
        if read.umi is not None:
            segment.set_tag("RX", read.umi, "Z")
        return segment
    segment.flag |= 0x10 * read.reverse
    segment.reference_id = header.get_tid(read.contig)
    segment.reference_start = read.pos
    segment.cigarstring = read.cigar
    segment.mapping_quality = read.mapq
    tags = [("NM", 0, "i"), ("YT", "CP", "Z")]
    if read.score is not None:
        tags.insert(0, ("AS", read.score))
    if read.md is not None:
        tags.append(("MD", read.md, "Z"))
    if read.umi is not None:
        tags.append(("RX", read.umi, "Z"))
    segment.set_tags([*tags, ("RG", "lane1", "Z"), ("CB", "ACGT-1", "Z")])
    return segment


def describe_bam(path, haplotype, mates) -> Alignments:
    """Alignments of a whole small BAM."""
    stream = open_bam(path)
    lift = Lift(block_map(haplotype), stream.header, LENGTHS["A"], str(path))
    return describe(stream.take(10**6), mates, lift)


def write_variants(path, records, samples=("x",)):
    """Write (contig, 1-based position, REF, ALT, genotypes...) as VCF; returns the path."""
    lines = ["##fileformat=VCFv4.2", '##FORMAT=<ID=GT,Number=1,Type=String,Description="GT">']
    lines += [f"##contig=<ID={contig}>" for contig in dict.fromkeys(record[0] for record in records)]
    lines.append(
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples])
    )
    for contig, position, ref, alt, *genotypes in records:
        fields = [contig, str(position), ".", ref, alt, ".", ".", ".", "GT", *genotypes]
        lines.append("\t".join(fields))
    path.write_text("\n".join(lines) + "\n")
    return path


def run(
    folder,
    templates_a,
    templates_b,
    *,
    blacklist=None,
    exclude=(),
    settings=None,
    swap=False,
    names=None,
    variants=None,
    hemizygous=(),
    split=False,
    screen=False,
):
    """Run the whole step; gives the numbers and the records of the BAM of all pairs."""
    folder.mkdir(exist_ok=True)
    bams = [
        write_bam(folder / f"in.{haplotype}.bam", haplotype, templates, names)
        for haplotype, templates in (("A", templates_a), ("B", templates_b))
    ]
    fai = folder / "ref.fa.fai"
    fai.write_text("".join(f"{name}\t{length}\t0\t60\t61\n" for name, length in LENGTHS["A"].items()))
    if blacklist is not None:
        (folder / "blacklist.bed").write_text(blacklist)
    order = slice(None, None, -1 if swap else 1)
    split_bams = (folder / "s.P1.split.bam", folder / "s.P2.split.bam")[order]
    outputs = Outputs(
        folder / "s.bam",
        (folder / "s.P1.bam", folder / "s.P2.bam")[order],
        folder / "s.json",
        split_bams if split else None,
        folder / "set_aside.tsv" if screen else None,
    )
    stats = assign_alleles(
        Inputs(
            tuple(bams[order]),
            (block_map("A"), block_map("B"))[order],
            ("P1", "P2")[order],
            fai,
            folder / "blacklist.bed" if blacklist is not None else None,
            list(exclude),
            None if variants is None else write_variants(folder / "variants.vcf", variants),
            list(hemizygous),
        ),
        outputs,
        settings or Settings(),
    )
    with pysam.AlignmentFile(str(outputs.bam)) as file:
        return stats, list(file)
