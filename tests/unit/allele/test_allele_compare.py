import numpy as np
import pytest
from allele_records import LENGTHS, UNALIGNED, Read, describe_bam, pair, write_bam

from deepallele.allele.compare import Places, decide, posterior_of_first
from deepallele.allele.intervals import IntervalSet
from deepallele.allele.outcome import Fate, Settings

NOTHING = IntervalSet(list(LENGTHS["A"].values()))


def fates(
    tmp_path,
    templates_a,
    templates_b,
    settings=None,
    excluded=(False, False),
    blacklist=NOTHING,
    variants=None,
    hemizygous=(False, False),
):
    """Decision on templates; also seen to be mirrored when the haplotypes are swapped."""
    mates = len(templates_a[0])
    a = describe_bam(write_bam(tmp_path / "a.bam", "A", templates_a), "A", mates)
    b = describe_bam(write_bam(tmp_path / "b.bam", "B", templates_b), "B", mates)
    places = Places(np.array(excluded), np.array(hemizygous), blacklist, variants)
    decision, mirrored = (decide(*both, settings or Settings(), places) for both in ((a, b), (b, a)))
    swap = np.array([1, 0, *range(2, len(Fate))])
    assert (swap[mirrored.fate] == decision.fate).all()
    assert (1 - mirrored.posterior == decision.posterior).all()
    for name in ("mapq", "no_variant", "overruled", "apart"):
        assert (getattr(mirrored, name) == getattr(decision, name)).all()
    return decision


def one(tmp_path, template_a, template_b, **rules):
    return Fate(fates(tmp_path, [template_a], [template_b], **rules).fate[0])


WORSE = {"md": "5C14"}


def test_posterior_is_logistic_and_mirrored_exactly():
    first = np.array([0.0, 0.0, -3.0, -800.0, -1.234567])
    second = np.array([0.0, -3.0, 0.0, 0.0, -0.1])
    found = posterior_of_first(first, second)
    np.testing.assert_allclose(found[:4], [0.5, 0.952574, 0.047426, 0.0], atol=1e-6)
    assert found[4] == pytest.approx(1 / (1 + np.exp(1.134567)), abs=1e-6)
    assert (posterior_of_first(second, first) == 1 - found).all()
    narrow = found.astype(np.float32)
    assert (1 - narrow.astype(np.float64) == posterior_of_first(second, first)).all()


def test_the_better_haplotype_wins(tmp_path):
    assert one(tmp_path, pair(100), pair(100, **WORSE)) is Fate.INFORMATIVE_A
    assert one(tmp_path, pair(100, **WORSE), pair(100)) is Fate.INFORMATIVE_B
    assert one(tmp_path, pair(100), pair(100)) is Fate.AMBIGUOUS


def test_an_indel_alone_decides(tmp_path):
    gapped = [Read(pos=100, cigar="10M2I8M", md="18"), *pair(100)[1:]]
    assert one(tmp_path, pair(100), gapped) is Fate.INFORMATIVE_A


def test_base_quality_decides_what_the_number_of_mismatches_cannot(tmp_path):
    poor = [Read(pos=100, md="5C14", quality=5), pair(100)[1]]
    decision = fates(tmp_path, [pair(100)], [poor])
    assert decision.fate[0] == Fate.AMBIGUOUS
    error = 10**-0.5
    assert decision.posterior[0] == pytest.approx((1 - error) / (1 - error + error / 3), abs=1e-6)


def test_both_mates_count_together(tmp_path):
    left = [Read(pos=100, md="5C14"), pair(100)[1]]
    right = [Read(pos=100), Read(pos=280, md="5C14", reverse=True)]
    assert one(tmp_path, left, right) is Fate.AMBIGUOUS


def test_unaligned_and_one_mate(tmp_path):
    nothing, single = [UNALIGNED, UNALIGNED], [Read(pos=100), UNALIGNED]
    assert one(tmp_path, nothing, nothing) is Fate.UNALIGNED
    assert one(tmp_path, single, nothing) is Fate.ONE_MATE
    assert one(tmp_path, single, [UNALIGNED, Read(pos=280, reverse=True)]) is Fate.ONE_MATE
    assert one(tmp_path, single, pair(100)) is Fate.INFORMATIVE_B
    # Even a poor alignment is better than none.
    poor = [Read(pos=100), Read(pos=280, md="5C5C8", reverse=True)]
    assert one(tmp_path, single, poor) is Fate.INFORMATIVE_B


