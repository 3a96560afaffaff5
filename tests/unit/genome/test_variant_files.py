"""Genotypes that are not known, several VCFs, and files that cannot be used."""

import pysam
import pytest
from genome_world import BOTH, REFERENCE, snps

from deepallele.errors import InputError
from deepallele.genome.alleles import Haplotype


def test_what_one_haplotype_has_does_not_count_where_the_other_is_unknown(select):
    """Else a variant that both carry, one of them unsure, would pass for a difference between them."""
    records = [
        ("chr1", 2, "A", "G", "1/1", "./."),
        ("chr1", 3, "C", "T", "0/1", "1/1"),
        ("chr1", 4, "G", "T", "0/0", "./."),
        ("chr1", 5, "T", "A", "1/1", "0/0"),
        ("chr1", 6, "ACG", "A", "./.", "1/1"),
    ]
    chosen, skips, report = select(records, BOTH, samples=("S1", "S2"))
    assert chosen == [("chr1", 5, "T", "A", 1, 0)]
    assert set(skips) == {
        ("chr1:2:A>G", "TWO", "missing_genotype"),
        ("chr1:2:A>G", "ONE", "other_haplotype_unknown"),
        ("chr1:3:C>T", "ONE", "heterozygous"),
        ("chr1:3:C>T", "TWO", "other_haplotype_unknown"),
        ("chr1:4:G>T", "TWO", "missing_genotype"),
        ("chr1:6:ACG>A", "ONE", "missing_genotype"),
        ("chr1:6:ACG>A", "TWO", "other_haplotype_unknown"),
    }
    assert report["skipped"]["ONE"] == {
        "heterozygous": 1,
        "missing_genotype": 1,
        "other_haplotype_unknown": 1,
        "total": 3,
    }
    with pytest.raises(InputError, match=r"'other_haplotype_unknown'.*--missing-to-ref"):
        select([("chr1", 2, "A", "G", "1/1", "./.")], BOTH, samples=("S1", "S2"))


def test_next_to_the_reference_nothing_is_unknown(select):
    records = [("chr1", 2, "A", "G", "1/1"), ("chr1", 2, "A", "T", "./.")]
    chosen, skips, _ = select(records)
    assert chosen == [("chr1", 2, "A", "G", 0, 1)]
    assert skips == [("chr1:2:A>T", "ALT", "missing_genotype")]


def test_unsure_genotypes_of_a_sample_are_filtered(select, write_vcf):
    records = [("chr1", 2 + i, "ACGTA"[i], "GTACG"[i], genotype) for i, genotype in enumerate(["1/1"] * 5)]
    vcf = write_vcf(records, ["chr1"])
    text = vcf.read_text().replace("GT\t1/1", "GT:FI:FT\t1/1:{}")
    for call in ("1:PASS", "0:PASS", "1:LowQual", "1:.", "."):
        text = text.replace("{}", call, 1)
    columns = "#CHROM\t"
    integer = '##FORMAT=<ID=FI,Number=1,Type=Integer,Description="x">\n'
    vcf.write_text(
        text.replace(columns, integer + '##FORMAT=<ID=FT,Number=1,Type=String,Description="x">\n' + columns)
    )
    chosen, skips, _ = select([], vcf=vcf)
    assert [row[1] for row in chosen] == [2, 5, 6]
    assert skips == [("chr1:3:C>T", "ALT", "filtered_genotype"), ("chr1:4:G>A", "ALT", "filtered_genotype")]
    # FI of another meaning, as some files have it.
    text = vcf.read_text().replace("FI,Number=1,Type=Integer", "FI,Number=1,Type=String")
    vcf.write_text(text)
    assert [row[1] for row in select([], vcf=vcf)[0]] == [2, 3, 5, 6]


SNP_RECORDS = [("chr1", 2, "A", "G", "1/1"), ("chr1", 30, "T", "C", "1/1"), ("chr2", 1, "G", "A", "1/1")]
INDEL_RECORDS = [
    ("chr2", 3, "CC", "C", "1/1"),
    ("chr1", 2, "A", "ATT", "1/1"),
    ("chr1", 29, "TT", "T", "1/1"),
]


def test_snps_and_indels_in_files_of_their_own(select, write_vcf):
    snps = write_vcf(SNP_RECORDS, ["chr1", "chr2"], name="snps.vcf")
    indels = write_vcf(
        [(name.removeprefix("chr"), *rest) for name, *rest in INDEL_RECORDS], ["2", "1"], name="indels.vcf"
    )
    chosen, skips, report = select([], vcf=[snps, indels])
    assert [row[:4] for row in chosen] == [
        ("chr1", 2, "A", "G"),
        ("chr1", 2, "A", "ATT"),
        ("chr1", 29, "TT", "T"),
        ("chr2", 1, "G", "A"),
        ("chr2", 3, "CC", "C"),
    ]
    assert skips == [("chr1:30:T>C", "ALT", "overlap")]
    assert [(file["records"], file["records_compared_with_reference"]) for file in report["files"]] == [
        (3, 3)
    ] * 2
    assert report["records"] == 6 and report["renamed_contigs"] == {"1": "chr1", "2": "chr2"}
    joined = sorted(SNP_RECORDS + INDEL_RECORDS)
    assert select(joined)[0] == chosen


