"""Counts per gene and class against featureCounts on the GTF itself, and against brute force."""

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.annotation.gene_counts import count_genes
from deepallele.annotation.genes import read_annotation, write_saf

CONTIGS = {"chr1": 90_000, "1": 12_000, "empty": 500}
CLASSES = {1: 0, 2: 1, None: 2}
READ = 50

pytestmark = pytest.mark.skipif(
    shutil.which("featureCounts") is None, reason="featureCounts (subread) is not installed"
)


def make_gtf(path: Path, rng: np.random.Generator) -> dict[str, tuple[str, str, list[list[tuple[int, int]]]]]:
    """Genes of 1 to 3 transcripts, many of which overlap: contig, strand, exons of each transcript."""
    genes, rows = {}, []
    for contig, number in (("chr1", 45), ("1", 10)):
        for index in range(number):
            gene = f"{contig}:g {index}"
            place = int(rng.integers(0, CONTIGS[contig] - 4000))
            strand = str(rng.choice(["+", "-"]))
            edges = place + np.cumsum(rng.integers(40, 350, 2 * int(rng.integers(1, 6))))
            exons = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
            transcripts = [exons]
            for _ in range(int(rng.integers(0, 3))):
                shift = int(rng.integers(-30, 30))
                chosen = [exon for exon in exons if rng.random() < 0.7] or exons[:1]
                transcripts.append([(max(a + shift, 0), b + shift) for a, b in chosen])
            genes[gene] = (contig, strand, transcripts)
            for which, spans in enumerate(transcripts):
                told = f'gene_id "{gene}"; transcript_id "{gene}.{which}";'
                rows += [f"{contig}\tm\texon\t{a + 1}\t{b}\t.\t{strand}\t.\t{told}" for a, b in spans]
    path.write_text("\n".join(rows) + "\n")
    return genes


def transcribe(spans: list[tuple[int, int]], start: int, length: int) -> tuple[int, str]:
    """Place and CIGAR of `length` bases of a transcript from its base `start` on."""
    bases = np.concatenate([np.arange(a, b) for a, b in spans])
    bases = bases[start : start + length]
    breaks = np.flatnonzero(np.diff(bases) > 1) + 1
    blocks = np.split(bases, breaks)
    cigar = f"{len(blocks[0])}M"
    for left, right in pairwise(blocks):
        cigar += f"{right[0] - left[-1] - 1}N{len(right)}M"
    return int(bases[0]), cigar


def make_reads(path: Path, genes: dict, rng: np.random.Generator, paired: bool) -> None:
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6"}, "SQ": [{"SN": c, "LN": n} for c, n in CONTIGS.items()]}
    )
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for number, gene in enumerate(rng.choice(list(genes), 5_000)):
            contig, strand, transcripts = genes[gene]
            spans = transcripts[0]
            if rng.random() < 0.2:  # unspliced, or outside of all genes
                begin = int(rng.integers(0, CONTIGS[contig] - 700))
                spans = [(begin, begin + 600)]
            size = sum(b - a for a, b in spans)
            length = int(min(size, rng.integers(READ, 250)))
            start = int(rng.integers(0, size - length + 1))
            places = [transcribe(spans, start, min(READ, length))]
            places.append(transcribe(spans, start + max(length - READ, 0), min(READ, length)))
            # Mate 1 on the gene's strand, mostly, as in a library of strandness 1.
            sense = (strand == "+") == (rng.random() < 0.8)
            haplotype = (1, 2, None)[rng.integers(3)]
            write_fragment(file, f"f{number}", contig, places[: 1 + paired], sense, haplotype, rng)
    pysam.sort("-o", str(path), str(path))


def write_fragment(file, name, contig, places, sense, haplotype, rng) -> None:
    """Write mates at their places, from the left; `sense`: mate 1 is the left one, on the plus strand."""
    mates = []
    duplicate = 0x400 if rng.random() < 0.02 else 0
    for index, (place, cigar) in enumerate(places):
        read = pysam.AlignedSegment(file.header)
        read.query_name, read.reference_name, read.reference_start = name, contig, place
        read.cigarstring, read.mapping_quality = cigar, 60
        read.query_sequence = "A" * read.infer_query_length()
        read.flag = duplicate | (0 if sense else 0x10)
        if len(places) == 2:
            read.flag = (
                duplicate | 0x3 | (0x10 if index else 0x20) | (0x40 if (index == 0) == sense else 0x80)
            )
        if haplotype:
            read.set_tag("HP", haplotype)
        mates.append(read)
    if len(mates) == 2:
        for read, mate in (mates, mates[::-1]):
            read.next_reference_id, read.next_reference_start = mate.reference_id, mate.reference_start
        span = max(read.reference_end for read in mates) - mates[0].reference_start
        mates[0].template_length, mates[1].template_length = span, -span
    for read in mates:
        file.write(read)


