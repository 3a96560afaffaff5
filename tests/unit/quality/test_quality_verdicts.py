"""Each verdict of the quality control on inputs that are right, and on inputs that are wrong."""

import numpy as np
import pytest
from quality_world import Pairs, World, count, make_world, records_of, write_reads

from deepallele.quality.summary import summarise_quality

ASSIGNMENT = {"contigs": {"1": {"informative_A": 10, "informative_B": 30, "ambiguous": 5}}}
PAIRS = 3500


def quality(folder, world, rows, records=None, rng=None, error=0.002, hemizygous=()):
    bam = write_reads(folder / "x.bam", [world], [rows], rng, error=error)
    result, counts, suspects = count(folder, [world], bam, records, hemizygous)
    return summarise_quality(result, ASSIGNMENT, list(hemizygous)), counts, suspects


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def other_strain(rng, world, kept=0.5):
    """Records of a strain that shares some SNPs of the world; the rest lies elsewhere."""
    records = [record for record in records_of(world) if rng.random() < kept]
    fresh = World(world.reference, {}, world.contig)
    for position in np.flatnonzero(rng.random(len(world.reference)) < (1 - kept) / 100).tolist():
        ref = world.reference[position]
        if position not in world.snps:
            fresh.snps[position] = (ref, str(rng.choice([base for base in "ACGT" if base != ref])))
    return sorted(records + records_of(fresh), key=lambda record: record[1])


def test_the_right_vcf_fits_without_a_warning(tmp_path, rng):
    world = make_world(rng)
    found, _, suspects = quality(tmp_path, world, Pairs().add(rng, world, PAIRS), rng=rng)
    assert found["fit"]["verdict"] == "fits"
    assert found["fit"]["both_alleles"]["share"] > 0.97
    assert found["fit"]["base_agrees_with_haplotype"]["share"] > 0.998
    assert found["warnings"] == []
    assert found["vcf"]["false"]["tested"] > 100
    assert len(suspects) == 0


def test_another_strain_does_not_fit(tmp_path, rng):
    world = make_world(rng)
    rows = Pairs().add(rng, world, PAIRS)
    found, _, _ = quality(tmp_path, world, rows, other_strain(rng, world), rng=rng)
    assert found["fit"]["verdict"] == "does not fit"
    assert 0.4 < found["fit"]["both_alleles"]["share"] < 0.6
    assert found["vcf"]["missing"]["share"] > 0.35
    assert any("not of the cross" in text for text in found["warnings"])


def test_a_close_relative_is_doubtful(tmp_path, rng):
    world = make_world(rng)
    rows = Pairs().add(rng, world, PAIRS)
    found, _, _ = quality(tmp_path, world, rows, other_strain(rng, world, 0.75), rng=rng)
    assert found["fit"]["verdict"] == "doubtful"
    assert any("may not be of the cross" in text for text in found["warnings"])


def test_reads_of_one_strain_only_do_not_fit(tmp_path, rng):
    world = make_world(rng)
    found, _, _ = quality(tmp_path, world, Pairs().add(rng, world, PAIRS, sides=(0,)), rng=rng)
    assert found["fit"]["verdict"] == "does not fit"
    assert found["fit"]["both_alleles"]["share"] < 0.05
    # Nothing tells a false SNP from a locus that is one-sided throughout.
    assert found["vcf"]["false"]["found"] == 0


def test_too_few_reads_give_no_verdict(tmp_path, rng):
    world = make_world(rng)
    found, _, _ = quality(tmp_path, world, Pairs().add(rng, world, 100), rng=rng)
    assert found["fit"]["verdict"] is None
    assert found["warnings"] == []


def test_false_and_missing_variants_are_found_and_estimated(tmp_path, rng):
    world = make_world(rng, length=40_000)
    rows = Pairs().add(rng, world, 3 * PAIRS)
    records = records_of(world)
    lost = {record[1] for record in records if rng.random() < 0.1}
    kept = [record for record in records if record[1] not in lost]
    false = {}
    for position in rng.choice(40_000, 20, replace=False).tolist():
        if position not in world.snps:
            ref = world.reference[position]
            alt = next(base for base in "ACGT" if base != ref)
            false[position] = ("1", position, ref, alt, (0, 1))
    records = sorted([*kept, *false.values()], key=lambda record: record[1])
    found, _, suspects = quality(tmp_path, world, rows, records, rng=rng)
    by_problem = suspects.groupby("problem")["pos"].agg(set)
    assert by_problem["alt_not_seen"] <= set(false)
    assert len(by_problem["alt_not_seen"]) >= 0.8 * len(false)
    assert by_problem["not_in_vcf"] <= lost
    assert len(by_problem["not_in_vcf"]) >= 0.95 * len(lost)
    assert "ref_not_seen" not in by_problem
    assert found["vcf"]["false"]["share"] == pytest.approx(len(false) / len(records), rel=0.3)
    assert found["vcf"]["missing"]["share"] == pytest.approx(0.1, rel=0.35)
    assert sum("likely false" in text or "missing in the VCF" in text for text in found["warnings"]) == 2
    assert found["fit"]["verdict"] == "fits"


