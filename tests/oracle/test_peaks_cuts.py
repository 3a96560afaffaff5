"""Cut sites against bedtools, and MACS3 summits of planted clusters of cuts."""

import gzip
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pysam
import pytest

from deepallele.errors import InputError
from deepallele.peaks.cuts import genome_size, write_cuts
from deepallele.peaks.regions import read_peaks

CENTRES = [20_000, 60_000, 61_000, 120_000]
GENOME = {"chr1": 150_000, "chrM": 16_000}


def write_pairs(path: Path, seed: int) -> None:
    """Fragments with an end at the planted centres (sd 40 bp) over a thin background."""
    rng = np.random.default_rng(seed)
    ends = np.concatenate([np.rint(rng.normal(c, 40, 250)).astype(int) for c in CENTRES])
    starts = np.concatenate([ends, rng.integers(300, 149_000, 1_500), rng.integers(0, 60, 30)])
    contig = np.r_[np.zeros(len(starts), int), np.ones(400, int)]
    starts = np.r_[starts, rng.integers(300, 15_000, 400)]
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": c, "LN": n} for c, n in GENOME.items()]})
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for number, (reference, start) in enumerate(zip(contig, starts, strict=True)):
            size = int(rng.integers(60, 250))
            # Half of the planted ends are right ends.
            left = int(start) if number % 2 else max(int(start) - size, 0)
            for flag, place in ((0x1 | 0x2 | 0x40 | 0x20, left), (0x1 | 0x2 | 0x80 | 0x10, left + size - 50)):
                read = pysam.AlignedSegment(header)
                read.query_name, read.flag, read.reference_id = f"f{number}", flag, int(reference)
                read.reference_start, read.cigarstring, read.query_sequence = place, "50M", "A" * 50
                file.write(read)
    pysam.sort("-o", str(path), str(path))
    pysam.index(str(path))


@pytest.fixture(scope="module")
def bam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cuts") / "reads.bam"
    write_pairs(path, 5)
    return path


@pytest.mark.skipif(shutil.which("bedtools") is None, reason="bedtools is not installed")
def test_cuts_equal_bedtools(bam: Path, tmp_path: Path) -> None:
    written = write_cuts(bam, tmp_path / "cuts.bed.gz", exclude=["chrM"])
    text = subprocess.run(
        ["bedtools", "bamtobed", "-i", bam], check=True, capture_output=True, text=True
    ).stdout
    expected = []
    for line in text.splitlines():
        chrom, start, end, *_, strand = line.split("\t")
        cut = int(start) + 4 if strand == "+" else int(end) - 5
        if chrom != "chrM":
            expected.append(f"{chrom}\t{cut}\t{cut + 1}\t.\t0\t+")
    assert gzip.decompress((tmp_path / "cuts.bed.gz").read_bytes()).decode().splitlines() == expected
    assert written == len(expected) > 4_000


def test_genome_size_leaves_out_excluded_contigs(bam: Path, tmp_path: Path) -> None:
    assert genome_size(bam, ["chrM", "absent"]) == 150_000
    with pytest.raises(InputError, match="leaves no contig"):
        genome_size(bam, ["chrM", "chr1"])
    with pytest.raises(InputError, match="no mapped read"):
        write_cuts(bam, tmp_path / "none.bed.gz", exclude=["chrM", "chr1"])
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("macs3") is None, reason="macs3 is not installed")
def test_macs3_finds_the_planted_summits(bam: Path, tmp_path: Path) -> None:
    write_cuts(bam, tmp_path / "cuts.bed.gz", exclude=["chrM"])
    command = ["macs3", "callpeak", "-t", "cuts.bed.gz", "-f", "BED", "-n", "x", "-g", "150000", "-q", "0.01"]
    command += [
        "--nomodel",
        "--shift",
        "-75",
        "--extsize",
        "150",
        "--keep-dup",
        "all",
        "--tempdir",
        str(tmp_path),
    ]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    peaks = read_peaks(tmp_path / "x_peaks.narrowPeak")
    strong = peaks.nlargest(len(CENTRES), "score").sort_values("summit")
    assert np.abs(strong["summit"].to_numpy() - CENTRES).max() <= 35
    assert (strong["score"] > 0).all()