def test_the_first_file_wins_and_repeats_are_duplicates(select, write_vcf):
    first = write_vcf([("chr1", 2, "A", "G", "1/1"), ("chr1", 5, "T", "A", "1/1")], ["chr1"], name="1.vcf")
    second = write_vcf([("chr1", 2, "A", "T", "1/1"), ("chr1", 5, "T", "A", "1/1")], ["chr1"], name="2.vcf")
    chosen, skips, _ = select([], vcf=[first, second])
    assert [row[1:4] for row in chosen] == [(2, "A", "G"), (5, "T", "A")]
    assert skips == [("chr1:2:A>T", "ALT", "overlap"), ("chr1:5:T>A", "ALT", "duplicate")]
    chosen, skips, _ = select([], vcf=[second, first])
    assert [row[1:4] for row in chosen] == [(2, "A", "T"), (5, "T", "A")]


def test_each_haplotype_in_a_file_of_its_own(select, write_vcf):
    """As the strains of the Mouse Genomes Project are given out; unsure calls of one count for the other."""
    one = write_vcf([("chr1", 2, "A", "G", "1/1"), ("chr1", 6, "A", "C", "0/1")], ["chr1"], ("S1",), "1.vcf")
    records = [("chr1", 2, "A", "G", "1/1"), ("chr1", 4, "G", "T", "1/1"), ("chr1", 6, "A", "C", "1/1")]
    two = write_vcf(records, ["chr1"], ("S2",), "2.vcf")
    chosen, skips, report = select([], BOTH, vcf=[one, two])
    assert [row[1:] for row in chosen] == [(2, "A", "G", 1, 1), (4, "G", "T", 0, 1)]
    assert skips == [("chr1:6:A>C", "ONE", "heterozygous"), ("chr1:6:A>C", "TWO", "other_haplotype_unknown")]
    assert [file["haplotypes_without_sample"] for file in report["files"]] == [["TWO"], ["ONE"]]


def test_messages_name_the_file_they_are_about(select, write_vcf, tmp_path):
    good = write_vcf(snps(150), ["chr1", "chr2"], name="good.vcf")
    wrong = write_vcf([("chr1", 2, "C", "G", "1/1")], ["chr1"], name="wrong.vcf")
    with pytest.raises(InputError, match=r"/wrong.vcf: REF differs .* in 1 of 1 records"):
        select([], vcf=[good, wrong])
    unsorted = write_vcf(snps(5)[::-1], ["chr1"], name="unsorted.vcf")
    with pytest.raises(InputError, match=r"/unsorted.vcf: record 2 \(chr1:4\) is out of order"):
        select([], vcf=[good, unsorted])
    other = write_vcf([], ["chr1"], ("X", "Y"), name="other.vcf")
    with pytest.raises(InputError, match=r"/other.vcf: none of the samples .*\(S\).* samples are X, Y"):
        select([], vcf=[good, other])
    with pytest.raises(InputError, match=r"good.vcf, .*other.vcf: no sample 'Z' .* samples are S, X, Y"):
        select([], (REFERENCE, Haplotype("ALT", "Z")), vcf=[good, other])
    sites = tmp_path / "sites.vcf"
    columns = [line.split("\t")[:8] for line in good.read_text().splitlines()]
    sites.write_text("".join("\t".join(fields) + "\n" for fields in columns))
    with pytest.raises(InputError, match=r"sites.vcf: no sample 'S' .* sites but no genotypes"):
        select([], vcf=sites)
    assert not list(tmp_path.glob(".calls*")) and not (tmp_path / "v.bcf").exists()


def test_an_error_of_ours_does_not_pass_for_a_damaged_file(select, monkeypatch):
    def broken(*arguments):
        raise ValueError("ours")

    monkeypatch.setattr("deepallele.genome.calls.called_allele", broken)
    with pytest.raises(ValueError, match="ours"):
        select([("chr1", 2, "A", "G", "1/1")])


def test_a_missing_bcftools_is_told_as_a_program(select, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InputError, match="the program 'bcftools' is not on the PATH"):
        select([("chr1", 2, "A", "G", "1/1")])


def test_a_cut_between_two_blocks_is_found(select, write_vcf, tmp_path):
    """Such a file decompresses without complaint."""
    compressed = tmp_path / "cut.vcf.gz"
    pysam.tabix_compress(str(write_vcf(snps(150), ["chr1", "chr2"])), str(compressed), force=True)
    compressed.write_bytes(compressed.read_bytes()[:-28])
    with pytest.raises(InputError, match=r"cut.vcf.gz: the compressed file is cut short"):
        select([], vcf=compressed)
