"""Counting of fragments per region and haplotype against featureCounts, which counts without haplotypes."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from run import ROOT, Comparison

PAIRS, CONTIG, REGIONS, WIDTH, READ = 400_000, 4_000_000, 4_000, 251, 50


def benchmark(folder: Path) -> Comparison:
    """Pairs at random places of one contig, a third of each class; regions at even distances."""
    bam, bed, saf = folder / "reads.bam", folder / "regions.bed", folder / "regions.saf"
    write_bam(bam)
    starts = np.arange(REGIONS) * (CONTIG // REGIONS) + 300
    names = [f"chr1:{start}-{start + WIDTH}" for start in starts]
    rows = zip(starts, names, strict=True)
    bed.write_text("".join(f"chr1\t{s}\t{s + WIDTH}\t{name}\t0\t.\t{s + WIDTH // 2}\n" for s, name in rows))
    rows = zip(starts, names, strict=True)
    saf.write_text("".join(f"{name}\tchr1\t{s + 1}\t{s + WIDTH}\t.\n" for s, name in rows))
    ours = [sys.executable, str(ROOT / "src" / "count_alleles.py"), "--bam", str(bam), "--regions", str(bed)]
    ours += ["--sample", "one", "--threads", "1", "--out", str(folder / "ours.tsv.gz")]
    reference = [
        "featureCounts",
        "-p",
        "--countReadPairs",
        "-B",
        "-O",
        "-T",
        "1",
        "-F",
        "SAF",
        "-a",
        str(saf),
    ]
    reference += ["-a", str(saf), "-o", str(folder / "reference.txt"), str(bam)]

    def check() -> None:
        mine = pd.read_csv(folder / "ours.tsv.gz", sep="\t")
        theirs = pd.read_csv(folder / "reference.txt", sep="\t", comment="#").set_index("Geneid").iloc[:, -1]
        counts = mine[["count_a", "count_b", "count_ambiguous"]].sum(axis=1)
        assert (counts.to_numpy() == theirs.loc[mine["region"]].to_numpy()).all(), "the counts differ"

    return Comparison(ours, reference, f"{PAIRS:,} pairs, {REGIONS:,} regions", 1, check)


def write_bam(path: Path) -> None:
    """Write proper pairs sorted by coordinate, with HP tags on two thirds."""
    generator = np.random.default_rng(1)
    start = np.sort(generator.integers(0, CONTIG - 1000, PAIRS))
    length = generator.integers(60, 600, PAIRS)
    haplotype = generator.integers(0, 3, PAIRS)
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": CONTIG}]}
    place = np.concatenate([start, start + length - READ])
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for row in np.argsort(place, kind="stable"):
            pair, second = row % PAIRS, row >= PAIRS
            read = pysam.AlignedSegment(file.header)
            read.query_name = f"pair{pair}"
            read.flag = 147 if second else 99
            read.reference_id = read.next_reference_id = 0
            read.reference_start = int(place[row])
            read.next_reference_start = int(start[pair] if second else place[pair + PAIRS])
            read.template_length = int(-length[pair] if second else length[pair])
            read.mapping_quality = 40
            read.cigarstring = f"{READ}M"
            read.query_sequence = "A" * READ
            read.query_qualities = pysam.qualitystring_to_array("I" * READ)
            if haplotype[pair]:
                read.set_tag("HP", int(haplotype[pair]))
            file.write(read)
    pysam.index(str(path))
