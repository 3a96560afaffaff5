"""Fragments per region: who counts, and refusals."""

from pathlib import Path

import pandas as pd
import pysam
import pytest

from deepallele.counts.fragments import count_fragments
from deepallele.errors import InputError

REGIONS = pd.DataFrame({"chrom": ["c", "c", "c"], "start": [10, 50, 200], "end": [50, 100, 220]})


def write_bam(path: Path, reads: list[tuple[str, int, str, int, int | None]]) -> None:
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "c", "LN": 1000}]})
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for name, start, cigar, flag, haplotype in sorted(reads, key=lambda read: read[1]):
            read = pysam.AlignedSegment(header)
            read.query_name, read.reference_id, read.reference_start = name, 0, start
            read.cigarstring, read.flag, read.mapping_quality = cigar, flag, 30
            read.query_sequence = "A" * read.infer_query_length()
            if haplotype is not None:
                read.set_tag("HP", haplotype)
            file.write(read)
    pysam.index(str(path))


def test_borders_mates_and_classes(tmp_path: Path) -> None:
    write_bam(
        tmp_path / "x.bam",
        [
            ("ends before", 0, "10M", 0, 1),
            ("one base in", 0, "11M", 0, 1),
            ("both regions", 49, "2M", 0, 2),
            ("starts after", 100, "5M", 0, 2),
            ("pair", 12, "10M", 0x1 | 0x40, 2),
            ("pair", 30, "10M", 0x1 | 0x80 | 0x10, 2),
            ("gap spans", 60, "10M", 0x1 | 0x40, None),
            ("gap spans", 300, "10M", 0x1 | 0x80, None),
            ("deletion spans", 195, "5M20D5M", 0, 1),
            ("duplicate", 20, "10M", 0x400, 1),
            ("secondary", 20, "10M", 0x100, 1),
        ],
    )
    counts = count_fragments(tmp_path / "x.bam", REGIONS)
    assert counts.tolist() == [[1, 2, 0], [0, 1, 1], [0, 0, 0]]


def test_chunks_do_not_change_the_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = [(f"r{i % 40}", 7 * i % 230, "8M3D8M", 0x1, (1, 2, None)[i % 40 % 3]) for i in range(120)]
    write_bam(tmp_path / "x.bam", reads)
    whole = count_fragments(tmp_path / "x.bam", REGIONS)
    monkeypatch.setattr("deepallele.counts.fragments.CHUNK", 3)
    assert count_fragments(tmp_path / "x.bam", REGIONS).tolist() == whole.tolist()
    assert whole.sum() > 50


def test_no_reads_give_zeros(tmp_path: Path) -> None:
    write_bam(tmp_path / "x.bam", [])
    assert count_fragments(tmp_path / "x.bam", REGIONS).tolist() == [[0, 0, 0]] * 3


def test_refusals(tmp_path: Path) -> None:
    write_bam(tmp_path / "x.bam", [("a", 20, "5M", 0, 3)])
    with pytest.raises(InputError, match="HP tag 3"):
        count_fragments(tmp_path / "x.bam", REGIONS)
    with pytest.raises(InputError, match="no contig 'd'"):
        count_fragments(tmp_path / "x.bam", REGIONS.assign(chrom="d"))
