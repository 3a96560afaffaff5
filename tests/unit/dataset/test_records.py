"""Records of the applied variants, and what overlapping ones make of each haplotype."""

from pathlib import Path

import pysam
import pytest

from deepallele.dataset import records
from deepallele.dataset.records import variants_in
from deepallele.errors import InputError

HEADER = (
    '##fileformat=VCFv4.2\n##contig=<ID=c>\n##contig=<ID=e>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tX\n"
)


def bcf(folder: Path, *rows: tuple[int, str, str, str]) -> Path:
    """Rows: 0-based position, ref, alt, genotype."""
    lines = [f"c\t{position + 1}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{gt}\n" for position, ref, alt, gt in rows]
    (folder / "v.vcf").write_text(HEADER + "".join(lines))
    path = folder / "v.bcf"
    with (
        pysam.VariantFile(str(folder / "v.vcf")) as source,
        pysam.VariantFile(str(path), "wb", header=source.header) as out,
    ):
        for record in source:
            out.write(record)
    pysam.tabix_index(str(path), preset="bcf", force=True)
    return path


def found(path: Path, *spans: tuple[int, int]) -> list[tuple]:
    return list(variants_in(path, "c", list(spans)).itertuples(index=False, name=None))


def test_what_both_haplotypes_carry_is_no_difference(tmp_path):
    path = bcf(tmp_path, (5, "A", "G", "1|1"), (9, "C", "T", "0|1"), (12, "C", "T", "1|0"))
    assert found(path, (0, 50)) == [(9, "C", "T", "C", "T"), (12, "C", "T", "T", "C")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Each haplotype has its own alternative.
        ([(5, "A", "G", "1|0"), (5, "A", "T", "0|1")], (5, "A", "G,T", "G", "T")),
        # A's deletion spans B's change, and another of B's at its end.
        (
            [(5, "ACGTA", "A", "1|0"), (7, "G", "C", "0|1"), (9, "A", "ATT", "0|1")],
            (5, "ACGTA", "A,ACCTATT", "A", "ACCTATT"),
        ),
        # One haplotype changes the base on which its own deletion is anchored.
        ([(5, "A", "G", "1|0"), (5, "AC", "A", "1|0")], (5, "AC", "G", "G", "AC")),
        # Both change it, and one has the deletion.
        ([(5, "A", "G", "1|1"), (5, "AC", "A", "0|1")], (5, "AC", "GC,G", "GC", "G")),
        # A chain of overlaps.
        (
            [(5, "ACG", "A", "1|0"), (7, "GTT", "G", "0|1"), (9, "TA", "CC", "1|0")],
            (5, "ACGTTA", "ATCC,ACGA", "ATCC", "ACGA"),
        ),
    ],
)
def test_overlapping_records_become_one_variant(tmp_path, rows, expected):
    assert found(bcf(tmp_path, *rows), (0, 50)) == [expected]


def test_touching_records_stay_apart(tmp_path):
    path = bcf(tmp_path, (5, "AC", "A", "1|0"), (7, "G", "C", "0|1"))
    assert len(found(path, (0, 50))) == 2


def test_a_long_variant_brings_what_it_overlaps_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "_MARGIN", 2)
    ref = "A" + "CGTG" * 10
    path = bcf(tmp_path, (3, "A", "T", "1|0"), (8, "A" + ref[1:], "A", "0|1"), (15, "T", "C", "1|0"))
    wanted = [row for row in found(path, (40, 45)) if row[0] == 8]
    changed = ref[:7] + "C" + ref[8:]
    assert wanted == [(8, ref, f"{changed},A", changed, "A")]


def test_a_record_of_two_stretches_is_listed_once(tmp_path):
    path = bcf(tmp_path, (5, "A" * 30, "A", "1|0"))
    assert len(found(path, (10, 12), (20, 30))) == 1


def test_a_contig_without_records_is_empty(tmp_path):
    path = bcf(tmp_path, (5, "A", "G", "1|0"))
    for contig in ("e", "unknown", "HLA-A*01:01"):
        assert variants_in(path, contig, [(0, 9)]).empty


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((5, "A", "G", "0/1"), "genotype 0/1"),
        ((5, "A", "G", ".|1"), r"c:6: alleles A,G, genotype \.\|1"),
        ((5, "A", "G,T", "1|2"), "alleles A,G,T"),
        ((5, "A", ".", "0|0"), "two alleles"),
    ],
)
def test_records_of_another_kind_are_told(tmp_path, row, words):
    with pytest.raises(InputError, match=words):
        found(bcf(tmp_path, row), (0, 50))


def test_a_file_that_is_none_is_told(tmp_path):
    (tmp_path / "v.bcf").write_text("hello")
    with pytest.raises(InputError, match="bcftools cannot read"):
        found(tmp_path / "v.bcf", (0, 50))
