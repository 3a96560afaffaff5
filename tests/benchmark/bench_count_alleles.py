"""Counting of fragments per region and haplotype against featureCounts, which counts without haplotypes."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray
from run import ROOT, Comparison

from deepallele.allele.bam import Header, open_bam
from deepallele.allele.bgzf import BgzfWriter

PAIRS, CONTIG, REGIONS, WIDTH, READ, COPIES = 400_000, 4_000_000, 4_000, 251, 75, 10
SCAFFOLDS, SCAFFOLD = 20_000, 800
STARTS = np.arange(REGIONS) * (CONTIG // REGIONS) + 300
# Qualities as sequencers of today give them: four values in runs.
QUALITIES, QUALITY_SHARES, QUALITY_RUN = "F:,#", [0.85, 0.09, 0.055, 0.005], 5


def benchmark(folder: Path) -> dict[str, Comparison]:
    """Pairs at random places, a third of each class; regions at even distances.

    Once so few that the start of the interpreter and of the compiled code counts most, once ten times more,
    and once on thousands of scaffolds.
    """
    small, large, scaffolds = (folder / f"{name}.bam" for name in ("small", "large", "scaffolds"))
    write_bam(small)
    copy_reads(small, large, COPIES, CONTIG)
    pairs = copy_reads(small, scaffolds, SCAFFOLDS, SCAFFOLD)
    return {
        "of few reads": compare(folder / "small", small, 1, STARTS, PAIRS, 1),
        "of many reads": compare(folder / "large", large, COPIES, STARTS, COPIES * PAIRS, 1),
        "of many reads by two threads": compare(folder / "large2", large, COPIES, STARTS, COPIES * PAIRS, 2),
        "on scaffolds": compare(folder / "scaffolds", scaffolds, SCAFFOLDS, STARTS[:1], pairs, 1),
    }


def compare(
    folder: Path, bam: Path, contigs: int, starts: NDArray[np.int64], pairs: int, threads: int
) -> Comparison:
    folder.mkdir()
    bed, saf, mine, theirs = (folder / name for name in ("r.bed", "r.saf", "ours.tsv.gz", "reference.txt"))
    places = [(f"chr{contig + 1}", start, start + WIDTH) for contig in range(contigs) for start in starts]
    bed.write_text("".join(f"{c}\t{s}\t{e}\t{c}:{s}-{e}\t0\t.\t{(s + e) // 2}\n" for c, s, e in places))
    saf.write_text("".join(f"{c}:{s}-{e}\t{c}\t{s + 1}\t{e}\t.\n" for c, s, e in places))
    ours = [sys.executable, ROOT / "src" / "count_alleles.py", "--bam", bam, "--regions", bed]
    ours += ["--sample", "one", "--threads", threads, "--out", mine]
    reference = ["featureCounts", "-p", "--countReadPairs", "-B", "-O", "-T", threads, "-F", "SAF"]
    reference += ["-a", saf, "-o", theirs, bam]

    def check() -> None:
        counts = pd.read_csv(mine, sep="\t").set_index("region")
        total = counts[["count_a", "count_b", "count_ambiguous"]].sum(axis=1)
        expected = pd.read_csv(theirs, sep="\t", comment="#").set_index("Geneid").iloc[:, -1]
        assert (total == expected.loc[total.index]).all(), "the counts differ"

    reads = 2 * pairs
    work = f"{reads:,} reads (items) of pairs of 2x{READ}, {len(places):,} regions"
    return Comparison(list(map(str, ours)), list(map(str, reference)), work, threads, check, reads)


def copy_reads(source: Path, target: Path, copies: int, length: int) -> int:
    """Write the pairs at the beginning of the one contig on so many of that length; give their number."""
    records = open_bam(source).take(2 * PAIRS)
    inside = np.maximum(records.fixed["pos"], records.fixed["next_pos"]) < length - READ
    data = np.concatenate(
        [
            records.data[start:end]
            for start, end in zip(records.start[inside], records.end[inside], strict=True)
        ]
    )
    size = (records.end - records.start)[inside]
    starts = np.cumsum(size) - size
    names = [f"chr{copy + 1}" for copy in range(copies)]
    lines = [f"@SQ\tSN:{name}\tLN:{length}\n" for name in names]
    header = Header(f"@HD\tVN:1.6\tSO:coordinate\n{''.join(lines)}", names, np.full(copies, length))
    contig_bytes = starts[:, None, None] + [[4], [24]] + np.arange(4)
    with BgzfWriter(target) as out:
        out.write(header.encode())
        for copy in range(copies):
            data[contig_bytes] = np.array([copy], dtype="<i4").view(np.uint8)
            out.write(data.data)
    # As the workflow does.
    pysam.index(str(target))
    return copies * len(size) // 2


def write_bam(path: Path) -> None:
    """Write proper pairs sorted by coordinate, with HP tags on two thirds."""
    generator = np.random.default_rng(1)
    start = np.sort(generator.integers(0, CONTIG - 1000, PAIRS))
    length = generator.integers(READ, 600, PAIRS)
    haplotype = generator.integers(0, 3, PAIRS)
    genome = "".join(generator.choice(list("ACGT"), CONTIG))
    runs = generator.choice(list(QUALITIES), 1_000_000 // QUALITY_RUN, p=QUALITY_SHARES)
    qualities = "".join(np.repeat(runs, QUALITY_RUN))
    where = generator.integers(0, len(qualities) - READ, 2 * PAIRS)
    tile = generator.integers(1000, 32_000, (PAIRS, 2))
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": CONTIG}]}
    place = np.concatenate([start, start + length - READ])
    with pysam.AlignmentFile(str(path), "wb", header=header | {"RG": [{"ID": "one", "SM": "one"}]}) as file:
        for row in np.argsort(place, kind="stable"):
            pair, second = row % PAIRS, row >= PAIRS
            read = pysam.AlignedSegment(file.header)
            read.query_name = f"A00111:27:HFNJ2:1:1101:{tile[pair, 0]}:{tile[pair, 1]}.{pair}"
            read.flag = 147 if second else 99
            read.reference_id = read.next_reference_id = 0
            read.reference_start = int(place[row])
            read.next_reference_start = int(start[pair] if second else place[pair + PAIRS])
            read.template_length = int(-length[pair] if second else length[pair])
            read.mapping_quality = 40
            read.cigarstring = f"{READ}M"
            read.query_sequence = genome[place[row] : place[row] + READ]
            read.query_qualities = pysam.qualitystring_to_array(qualities[where[row] : where[row] + READ])
            read.set_tags([("AS", -5), ("NM", 1), ("MD", f"{READ}"), ("RG", "one"), ("XH", 0.5)])
            if haplotype[pair]:
                read.set_tag("HP", int(haplotype[pair]))
            file.write(read)
