import numpy as np
import pytest
from allele_records import LENGTHS, UNALIGNED, Read, describe_bam, pair, run, write_bam, write_variants

from deepallele.allele import variants as reading
from deepallele.allele.informative import covers_variant, read_variants
from deepallele.allele.intervals import IntervalSet
from deepallele.errors import InputError

CONTIGS = LENGTHS["A"]


def covered_bases(variants):
    """Every base of the reference that lies in an interval, as (contig index, position)."""
    found = []
    for tid, length in enumerate(CONTIGS.values()):
        place = np.arange(length)
        inside = variants.overlaps(np.full(length, tid), place, place + 1)
        found += [(tid, int(position)) for position in place[inside]]
    return found


def test_variants_between_the_haplotypes_only(tmp_path):
    records = [
        ("1", 11, "A", "C", "0|1"),
        ("1", 21, "A", "C", "1|1"),
        ("1", 31, "AC", "GT", "1|0"),
        ("1", 51, "A", "ACG", "0|1"),
        ("1", 71, "ACG", "A", "1|0"),
        ("1", 91, "AC", "GTT", "1|0"),
        ("2", 1, "AT", "A", "0|1"),
    ]
    variants = read_variants(write_variants(tmp_path / "v.vcf", records), CONTIGS)
    spans = [(0, 10, 11), (0, 30, 32), (0, 47, 54), (0, 67, 76), (0, 88, 94), (1, 0, 4)]
    expected = [(tid, place) for tid, start, end in spans for place in range(start, end)]
    assert covered_bases(variants) == expected
    assert len(variants) == 6


@pytest.mark.parametrize("size", [5, 64, 10**6])
def test_many_variants_in_parts(tmp_path, monkeypatch, size):
    rng = np.random.default_rng(3)
    place = np.sort(rng.choice(np.arange(1, 990), 300, replace=False)).tolist()
    records = [(contig, at, "A", "C", "0|1") for contig in ("1", "2") for at in place]
    monkeypatch.setattr(reading, "_READ_SIZE", size)
    variants = read_variants(write_variants(tmp_path / "v.vcf", records), CONTIGS)
    assert covered_bases(variants) == [(tid, at - 1) for tid in (0, 1) for at in place]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([("3", 11, "A", "C", "0|1")], r"v.vcf: contig '3' is not in the reference's .fai"),
        ([("1", 11, "A", "C", "1|1")], "v.vcf: no variant tells the haplotypes apart"),
        ([("1", 11, "A", "C,G", "1|2")], "v.vcf: 1 11 A C,G: one ALT allele is expected"),
    ],
)
def test_bad_variants_are_told(tmp_path, records, message):
    with pytest.raises(InputError, match=message):
        read_variants(write_variants(tmp_path / "v.vcf", records), CONTIGS)


def test_a_file_that_is_no_vcf_is_told(tmp_path):
    (tmp_path / "v.bcf").write_text("not a VCF")
    with pytest.raises(InputError, match=r"v.bcf: bcftools cannot read the variants: .*build the genomes"):
        read_variants(tmp_path / "v.bcf", CONTIGS)
    with pytest.raises(FileNotFoundError, match=r"none.bcf"):
        read_variants(tmp_path / "none.bcf", CONTIGS)


def covers(tmp_path, a, b, intervals):
    mates = len(a[0])
    one = describe_bam(write_bam(tmp_path / "a.bam", "A", a), "A", mates)
    other = describe_bam(write_bam(tmp_path / "b.bam", "B", b), "B", mates)
    variants = IntervalSet(list(CONTIGS.values()), intervals)
    found = covers_variant(one, other, variants)
    assert (covers_variant(other, one, variants) == found).all()
    return found.tolist()