@pytest.mark.parametrize(
    "template",
    [
        [Read(pos=100), Read(pos=280)],
        [Read(pos=100, reverse=True), Read(pos=280)],
        [Read(pos=100), Read("2", 280, reverse=True)],
        pair(100, 1001),
        pair(100, 49),
    ],
    ids=["same strand", "facing away", "two contigs", "too long", "too short"],
)
def test_discordant_pairs(tmp_path, template):
    settings = Settings(min_insert=50)
    assert one(tmp_path, template, template, settings=settings) is Fate.DISCORDANT
    other = [*pair(100)]
    assert one(tmp_path, template, other, settings=settings) is Fate.AMBIGUOUS


@pytest.mark.parametrize("length", [50, 1000])
def test_limits_of_the_fragment_length_are_allowed(tmp_path, length):
    settings = Settings(min_insert=50)
    assert one(tmp_path, pair(100, length), pair(100, length), settings=settings) is Fate.AMBIGUOUS


def test_mates_that_cover_the_same_bases_are_concordant(tmp_path):
    assert one(tmp_path, pair(100, 20), pair(100, 20)) is Fate.AMBIGUOUS


@pytest.mark.parametrize(
    ("forward", "backward", "fate"),
    [
        ((100, "20M"), (100, "20M"), Fate.AMBIGUOUS),
        ((105, "20M"), (100, "20M"), Fate.AMBIGUOUS),
        ((119, "20M"), (100, "20M"), Fate.AMBIGUOUS),
        ((120, "20M"), (100, "20M"), Fate.DISCORDANT),
        ((100, "20M"), (100, "10M"), Fate.AMBIGUOUS),
        ((110, "10M"), (100, "20M"), Fate.AMBIGUOUS),
        ((100, "10M300N10M"), (100, "20M"), Fate.AMBIGUOUS),
        ((100, "10M300N10M"), (405, "20M"), Fate.AMBIGUOUS),
        ((100, "10M300N10M"), (405, "10M500N10M"), Fate.AMBIGUOUS),
        ((100, "10M300N10M"), (405, "10M900N10M"), Fate.DISCORDANT),
    ],
    ids=[
        *("same ends", "past each other", "one base shared", "no base shared", "one inside", "other inside"),
        *("one spliced", "meet behind an intron", "both spliced", "longer than allowed"),
    ],
)
def test_short_and_spliced_fragments(tmp_path, forward, backward, fate):
    def read(place, reverse):
        length = sum(map(int, place[1].replace("M", " ").replace("N", " ").split()[::2]))
        bases = "ACGTACGTACGTACGTACGT"[:length]
        return Read(pos=place[0], cigar=place[1], md=str(length), sequence=bases, reverse=reverse)

    template = [read(forward, False), read(backward, True)]
    assert one(tmp_path, template, template) is fate
    assert one(tmp_path, template[::-1], template[::-1]) is fate
    if fate is Fate.DISCORDANT and "N" in forward[1]:
        longer = Settings(max_insert=10**6)
        assert one(tmp_path, template, template, settings=longer) is Fate.AMBIGUOUS


def test_hemizygous_contigs(tmp_path):
    on_2 = pair(100, contig="2")
    rules = {"hemizygous": (False, True)}
    assert one(tmp_path, on_2, on_2, **rules) is Fate.HEMIZYGOUS
    assert one(tmp_path, on_2, pair(100, contig="2", **WORSE), **rules) is Fate.HEMIZYGOUS
    assert one(tmp_path, pair(100), pair(100), **rules) is Fate.AMBIGUOUS
    assert one(tmp_path, on_2, on_2, excluded=(False, True), **rules) is Fate.EXCLUDED_CONTIG
    assert one(tmp_path, pair(100, contig="2", mapq=1), on_2, settings=Settings(min_mapq=50), **rules) is (
        Fate.LOW_MAPQ
    )


def test_pairs_without_a_variant_are_ambiguous(tmp_path):
    variants = IntervalSet(list(LENGTHS["A"].values()), [(0, 105, 106), (0, 3600, 3601)])
    better = (pair(100), pair(100, **WORSE))
    covered = fates(tmp_path, [better[0]], [better[1]], variants=variants)
    assert covered.fate[0] == Fate.INFORMATIVE_A and not covered.no_variant[0] and not covered.overruled[0]
    away = fates(tmp_path, [pair(106)], [pair(106, **WORSE)], variants=variants)
    assert (away.fate[0], away.posterior[0]) == (Fate.AMBIGUOUS, 0.5)
    assert away.no_variant[0] and away.overruled[0]
    even = fates(tmp_path, [pair(106)], [pair(106)], variants=variants)
    assert even.no_variant[0] and not even.overruled[0]
    # Between the mates is not covered.
    assert one(tmp_path, pair(3500), pair(3525, **WORSE), variants=variants) is Fate.AMBIGUOUS
    # The alignment to either haplotype counts, and without a clear winner the places must agree.
    assert one(tmp_path, pair(500, **WORSE), pair(100), variants=variants) is Fate.INFORMATIVE_B
    assert one(tmp_path, pair(500), pair(100, **WORSE), variants=variants) is Fate.INFORMATIVE_A
    assert one(tmp_path, pair(500), pair(900, **WORSE), variants=variants) is Fate.DIFFERENT_PLACE


