"""Which records of a VCF make the haplotypes, and under which reason the others are listed."""

import gzip
from pathlib import Path

import numpy as np
import pysam
import pytest
from genome_world import REFERENCE, SIDES, snps

from deepallele.errors import InputError
from deepallele.genome.alleles import Haplotype


def test_inbred_sample_takes_homozygous_calls_only(select):
    records = [
        ("chr1", 2, "A", "G", "1/1"),
        ("chr1", 3, "C", "T", "0/1"),
        ("chr1", 4, "G", "T", "./."),
        ("chr1", 5, "T", "A", "0/0"),
        ("chr1", 6, "A", "C", "1|0"),
        ("chr1", 7, "C", "T", "1/."),
        ("chr1", 8, "G", "A", "1"),
    ]
    chosen, skips, report = select(records)
    assert chosen == [("chr1", 2, "A", "G", 0, 1), ("chr1", 8, "G", "A", 0, 1)]
    assert skips == [
        ("chr1:3:C>T", "ALT", "heterozygous"),
        ("chr1:4:G>T", "ALT", "missing_genotype"),
        ("chr1:6:A>C", "ALT", "heterozygous"),
        ("chr1:7:C>T", "ALT", "missing_genotype"),
    ]
    assert report["skipped"] == {
        "REF": {"total": 0},
        "ALT": {"heterozygous": 2, "missing_genotype": 2, "total": 4},
    }
    assert report["records"] == 7


def test_phased_sample_gives_both_sides(select):
    records = [
        ("chr1", 2, "A", "G", "1|0"),
        ("chr1", 3, "C", "T", "0|1"),
        ("chr1", 4, "G", "T", "1|1"),
        ("chr1", 5, "T", "A", "0/1"),
        ("chr1", 6, "A", "C", "1/1"),
    ]
    chosen, skips, report = select(records, SIDES)
    assert [row[1:] for row in chosen] == [
        (2, "A", "G", 1, 0),
        (3, "C", "T", 0, 1),
        (4, "G", "T", 1, 1),
        (6, "A", "C", 1, 1),
    ]
    assert skips == [("chr1:5:T>A", name, "unphased") for name in ("LEFT", "RIGHT")]
    assert report["between_haplotypes"] == {"snp": 2, "total": 2}
    assert report["shared_by_haplotypes"] == {"snp": 2, "total": 2}
    chosen, _, _ = select(records, (REFERENCE, SIDES[1]))
    assert [(row[1], *row[4:]) for row in chosen] == [(3, 0, 1), (4, 0, 1), (6, 0, 1)]


def test_two_inbred_samples_and_swapping_them(select):
    records = [
        ("chr1", 2, "A", "G,T", "1/1", "2/2"),
        ("chr1", 3, "C", "T", "1/1", "1/1"),
        ("chr1", 4, "G", "T", "0/0", "1/1"),
        ("chr1", 6, "A", "C", "0/1", "1/1"),
    ]
    both = (Haplotype("ONE", "S1"), Haplotype("TWO", "S2"))
    chosen, skips, _ = select(records, both, samples=("S1", "S2"))
    assert [row[1:] for row in chosen] == [
        (2, "A", "G", 1, 0),
        (2, "A", "T", 0, 1),
        (3, "C", "T", 1, 1),
        (4, "G", "T", 0, 1),
    ]
    assert skips == [("chr1:6:A>C", "ONE", "heterozygous"), ("chr1:6:A>C", "TWO", "other_haplotype_unknown")]
    swapped, _, _ = select(records, both[::-1], samples=("S1", "S2"))
    assert sorted((*row[:4], row[5], row[4]) for row in swapped) == sorted(chosen)


def test_multiallelic_alleles_are_trimmed_and_sorted_again(select):
    # Trimming moves the second allele of the first record behind the next record.
    records = [("chr1", 2, "ACGT", "AC,ACGA", "1|2"), ("chr1", 3, "C", "G", "0|1")]
    chosen, skips, report = select(records, SIDES)
    assert [row[1:] for row in chosen] == [(3, "C", "G", 0, 1), (3, "CGT", "C", 1, 0), (5, "T", "A", 0, 1)]
    assert skips == []
    assert report["applied"] == {"LEFT": {"deletion": 1, "total": 1}, "RIGHT": {"snp": 2, "total": 2}}


def test_overlaps_count_within_a_haplotype_only(select):
    records = [
        ("chr1", 2, "ACG", "A", "1|0"),
        ("chr1", 3, "C", "T", "0|1"),
        ("chr1", 4, "G", "T", "1|1"),
        ("chr1", 4, "G", "T", "0|1"),
        ("chr1", 5, "T", "TAA", "1|0"),
    ]
    chosen, skips, _ = select(records, SIDES)
    assert [row[1:] for row in chosen] == [
        (2, "ACG", "A", 1, 0),
        (3, "C", "T", 0, 1),
        (4, "G", "T", 0, 1),
        (5, "T", "TAA", 1, 0),
    ]
    assert skips == [("chr1:4:G>T", "LEFT", "overlap"), ("chr1:4:G>T", "RIGHT", "duplicate")]


