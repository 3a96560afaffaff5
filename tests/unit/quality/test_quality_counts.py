"""Counting over chunks, contigs and mates; intervals; unsound inputs."""

import math

import numpy as np
import pysam
import pytest
from quality_world import Pairs, World, count, make_world, records_of, write_reads, write_variants

from deepallele.errors import InputError
from deepallele.quality import sample as quality_sample
from deepallele.quality.intervals import share, wilson
from deepallele.quality.summary import summarise_quality
from deepallele.quality.variants import Kind, VariantFile


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_wilson_solves_its_equation():
    for successes, total in ((0, 10), (3, 10), (10, 10), (5000, 10_000)):
        for limit in wilson(successes, total):
            gap = abs(successes / total - limit)
            assert gap == pytest.approx(1.959964 * math.sqrt(limit * (1 - limit) / total), abs=1e-7)
    assert share(0, 0) == {"share": None, "low": None, "high": None}


def test_all_numbers_are_the_same_in_small_chunks(tmp_path, rng, monkeypatch):
    worlds = [make_world(rng, length=4000), make_world(rng, length=4000, contig="2")]
    rows = [Pairs().add(rng, world, 300) for world in worlds]
    bam = write_reads(tmp_path / "x.bam", worlds, rows, rng, error=0.01)
    found = []
    for chunk in (1 << 16, 23):
        monkeypatch.setattr(quality_sample, "CHUNK_RECORDS", chunk)
        result, counts, suspects = count(tmp_path, worlds, bam)
        found.append((summarise_quality(result, {"contigs": {}}, []), counts, suspects))
    # A sum of error probabilities depends on its order in the last bits, but the numbers are rounded.
    assert found[0][0] == found[1][0]
    for one, other in zip(found[0][1:], found[1][1:], strict=True):
        assert one.equals(other)


def test_fragments_are_counted_once_and_by_what_they_cover(tmp_path, rng):
    reference = "".join(rng.choice(list("ACGT"), 2000))
    other = {base: next(letter for letter in "ACGT" if letter != base) for base in "ACGT"}
    world = World(reference, {})
    records = [
        ("1", 300, reference[300], other[reference[300]], (0, 1)),
        ("1", 500, reference[500], reference[500] + "AC", (0, 1)),
        ("1", 700, reference[700:705], reference[700], (1, 0)),
        ("1", 1000, reference[1000], other[reference[1000]], (1, 1)),
    ]
    # SNP; SNP and insertion; insertion; deletion; shared SNP only; both mates on the SNP.
    rows = Pairs([(290, 100, 0, 1), (290, 285, 0, 2), (495, 120, 0, 1), (680, 200, 0, 1), (990, 90, 0, None)])
    rows.rows.append((280, 80, 0, 1))
    # The anchor alone, and one base more than the anchor, of the insertion.
    rows.rows += [(426, 75, 0, None), (427, 75, 0, 1)]
    bam = write_reads(tmp_path / "x.bam", [world], [rows])
    result, counts, _ = count(tmp_path, [world], bam, records)
    found = summarise_quality(result, {"contigs": {}}, [])
    classes = {name: (row["a"], row["b"]) for name, row in found["bias"]["classes"].items()}
    assert classes == {
        "snp": (2, 0),
        "insertion": (2, 0),
        "deletion": (1, 0),
        "snp_and_indel": (0, 1),
        "other_indels": (0, 0),
    }
    assert found["coverage"]["pairs"] == 8
    assert found["coverage"]["pairs_covering"] == 6
    assert counts["pos"].tolist() == [300, 500, 700]
    assert counts.loc[0, ["count_a", "count_b", "count_ambiguous"]].tolist() == [2, 1, 0]
    assert counts.loc[0, ["base_a", "base_b", "base_other"]].tolist() == [3, 0, 0]
    assert found["contamination"]["reference_base_at_shared_snps"]["bases"] == 1
    assert found["insert_size"]["informative_B"]["median"] == 285
    assert found["insert_size"]["informative_A"]["mean"] == pytest.approx((100 + 120 + 200 + 80 + 75) / 5)


def test_pairs_of_one_name_at_one_place_are_different_pairs(tmp_path, rng):
    world = make_world(rng, length=2000)
    bam = write_reads(tmp_path / "x.bam", [world], [Pairs([(100, 200, 0, 1)] * 3)])
    with pysam.AlignmentFile(str(bam)) as file:
        segments, header = list(file), file.header
    with pysam.AlignmentFile(str(tmp_path / "y.bam"), "wb", header=header) as file:
        for segment in segments:
            segment.query_name = "same"
            file.write(segment)
    result, *_ = count(tmp_path, [world], tmp_path / "y.bam")
    assert result.totals.fragments.sum() == 3
    with pysam.AlignmentFile(str(tmp_path / "y.bam"), "wb", header=header) as file:
        for segment in segments[:-1]:
            file.write(segment)
    result, *_ = count(tmp_path, [world], tmp_path / "y.bam")
    assert (result.totals.fragments.sum(), result.totals.mates_missing) == (2, 1)


def test_kinds_of_variants_and_what_is_masked(tmp_path):
    alleles = [("A", "C"), ("AC", "GT"), ("A", "ATT"), ("ATG", "A"), ("AC", "GTT"), ("T", "AT")]
    records = [("chr:1", 100 * place, *pair, (0, 1)) for place, pair in enumerate(alleles, start=1)]
    path = write_variants(tmp_path / "v.bcf", {"chr:1": 1000}, records)
    variants = VariantFile(path).contig("chr:1")
    kinds = [Kind.SNP, Kind.MNV, Kind.INSERTION, Kind.DELETION, Kind.COMPLEX, Kind.INSERTION]
    assert variants.kind.tolist() == kinds
    masked = variants.masks(np.arange(1000))
    assert np.flatnonzero(masked[90:390]).tolist() == [10, 110, 111, *range(205, 216)]
    assert len(VariantFile(path).contig("unknown")) == 0


def test_bad_genotypes_are_told(tmp_path):
    path = write_variants(tmp_path / "v.bcf", {"1": 1000}, [("1", 5, "A", "C", (0, None))])
    with pytest.raises(InputError, match="position 6: alleles A,C, genotype"):
        VariantFile(path).contig("1")


def test_unsorted_reads_and_foreign_contigs_are_told(tmp_path, rng):
    world = make_world(rng, length=2000)
    bam = write_reads(tmp_path / "x.bam", [world], [Pairs().add(rng, world, 20)])
    with pysam.AlignmentFile(str(bam)) as file:
        segments, header = list(file), file.header
    with pysam.AlignmentFile(str(tmp_path / "y.bam"), "wb", header=header) as file:
        for segment in segments[::-1]:
            file.write(segment)
    with pytest.raises(InputError, match="not sorted by position"):
        count(tmp_path, [world], tmp_path / "y.bam")
    other = World(world.reference, world.snps, "other")
    with pytest.raises(InputError, match="no contig '1', which the BAM has"):
        count(tmp_path, [other], bam)


def test_a_wrong_haplotype_tag_is_told(tmp_path, rng):
    world = make_world(rng, length=2000)
    bam = write_reads(tmp_path / "x.bam", [world], [Pairs([(100, 200, 0, 3)])])
    with pytest.raises(InputError, match="HP tag 3"):
        count(tmp_path, [world], bam, records_of(world))
