"""Cut sites: which reads give one, where, and how the lines look."""

import gzip
from pathlib import Path

import numpy as np
import pysam
import pytest

from deepallele.peaks.cuts import write_cuts

CONTIGS = {"HLA-A*01:01": 300, "1": 1_000_000_000, "out": 500, "empty": 10}
FLAGS = [0, 16, 0x63, 0x93, 0x4, 0x100, 0x200, 0x410, 0x800]
CIGARS = ["20M", "5S15M", "10M3D10M", "8M100N8M", "3H8=1X8=2S", "10M5I10M", "3S2M", None]


@pytest.fixture(scope="module")
def bam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reads of every kind, some at the ends of their contig."""
    path = tmp_path_factory.mktemp("cuts") / "reads.bam"
    rng = np.random.default_rng(3)
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": c, "LN": n} for c, n in CONTIGS.items()]})
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for contig, last in enumerate([295, 999_999_990, 495]):
            for start in np.sort(
                np.r_[[0] * 60, 8, 9, 10, 99, 100, rng.integers(0, last, 400), last - 5, last]
            ):
                read = pysam.AlignedSegment(header)
                read.query_name, read.reference_id, read.reference_start = "r", contig, int(start)
                read.flag, read.cigarstring = int(rng.choice(FLAGS)), CIGARS[rng.integers(len(CIGARS))]
                file.write(read)
    return path


def expected(bam: Path, exclude: list[str]) -> list[str]:
    lines = []
    with pysam.AlignmentFile(str(bam)) as file:
        for read in file:
            if read.flag & 0xF04 or read.reference_end is None or read.reference_name in exclude:
                continue
            cut = read.reference_end - 5 if read.is_reverse else read.reference_start + 4
            if 0 <= cut < CONTIGS[read.reference_name]:
                lines.append(f"{read.reference_name}\t{cut}\t{cut + 1}\t.\t0\t+\n")
    return lines


@pytest.mark.parametrize("exclude", [[], ["out", "absent"]])
def test_cuts_equal_a_plain_loop(bam: Path, tmp_path: Path, exclude: list[str]) -> None:
    lines = expected(bam, exclude)
    assert write_cuts(bam, tmp_path / "cuts.bed.gz", exclude) == len(lines) > 300
    assert gzip.decompress((tmp_path / "cuts.bed.gz").read_bytes()).decode() == "".join(lines)


def test_chunks_and_threads_do_not_change_the_file(bam: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.bed.gz", tmp_path / "parts.bed.gz"
    write_cuts(bam, whole, ["out"])
    for threads in (1, 2):
        write_cuts(bam, parts, ["out"], threads, chunk=5)
        assert gzip.decompress(parts.read_bytes()) == gzip.decompress(whole.read_bytes())