def test_anchor_may_lie_on_a_changed_base_but_not_on_an_insertion(select):
    records = [
        ("chr1", 2, "A", "AGG", "1/1"),
        ("chr1", 2, "A", "T", "1/1"),
        ("chr1", 2, "A", "AT", "1/1"),
        ("chr1", 8, "GTT", "G", "1/1"),
        ("chr1", 10, "T", "TCC", "1/1"),
        ("chr1", 10, "TG", "T", "1/1"),
    ]
    chosen, skips, _ = select(records)
    assert [row[1:4] for row in chosen] == [(2, "A", "T"), (2, "A", "AGG"), (8, "GTT", "G"), (10, "T", "TCC")]
    assert skips == [("chr1:2:A>AT", "ALT", "overlap"), ("chr1:10:TG>T", "ALT", "overlap")]


def test_split_rows_of_one_site_are_joined(select):
    chosen, _, report = select(
        [("chr1", 2, "A", "G", "1|0"), ("chr1", 2, "A", "G", "0|1"), ("chr2", 1, "G", "A", "1|0")], SIDES
    )
    assert chosen == [("chr1", 2, "A", "G", 1, 1), ("chr2", 1, "G", "A", 1, 0)]
    assert report["between_haplotypes"]["total"] == 1


def test_what_is_no_sequence_change_is_listed_by_reason(select):
    records = [
        ("chr1", 2, "A", "G", "1/1", {"filter": "LowQual"}),
        ("chr1", 2, "A", "G", "0/0", {"filter": "LowQual"}),
        ("chr1", 3, "C", "<DEL>", "1/1"),
        ("chr1", 4, "G", "*", "1/1"),
        ("chr1", 5, "T", "T[chr2:5[", "1/1"),
        ("chr1", 6, "A", "N", "1/1"),
        ("chr1", 7, "c", "t", "1/1", {"filter": "PASS"}),
        ("chrUn", 1, "A", "G", "1/1"),
    ]
    chosen, skips, _ = select(records, contigs=("chr1", "chrUn"))
    assert chosen == [("chr1", 7, "C", "T", 0, 1)]
    assert [(name, reason) for name, _, reason in skips] == [
        ("chr1:2:A>G", "filtered"),
        ("chr1:3:C><DEL>", "symbolic"),
        ("chr1:4:G>*", "star"),
        ("chr1:5:T>T[chr2:5[", "breakend"),
        ("chr1:6:A>N", "not_acgt"),
        ("chrUn:1:A>G", "contig_not_in_fasta"),
    ]


def test_a_rare_ref_mismatch_is_skipped(select):
    records = snps(120)
    records[40] = ("chr1", 41, "C", "G", "1/1")
    chosen, skips, report = select(records)
    assert len(chosen) == 119
    assert skips == [("chr1:41:C>G", "ALT", "ref_mismatch")]
    assert report["records_compared_with_reference"] == 120


def test_many_ref_mismatches_are_another_assembly(select, tmp_path):
    records = snps(120)
    records[40] = ("chr1", 41, "C", "G", "1/1")
    records[50] = ("chr1", 51, "C", "T", "1/1")
    message = r"2 of 120 records \(first: chr1:41 has C where the FASTA has T\).*another assembly"
    with pytest.raises(InputError, match=message):
        select(records)
    assert not any((tmp_path / name).exists() for name in ("v.bcf", "skipped.tsv", "summary.json"))


def test_ref_over_the_contigs_end_is_a_mismatch(select):
    with pytest.raises(InputError, match="chr2:50 has CA where the FASTA has C"):
        select([("chr2", 50, "CA", "C", "1/1")])


@pytest.mark.parametrize("declared", [True, False])
def test_names_that_differ_by_the_prefix_are_matched_and_told(select, declared):
    records = [("1", 2, "A", "G", "1/1"), ("2", 1, "G", "A", "1/1")]
    chosen, _, report = select(records, contigs=("1", "2") if declared else ())
    assert [row[0] for row in chosen] == ["chr1", "chr2"]
    assert report["renamed_contigs"] == {"1": "chr1", "2": "chr2"}


def test_a_name_is_not_matched_where_the_vcf_has_both(select):
    records = [("1", 2, "A", "G", "1/1"), ("chr1", 3, "C", "T", "1/1")]
    chosen, skips, report = select(records, contigs=("1", "chr1"))
    assert [row[:2] for row in chosen] == [("chr1", 3)]
    assert skips == [("1:2:A>G", "ALT", "contig_not_in_fasta")]
    assert report["renamed_contigs"] == {}


