"""Variants that the user leaves out by a BED file."""

import gzip

import numpy as np
import pytest
from genome_world import BOTH, GENOME, SIDES, snps

from deepallele.errors import InputError
from deepallele.genome.alleles import Skip
from deepallele.genome.calls import CallReader
from deepallele.genome.mask import Mask, read_bed, read_mask
from deepallele.genome.reference import prepare_reference

# chr1 begins TACGTACGTT, chr2 GGCCATTAGC.
RECORDS = [
    ("chr1", 2, "A", "G", "1/1"),
    ("chr1", 4, "GTA", "G", "1/1"),
    ("chr1", 8, "G", "GTT", "1/1"),
    ("chr2", 5, "A", "C", "1/1"),
]


@pytest.fixture
def write_mask(tmp_path):
    """Write BED text, gives its path."""

    def write(text):
        (tmp_path / "mask.bed").write_text(text)
        return tmp_path / "mask.bed"

    return write


def test_membership_is_that_of_the_single_bases():
    generator = np.random.default_rng(3)
    for spread in (40, 400):
        starts = generator.integers(0, spread, 30)
        ends = starts + generator.integers(1, 6, 30)
        intervals = [("c", int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
        mask = Mask([*intervals, ("other", 0, 1000)])
        covered = {base for _, start, end in intervals for base in range(start, end)}
        for start in range(spread + 10):
            for length in (1, 2, 7):
                expected = not covered.isdisjoint(range(start, start + length))
                assert mask.overlaps("c", start, start + length) is expected
    assert not mask.overlaps("absent", 0, 1000) and not Mask().overlaps("c", 0, 9)


@pytest.mark.parametrize(
    ("interval", "masked"),
    [
        ("chr1\t1\t2", ["chr1:2:A>G"]),
        ("chr1\t0\t1", []),
        ("chr1\t2\t3", []),
        # The deletion's REF is the bases [3, 6), its anchor included; the insertion's is [7, 8).
        ("chr1\t3\t4", ["chr1:4:GTA>G"]),
        ("chr1\t5\t6", ["chr1:4:GTA>G"]),
        ("chr1\t6\t7", []),
        ("chr1\t5\t8", ["chr1:4:GTA>G", "chr1:8:G>GTT"]),
        ("chr1\t8\t9", []),
        ("chr2\t4\t5\tA>C:false\nchr1\t1\t2", ["chr1:2:A>G", "chr2:5:A>C"]),
        ("chr1\t1\t2\nchrUn\t0\t50", ["chr1:2:A>G"]),
        ("chr1\t0\t100\nchr2\t1\t3", ["chr1:2:A>G", "chr1:4:GTA>G", "chr1:8:G>GTT"]),
    ],
)
def test_records_whose_ref_bases_are_masked_are_not_applied(select, write_mask, interval, masked):
    chosen, skips, report = select(RECORDS, mask=write_mask(f"{interval}\n"))
    assert skips == [(name, "ALT", "masked") for name in masked]
    assert [f"{row[0]}:{row[1]}:{row[2]}>{row[3]}" for row in chosen] == [
        name for name in ("chr1:2:A>G", "chr1:4:GTA>G", "chr1:8:G>GTT", "chr2:5:A>C") if name not in masked
    ]
    counted = {"masked": len(masked)} if masked else {}
    assert report["skipped"] == {"REF": {"total": 0}, "ALT": {**counted, "total": len(masked)}}
    assert report["records"] == 4 and report["records_compared_with_reference"] == 4 - len(masked)


def test_no_mask_and_an_empty_one_are_the_same(select, write_mask):
    assert select(RECORDS, mask=write_mask("# nothing\n\n")) == select(RECORDS)


def test_the_mask_goes_by_the_names_of_the_fasta(select, write_mask):
    records = [(name.removeprefix("chr"), *rest) for name, *rest in RECORDS]
    chosen, skips, report = select(records, contigs=("1", "2"), mask=write_mask("chr1\t1\t6\n"))
    assert [row[:2] for row in chosen] == [("chr1", 8), ("chr2", 5)]
    assert skips == [("1:2:A>G", "ALT", "masked"), ("1:4:GTA>G", "ALT", "masked")]
    assert report["renamed_contigs"] == {"1": "chr1", "2": "chr2"}
    with pytest.raises(InputError, match=r"none of its 1 intervals .*\(first: '1'\)"):
        select(records, contigs=("1", "2"), mask=write_mask("1\t1\t6\n"))


def test_both_haplotypes_alike(select, write_mask):
    records = [
        ("chr1", 2, "A", "G", "1|0"),
        ("chr1", 3, "C", "T", "0|1"),
        ("chr1", 4, "G", "T,C", "1|2"),
        ("chr1", 5, "T", "A", "1|0"),
        ("chr1", 6, "A", "C", "0|1"),
        ("chr1", 7, "C", "G", "0|0"),
    ]
    mask = write_mask("chr1\t1\t4\nchr1\t6\t7\n")
    chosen, skips, report = select(records, SIDES, mask=mask)
    assert [row[1:] for row in chosen] == [(5, "T", "A", 1, 0), (6, "A", "C", 0, 1)]
    expected = [
        ("chr1:2:A>G", "LEFT"),
        ("chr1:3:C>T", "RIGHT"),
        ("chr1:4:G>T", "LEFT"),
        ("chr1:4:G>C", "RIGHT"),
    ]
    assert skips == [(*skip, "masked") for skip in expected]
    swapped_chosen, swapped_skips, swapped = select(records, SIDES[::-1], mask=mask)
    assert [(*row[:4], row[5], row[4]) for row in swapped_chosen] == chosen
    assert sorted(swapped_skips) == sorted(skips)
    assert swapped["skipped"] == report["skipped"]


def test_a_masked_genotype_says_nothing_of_the_other_haplotype(select, write_mask):
    records = [("chr1", 2, "A", "G", "./.", "1/1"), ("chr1", 5, "T", "A", "0/1", "1/1")]
    lines = [("chr1", 9, "T", "A", "0/0", "1/1")]
    chosen, skips, _ = select(records + lines, BOTH, samples=("S1", "S2"), mask=write_mask("chr1\t1\t2\n"))
    assert [row[1] for row in chosen] == [9]
    assert sorted(skips) == [
        ("chr1:2:A>G", "ONE", "masked"),
        ("chr1:2:A>G", "TWO", "masked"),
        ("chr1:5:T>A", "ONE", "heterozygous"),
        ("chr1:5:T>A", "TWO", "other_haplotype_unknown"),
    ]


def test_a_masked_record_gives_no_call(write_fasta, write_vcf, write_mask):
    """Not even one that says that an allele is not known."""
    prepared = write_mask("").with_name("reference.fa")
    prepare_reference(write_fasta(GENOME), prepared)
    vcf = write_vcf(
        [("chr1", 2, "A", "G", "./.", "1/1"), ("chr1", 5, "T", "A", "1/1", "0/0")], ["chr1"], ("S1", "S2")
    )
    skips = []
    reader = CallReader(vcf, prepared, BOTH, lambda *skip: skips.append(skip), Mask([("chr1", 1, 2)]))
    assert [(call.side, call.record.position) for call in reader] == [(0, 4)]
    assert [(side, reason) for side, _, reason in skips] == [(0, Skip.MASKED), (1, Skip.MASKED)]
    assert (reader.records, reader.checked) == (2, 1)


def test_masked_records_are_neither_compared_nor_filtered(select, write_mask):
    """A whole masked contig may be of another assembly."""
    records = snps(60)
    wrong = [("chr2", number, "N", "A", "1/1") for number in range(1, 20)]
    wrong += [("chr2", 30, GENOME["chr2"][29], "<DEL>", "1/1", {"filter": "LowQual"})]
    with pytest.raises(InputError, match="another assembly"):
        select(records + wrong)
    chosen, skips, report = select(records + wrong, mask=write_mask("chr2\t0\t50\n"))
    assert len(chosen) == 60 and {reason for _, _, reason in skips} == {"masked"} and len(skips) == 20
    assert report["records_compared_with_reference"] == 60


def test_a_mask_over_everything_is_told_as_such(select, write_mask):
    with pytest.raises(
        InputError, match=r"'masked': check that reference.mask lists the places to leave out"
    ):
        select(RECORDS, mask=write_mask("chr1\t0\t100\nchr2\t0\t50\n"))


def test_headers_line_ends_and_compression(tmp_path):
    text = b"#chrom\r\ntrack name=x\nbrowser position y\n\nchr1\t5\t9\tname\t0\r\nchr1\t2\t5\nchr2\t0\t1"
    (tmp_path / "plain.bed").write_bytes(text)
    (tmp_path / "named_plain.bed").write_bytes(gzip.compress(text))
    for name in ("plain.bed", "named_plain.bed"):
        assert list(read_bed(tmp_path / name)) == [("chr1", 5, 9), ("chr1", 2, 5), ("chr2", 0, 1)]
        mask = read_mask(tmp_path / name, ["chr1"])
        assert mask.overlaps("chr1", 0, 3) and not mask.overlaps("chr1", 9, 99)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("chr1\t5", "not a BED line"),
        ("chr1 5 9", "not a BED line"),
        ("chr1\t-1\t9", "not a BED line"),
        ("chr1\t1.0\t9", "not a BED line"),
        ("chr1\t1\t" + "9" * 19, "not a BED line"),
        ("chr1\t9\t9", "end 9 is not greater than start 9"),
    ],
)
def test_a_bad_line_is_told_with_its_number(select, write_mask, tmp_path, line, words):
    with pytest.raises(InputError, match=rf"mask.bed, line 3: .*{words}"):
        select(RECORDS, mask=write_mask(f"#chrom\nchr1\t0\t9\n{line}\n"))
    assert not (tmp_path / "v.bcf").exists() and not list(tmp_path.glob(".*"))


def test_a_damaged_file_is_told(tmp_path):
    whole = gzip.compress(b"chr1\t0\t5\n" * 5000)
    (tmp_path / "mask.bed").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"mask.bed: the compressed file is cut short"):
        read_mask(tmp_path / "mask.bed", ["chr1"])