def test_a_one_sided_neighbourhood_is_not_false(tmp_path, rng):
    world = make_world(rng)
    rows = Pairs().add(rng, world, PAIRS)
    # As an imprinted locus: no pair of B over 4 kb.
    rows.rows = [row for row in rows.rows if not (row[2] == 1 and 8000 < row[0] < 12_000)]
    found, _, suspects = quality(tmp_path, world, rows, rng=rng)
    inside = suspects["pos"].between(8600, 11_800)
    assert not inside.any()
    assert found["vcf"]["false"]["found"] <= 2


def third_genotype(rng, world, share_of_third_bases):
    """The world of a foreign genotype; at some SNPs it has a base that neither haplotype has."""
    snps = dict(world.snps)
    for position, alleles in world.snps.items():
        if rng.random() < share_of_third_bases:
            base = next(base for base in "ACGT" if base not in alleles)
            snps[position] = (base, base)
    return World(world.reference, snps, world.contig)


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_foreign_dna_is_seen_at_snps(tmp_path, rng, share):
    world = make_world(rng)
    foreign = third_genotype(rng, world, 0.5)
    rows = Pairs().add(rng, world, int(PAIRS * (1 - share)))
    alien = Pairs().add(rng, foreign, int(PAIRS * share))
    # Both kinds of pairs in one file: the alien ones are written as a second world of the same contig.
    merged = merge(tmp_path, world, rows, foreign, alien, rng)
    result, _, _ = count(tmp_path, [world], merged)
    found = summarise_quality(result, ASSIGNMENT, [])["contamination"]["third_base"]
    assert found["low"] <= share * 0.5 <= found["high"] + 0.002
    warned = any("another genotype" in text for text in summarise_quality(result, ASSIGNMENT, [])["warnings"])
    assert warned == (share > 0)


def merge(folder, world, rows, foreign, alien, rng):
    import pysam

    parts = [
        write_reads(folder / "own.bam", [world], [rows], rng, error=0.002),
        write_reads(folder / "alien.bam", [foreign], [alien], rng, error=0.002),
    ]
    segments = []
    for number, part in enumerate(parts):
        with pysam.AlignmentFile(str(part)) as file:
            header = file.header
            for segment in file:
                segment.query_name = f"{number}.{segment.query_name}"
                segments.append(segment)
    with pysam.AlignmentFile(str(folder / "both.bam"), "wb", header=header) as file:
        for segment in sorted(segments, key=lambda one: one.reference_start):
            file.write(segment)
    return folder / "both.bam"


def test_reference_bases_where_both_haplotypes_differ_from_it_are_foreign(tmp_path, rng):
    world = make_world(rng, shared=0.5)
    plain = World(world.reference, {}, world.contig)
    rows, alien = Pairs().add(rng, world, PAIRS), Pairs().add(rng, plain, PAIRS // 20)
    result, _, suspects = count(tmp_path, [world], merge(tmp_path, world, rows, plain, alien, rng))
    found = summarise_quality(result, ASSIGNMENT, [])
    excess = found["contamination"]["reference_base_at_shared_snps"]
    assert excess["low"] <= 1 / 21 <= excess["high"]
    assert any("are the reference's" in text for text in found["warnings"])
    # What both carry is in the VCF, and so not missing there.
    assert "not_in_vcf" not in set(suspects["problem"])


def test_swapping_the_parents_mirrors_every_number(tmp_path, rng):
    world = make_world(rng)
    rows = Pairs().add(rng, world, 1500)
    mirrored = World(world.reference, {p: pair[::-1] for p, pair in world.snps.items()}, world.contig)
    other = Pairs([(s, n, 1 - side, tag and 3 - tag) for s, n, side, tag in rows.rows])
    results = []
    for name, one, pairs in (("ab", world, rows), ("ba", mirrored, other)):
        folder = tmp_path / name
        folder.mkdir()
        results.append(quality(folder, one, pairs, rng=np.random.default_rng(1)))
    (first, counts, _), (second, swapped, _) = results
    assert (counts["count_a"] == swapped["count_b"]).all()
    assert (counts["base_b"] == swapped["base_a"]).all()
    assert (counts["haplotype_alt"] != swapped["haplotype_alt"]).all()
    assert first["fit"]["both_alleles"] == second["fit"]["both_alleles"]
    assert first["vcf"] == second["vcf"]
    assert first["contamination"] == second["contamination"]
    for name, values in first["bias"]["classes"].items():
        assert (values["a"], values["b"]) == tuple(second["bias"]["classes"][name][k] for k in "ba")
    assert first["insert_size"]["informative_A"] == second["insert_size"]["informative_B"]
    assert first["insert_size"]["max_difference"] == second["insert_size"]["max_difference"]


def test_a_hemizygous_contig_is_left_out(tmp_path, rng):
    worlds = [make_world(rng, length=5000), make_world(rng, length=5000, contig="X")]
    rows = [Pairs().add(rng, worlds[0], 300), Pairs().add(rng, worlds[1], 300, sides=(0,))]
    bam = write_reads(tmp_path / "x.bam", worlds, rows)
    result, counts, _ = count(tmp_path, worlds, bam, left_out=["X"])
    found = summarise_quality(result, {"contigs": {"X": ASSIGNMENT["contigs"]["1"]}}, ["X"])
    assert set(counts["chrom"]) == {"1"}
    assert found["coverage"]["pairs"] == 300
    assert found["reads_left_out"] == 600
    assert found["bias"]["contigs"] == {}