def test_alignments_that_lie_apart_are_marked(tmp_path):
    decision = fates(
        tmp_path, [pair(100), pair(100), pair(3500)], [pair(700, **WORSE), pair(150), pair(3525)]
    )
    assert decision.apart.tolist() == [True, False, False]


def test_different_places(tmp_path):
    assert one(tmp_path, pair(100), pair(700)) is Fate.DIFFERENT_PLACE
    assert one(tmp_path, pair(100), pair(100, contig="2")) is Fate.DIFFERENT_PLACE
    assert one(tmp_path, pair(100), pair(700, **WORSE)) is Fate.INFORMATIVE_A
    # 25 bases further on B, but the same place on the reference.
    assert one(tmp_path, pair(3500), pair(3525)) is Fate.AMBIGUOUS


def test_unlifted(tmp_path):
    # B's 30 more bases lie at 2995 to 3025 there.
    inside = [Read(pos=2800), Read(pos=3000, reverse=True)]
    assert one(tmp_path, [UNALIGNED, UNALIGNED], inside) is Fate.UNLIFTED
    # On the reference 2800 of B is 2805: only the second mate makes the difference.
    assert one(tmp_path, pair(2805), inside) is Fate.AMBIGUOUS


def test_best_mapq_of_both_haplotypes_and_mates_counts(tmp_path):
    low, high = pair(100, mapq=1), pair(100, mapq=2)
    mixed = [low[0], high[1]]
    assert one(tmp_path, low, low) is Fate.LOW_MAPQ
    assert one(tmp_path, low, high) is Fate.AMBIGUOUS
    assert one(tmp_path, mixed, low) is Fate.AMBIGUOUS
    assert one(tmp_path, pair(100, mapq=1, **WORSE), pair(100, mapq=1)) is Fate.LOW_MAPQ
    decision = fates(tmp_path, [[low[0], high[1]]], [[high[0], low[1]]])
    assert decision.mapq.tolist() == [[2, 2]]


def test_excluded_contig_and_blacklist(tmp_path):
    on_2 = pair(100, contig="2")
    assert one(tmp_path, on_2, on_2, excluded=(False, True)) is Fate.EXCLUDED_CONTIG
    # Between the mates, and in reference coordinates: 3525 on B is 3500.
    blacklist = IntervalSet(list(LENGTHS["A"].values()), [(0, 3600, 3601)])
    assert one(tmp_path, pair(3500, **WORSE), pair(3525), blacklist=blacklist) is Fate.BLACKLISTED
    assert one(tmp_path, pair(3601), pair(3626), blacklist=blacklist) is Fate.AMBIGUOUS
    assert one(tmp_path, pair(3400), pair(3425), blacklist=blacklist) is Fate.AMBIGUOUS


def test_single_reads(tmp_path):
    read, worse, low = [Read(pos=100)], [Read(pos=100, md="5C14")], [Read(pos=100, mapq=0)]
    decision = fates(
        tmp_path,
        [read, worse, read, [UNALIGNED], [UNALIGNED], low, read],
        [worse, read, read, [UNALIGNED], read, low, [Read(pos=500)]],
    )
    assert decision.fate.tolist() == [
        Fate.INFORMATIVE_A,
        Fate.INFORMATIVE_B,
        Fate.AMBIGUOUS,
        Fate.UNALIGNED,
        Fate.INFORMATIVE_B,
        Fate.LOW_MAPQ,
        Fate.DIFFERENT_PLACE,
    ]


def test_ambiguous_pairs_take_the_better_then_the_leftmost_place(tmp_path):
    gap_left = [Read(pos=100, cigar="5M1I14M", md="19"), pair(100)[1]]
    gap_right = [Read(pos=100, cigar="14M1I5M", md="19"), pair(100)[1]]
    decision = fates(
        tmp_path,
        [pair(100, quality=2), pair(105), pair(100), gap_left],
        [pair(100, md="5C14", quality=2), pair(104), pair(104), gap_right],
    )
    assert decision.fate.tolist() == [Fate.AMBIGUOUS] * 4
    assert decision.side[:3].tolist() == [0, 1, 0]
    # By the CIGAR where all else is equal; which one is no matter, but the same after a swap.
    swapped = fates(tmp_path, [gap_right], [gap_left])
    assert swapped.side[0] == 1 - decision.side[3]
