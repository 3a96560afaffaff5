"""Fragment files and counts of single cells: against sinto, and against the bulk count."""

import gzip
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pysam
from bench_count_alleles import CONTIG, PAIRS, READ, REGIONS, WIDTH, write_bam
from run import ROOT, Comparison

CELLS = 500
SINTO = (
    "import sys; from sinto.fragments import fragments;"
    " fragments(sys.argv[1], sys.argv[2], min_mapq=0, chromosomes=None, collapse_within=True)"
)


def benchmark(folder: Path) -> dict[str, Comparison]:
    """Pairs at random places, a third of each class, of cells of equal depth."""
    bam = folder / "cells.bam"
    write_bam(folder / "bulk.bam")
    add_barcodes(folder / "bulk.bam", bam)
    return {"fragments": fragments(folder, bam), "counts": counts(folder, bam)}


def add_barcodes(source: Path, target: Path) -> None:
    """Give every pair a cell."""
    generator = np.random.default_rng(2)
    barcodes = ["".join(generator.choice(list("ACGT"), 16)) for _ in range(CELLS)]
    with (
        pysam.AlignmentFile(str(source)) as reads,
        pysam.AlignmentFile(str(target), "wb", template=reads) as out,
    ):
        for read in reads:
            pair = int(read.query_name.rsplit(".", 1)[1])
            read.set_tags([*read.get_tags(), ("CB", barcodes[pair * 2654435761 % 2**32 % CELLS]), ("dc", 1)])
            out.write(read)
    pysam.index(str(target))


def fragments(folder: Path, bam: Path) -> Comparison:
    files = [folder / f"{name}.tsv.gz" for name in ("A", "B", "ambiguous", "A.split", "B.split")]
    theirs = folder / "sinto.bed"
    ours = [sys.executable, ROOT / "src" / "cell_fragments.py", "--bam", bam, "--haplotypes", "A", "B"]
    ours += ["--out-haplotypes", *files[:2], "--out-ambiguous", files[2], "--out-split", *files[3:]]
    ours += ["--summary", folder / "fragments.json"]

    def check() -> None:
        mine = {
            line for path in files[:3] for line in gzip.decompress(path.read_bytes()).decode().splitlines()
        }
        other = set(theirs.read_text().splitlines())
        # sinto joins fragments of a cell that share one end; few do so by chance.
        assert len(mine - other) + len(other - mine) < 0.003 * len(mine), "the fragments differ"

    work = (
        f"{2 * PAIRS:,} reads (items) of pairs of 2x{READ}, {CELLS} cells; ours: five sorted, indexed files"
    )
    reference = [sys.executable, "-c", SINTO, bam, theirs]
    return Comparison(list(map(str, ours)), list(map(str, reference)), work, 1, check, 2 * PAIRS)


def counts(folder: Path, bam: Path) -> Comparison:
    bed, cells, matrix, table = (folder / name for name in ("r.bed", "cells.tsv", "x.h5ad", "bulk.tsv.gz"))
    starts = np.arange(REGIONS) * (CONTIG // REGIONS) + 300
    rows = [f"chr1\t{s}\t{s + WIDTH}\tr{s}\t0\t.\t{s}\n" for s in starts]
    bed.write_text("".join(rows))
    call = [sys.executable, ROOT / "src" / "call_cells.py", "--bam", bam, "--regions", bed, "--sample", "s"]
    call += ["--samples", "s", "--min-fragments", 1, "--out", cells, "--summary", folder / "cells.json"]
    count = [
        sys.executable,
        ROOT / "src" / "count_cells.py",
        "--bam",
        bam,
        "--regions",
        bed,
        "--cells",
        cells,
    ]
    count += ["--sample", "s", "--haplotypes", "A", "B", "--out", matrix, "--out-counts", folder / "n.tsv.gz"]
    bulk = [
        sys.executable,
        ROOT / "src" / "count_alleles.py",
        "--bam",
        bam,
        "--regions",
        bed,
        "--sample",
        "s",
    ]
    both = [" ".join(f"'{part}'" for part in command) for command in (call, count)]

    def check() -> None:
        data, expected = anndata.read_h5ad(matrix), pd.read_csv(table, sep="\t")
        for layer, column in zip(
            ("A", "B", "ambiguous"), ("count_a", "count_b", "count_ambiguous"), strict=True
        ):
            sums = np.asarray(data.layers[layer].sum(axis=0)).ravel()
            assert (sums == expected[column]).all(), "the counts differ"

    work = f"{2 * PAIRS:,} reads (items), {CELLS} cells, {REGIONS:,} regions; ours: cells called, matrices"
    reference = list(map(str, [*bulk, "--out", table]))
    return Comparison(["sh", "-c", " && ".join(both)], reference, work, 1, check, 2 * PAIRS)