def test_records_without_genotypes_are_missing(select, write_vcf):
    vcf = write_vcf([("chr1", 2, "A", "G", "1/1"), ("chr1", 3, "C", "T", "1/1")], ["chr1"])
    vcf.write_text(vcf.read_text().replace("C\tT\t.\t.\t.\tGT\t1/1", "C\tT\t.\t.\t.\t.\t."))
    chosen, skips, _ = select([], vcf=vcf)
    assert [row[1] for row in chosen] == [2]
    assert skips == [("chr1:3:C>T", "ALT", "missing_genotype")]


def test_plain_gzip_is_refused_with_the_mend(select, write_vcf, tmp_path):
    compressed = tmp_path / "plain.vcf.gz"
    compressed.write_bytes(gzip.compress(write_vcf([("chr1", 2, "A", "G", "1/1")], ["chr1"]).read_bytes()))
    with pytest.raises(InputError, match="compress it with bgzip"):
        select([], vcf=compressed)


def test_contigs_come_out_in_the_order_of_the_fasta(select):
    records = [("chr2", 1, "G", "A", "1/1"), ("chr2", 9, "G", "A", "1/1"), ("chr1", 2, "A", "G", "1/1")]
    chosen, _, _ = select(records)
    assert [row[:2] for row in chosen] == [("chr1", 2), ("chr2", 1), ("chr2", 9)]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            [("chr1", 5, "T", "A", "1/1"), ("chr1", 2, "A", "G", "1/1")],
            r"record 2 \(chr1:2\).*after position 5",
        ),
        (
            [("chr1", 5, "T", "A", "1/1"), ("chr2", 1, "G", "A", "1/1"), ("chr1", 6, "A", "G", "1/1")],
            r"record 3 \(chr1:6\).*'chr1' are in two places",
        ),
        ([("chr1", 5, "T", "A", "0/1"), ("chr1", 6, "A", "G", "1/0")], "tells.*REF and ALT.*'heterozygous'"),
        ([("chr1", 5, "T", "A", "0/0")], "no record has a variant"),
        ([("chrUn", 5, "T", "A", "1/1")], "'contig_not_in_fasta'"),
    ],
)
def test_unusable_files_are_refused(select, records, message):
    with pytest.raises(InputError, match=message):
        select(records, contigs=("chr1", "chr2", "chrUn"))


def test_unknown_sample_is_named(select):
    with pytest.raises(InputError, match="no sample 'X' for haplotype 'ALT'; its samples are S"):
        select([("chr1", 2, "A", "G", "1/1")], (REFERENCE, Haplotype("ALT", "X")))


def test_compressed_plain_and_bcf_give_the_same_bytes(select, write_vcf, tmp_path):
    records = snps(150)
    plain = write_vcf(records, ["chr1", "chr2"], name="plain.vcf")
    select(records, vcf=plain)
    expected = (tmp_path / "v.bcf").read_bytes()
    for suffix, mode in ((".vcf.gz", "wz"), (".bcf", "wb")):
        copy = tmp_path / f"copy{suffix}"
        with (
            pysam.VariantFile(str(plain)) as source,
            pysam.VariantFile(str(copy), mode, header=source.header) as out,
        ):
            for record in source:
                out.write(record)
        select(records, vcf=copy)
        assert (tmp_path / "v.bcf").read_bytes() == expected


def test_damaged_files_are_refused(select, write_vcf, tmp_path):
    generator = np.random.default_rng(1)
    records = [(*row[:4], "1/1") for row in snps(150)]
    plain = write_vcf(records, ["chr1", "chr2"])
    text = plain.read_text().replace("ID=S,", "").encode()
    compressed = tmp_path / "cut.vcf.gz"
    pysam.tabix_compress(str(plain), str(compressed), force=True)
    whole = compressed.read_bytes()
    compressed.write_bytes(whole[:600])
    with pytest.raises(InputError, match="cut short"):
        select(records, vcf=compressed)
    compressed.write_bytes(whole[:500] + bytes(100) + whole[600:])
    with pytest.raises(InputError, match="not readable as VCF"):
        select(records, vcf=compressed)
    noise = tmp_path / "noise.vcf"
    noise.write_bytes(generator.integers(0, 256, len(text), dtype=np.uint8).tobytes())
    with pytest.raises(InputError, match="not readable as VCF"):
        select(records, vcf=noise)
    Path(plain).write_text(plain.read_text().replace("chr1\t41\t", "chr1\tforty\t"))
    with pytest.raises(InputError, match="not readable as VCF after chr1:40"):
        select(records, vcf=plain)