@pytest.fixture(scope="module", params=[True, False], ids=["pairs", "reads"])
def case(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("genes")
    rng = np.random.default_rng(3 + request.param)
    genes = make_gtf(folder / "g.gtf", rng)
    make_reads(folder / "all reads.bam", genes, rng, request.param)
    annotation = read_annotation(folder / "g.gtf", list(CONTIGS))
    write_saf(annotation.exons, folder / "exons.saf")
    return folder, annotation, genes, request.param


@pytest.mark.parametrize("strandness", [0, 1, 2])
def test_counts_equal_featurecounts_on_the_gtf(case, tmp_path, strandness) -> None:
    folder, annotation, _, paired = case
    ids = annotation.genes["gene_id"]
    counts, summary = count_genes(folder / "all reads.bam", folder / "exons.saf", ids, strandness)
    options = ["-p", "--countReadPairs"] if paired else []
    for haplotype, column in CLASSES.items():
        part = tmp_path / "part.bam"
        with (
            pysam.AlignmentFile(str(folder / "all reads.bam")) as source,
            pysam.AlignmentFile(str(part), "wb", template=source) as out,
        ):
            for read in source:
                if (read.get_tag("HP") if read.has_tag("HP") else None) == haplotype:
                    out.write(read)
        command = ["featureCounts", *options, "-s", str(strandness), "--ignoreDup", "-a", folder / "g.gtf"]
        subprocess.run([*command, "-o", tmp_path / "out", part], check=True, capture_output=True)
        theirs = pd.read_csv(tmp_path / "out", sep="\t", skiprows=1, index_col=0)
        np.testing.assert_array_equal(counts[:, column], theirs.iloc[:, -1].loc[ids])
        told = pd.read_csv(tmp_path / "out.summary", sep="\t", index_col=0).iloc[:, 0]
        ours = summary[("a", "b", "ambiguous")[column]]
        assert sum(ours.values()) == told.sum()
        assert ours["several_genes"] == told["Unassigned_Ambiguity"] > 0
        assert ours["no_gene"] == told["Unassigned_NoFeatures"] > 0
        assert ours["duplicates"] == told["Unassigned_Duplicate"] > 0
    assert (counts.sum(axis=0) > 150).all()


def test_counts_equal_brute_force_where_one_gene_is_touched(case) -> None:
    """The rule told without featureCounts; where mates see several genes only its own rules decide."""
    folder, annotation, genes, _ = case
    exonic: dict[tuple[str, int], set[str]] = {}
    for gene, (contig, _, transcripts) in genes.items():
        for span in (span for spans in transcripts for span in spans):
            for base in range(*span):
                exonic.setdefault((contig, base), set()).add(gene)
    touched: dict[str, set[str]] = {}
    kinds = {}
    with pysam.AlignmentFile(str(folder / "all reads.bam")) as file:
        for read in file:
            if read.is_duplicate:
                continue
            kinds[read.query_name] = CLASSES[read.get_tag("HP") if read.has_tag("HP") else None]
            for base in read.get_reference_positions():
                found = exonic.get((read.reference_name, base), set())
                touched.setdefault(read.query_name, set()).update(found)
    rank = {gene: row for row, gene in enumerate(annotation.genes["gene_id"])}
    least, most = np.zeros((2, len(rank), 3), dtype=int)
    for name, found in touched.items():
        for gene in found:
            most[rank[gene], kinds[name]] += 1
            least[rank[gene], kinds[name]] += len(found) == 1
    counts, _ = count_genes(folder / "all reads.bam", folder / "exons.saf", annotation.genes["gene_id"], 0)
    assert (least <= counts).all() and (counts <= most).all()
    alone = (least == most) & (most > 0)
    assert alone.sum() > 10
    np.testing.assert_array_equal(counts[alone], least[alone])