def test_any_mate_on_any_haplotype_covers(tmp_path):
    nothing = [UNALIGNED, UNALIGNED]
    a = [pair(100), pair(100), pair(81), pair(80), pair(500), nothing, pair(100, contig="2")]
    b = [pair(100), nothing, pair(81), pair(80), pair(100), nothing, pair(100, contig="2")]
    assert covers(tmp_path, a, b, [(0, 100, 101)]) == [True, True, True, False, True, False, False]
    assert covers(tmp_path, a, b, [(0, 299, 300)])[:2] == [True, True]
    assert covers(tmp_path, a, b, [(0, 120, 280)])[:2] == [False, False]
    # In reference coordinates, 3525 on B is 3500.
    assert covers(tmp_path, [pair(600)], [pair(3525)], [(0, 3500, 3501)]) == [True]
    assert covers(tmp_path, [pair(600)], [pair(3525)], [(0, 3525, 3526)]) == [False]


def test_soft_clips_count_and_introns_do_not(tmp_path):
    clipped = [[Read(pos=105, cigar="5S15M", md="15")], [Read(pos=100, cigar="15M5S", md="15")]]
    assert covers(tmp_path, clipped, clipped, [(0, 100, 101)]) == [True, True]
    assert covers(tmp_path, clipped, clipped, [(0, 119, 120)]) == [True, True]
    assert covers(tmp_path, clipped, clipped, [(0, 99, 100), (0, 120, 121)]) == [False, False]
    at_the_start = [[Read("2", 0, cigar="5S15M", md="15")]]
    assert covers(tmp_path, at_the_start, at_the_start, [(0, 4990, 5000)]) == [False]
    spliced = [[Read(pos=100, cigar="5S5M200N5M3D5M", md="10^AAA5")]]
    for place, expected in ((94, 0), (95, 1), (104, 1), (105, 0), (304, 0), (305, 1), (311, 1), (318, 0)):
        assert covers(tmp_path, spliced, spliced, [(0, place, place + 1)]) == [bool(expected)], place


def test_introns_agree_with_brute_force(tmp_path):
    rng = np.random.default_rng(8)
    reads, expected = [], []
    intervals = [(0, int(start), int(start) + 3) for start in rng.integers(0, 1900, 60)]
    inside = np.zeros(5000, dtype=bool)
    for _, start, end in intervals:
        inside[start:end] = True
    for _ in range(300):
        at = start = int(rng.integers(0, 1000))
        cigar, aligned = "", []
        for _ in range(4):
            aligned += range(at, at + 5)
            intron = int(rng.integers(1, 150))
            cigar += f"5M{intron}N"
            at += 5 + intron
        reads.append([Read(pos=start, cigar=cigar.rpartition("M")[0] + "M", md="20")])
        expected.append(bool(inside[aligned].any()))
    assert 50 < sum(expected) < 250
    assert covers(tmp_path, reads, reads, intervals) == expected


def test_the_numbers_say_how_many_pairs_cover_none(tmp_path):
    a = [pair(100), pair(106), pair(107), pair(120), pair(100, 210)]
    b = [pair(100, md="5C14"), pair(106, md="5C14"), pair(107), pair(119), pair(100, 210)]
    variants = [("1", 106, "A", "C", "0|1")]
    stats, records = run(tmp_path / "x", a, b, variants=variants)
    assert (stats["informative_A"], stats["ambiguous"]) == (1, 4)
    assert (stats["no_variant"], stats["overruled"]) == (3, 1)
    assert stats["mean_entropy"] == pytest.approx(0.5, abs=0.01)
    found = {record.query_name: (record.has_tag("HP"), record.get_tag("XH")) for record in records}
    assert found["read1"] == (False, 0.5)
    assert found["read0"][0] and found["read0"][1] > 0.99
    stats, _ = run(tmp_path / "y", a, b)
    assert (stats["informative_A"], stats["no_variant"], stats["overruled"]) == (2, 0, 0)


def test_chunks_do_not_matter_for_the_numbers(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    a = [pair(int(place), quality=int(q)) for place, q in rng.integers(2, 40, (60, 2))]
    b = [pair(x[0].pos, quality=x[0].quality, md="9C10") for x in a]
    options = {"variants": [("1", 30, "A", "C", "0|1")], "split": True}
    whole, _ = run(tmp_path / "x", a, b, **options)
    monkeypatch.setattr("deepallele.allele.assign.CHUNK_RECORDS", 6)
    assert run(tmp_path / "y", a, b, **options)[0] == whole
    assert 0 < whole["mean_entropy"] < 1
