"""The reads that peaks are called on."""

from pathlib import Path

import pysam
import pytest

from deepallele.errors import InputError
from deepallele.peaks.reads import write_reads

CONTIGS = ["1", "1:5-90", "chrM"]


@pytest.fixture
def bam(tmp_path: Path) -> Path:
    """Ten reads on each contig, then one each that is a duplicate, fails the filter, or is no primary one."""
    path = tmp_path / "all pairs.bam"
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": name, "LN": 100} for name in CONTIGS]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for contig, name in enumerate(CONTIGS):
            for number in range(10):
                file.write(record(f"{name}_{number}", contig, 9 * number, 0, file.header))
            for flag in (pysam.FDUP, pysam.FQCFAIL, pysam.FSECONDARY):
                file.write(record(f"{name}_{flag}", contig, 90, flag, file.header))
    pysam.index(str(path))
    return path


def record(
    name: str, contig: int, start: int, flag: int, header: pysam.AlignmentHeader
) -> pysam.AlignedSegment:
    read = pysam.AlignedSegment(header)
    read.query_name, read.reference_id, read.reference_start, read.flag = name, contig, start, flag
    read.query_sequence, read.cigarstring, read.mapping_quality = "ACGTACGT", "8M", 30
    read.set_tag("HP", 1)
    return read


def names(path: Path) -> list[str]:
    with pysam.AlignmentFile(str(path)) as file:
        return [read.query_name for read in file.fetch(until_eof=True)]


def test_excluded_contigs_and_reads_that_do_not_count_are_left_out(bam: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.bam"
    assert write_reads(bam, out, ["chrM", "absent"]) == 20
    assert names(out) == [f"{contig}_{n}" for contig in CONTIGS[:2] for n in range(10)]
    # A contig whose name looks like a part of another one.
    assert write_reads(bam, out, ["1:5-90", "chrM"], threads=2) == 10
    assert names(out) == [f"1_{n}" for n in range(10)]
    with pysam.AlignmentFile(str(out)) as file:
        assert list(file.references) == CONTIGS
        assert next(file.fetch(until_eof=True)).get_tag("HP") == 1


def test_the_same_reads_are_the_same_bytes(bam: Path, tmp_path: Path) -> None:
    for name in ("one.bam", "two.bam"):
        write_reads(bam, tmp_path / name, ["chrM"])
    assert (tmp_path / "one.bam").read_bytes() == (tmp_path / "two.bam").read_bytes()


def test_no_read_at_all_is_told_and_nothing_is_left(bam: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no mapped read outside the excluded contigs"):
        write_reads(bam, tmp_path / "out.bam", CONTIGS)
    assert not (tmp_path / "out.bam").exists()
