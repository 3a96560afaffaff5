import numpy as np
import pytest
from allele_records import LENGTHS, UNALIGNED, Read, describe_bam, pair, run, write_bam

from deepallele.allele.compare import Places, decide
from deepallele.allele.fields import alignment_scores
from deepallele.allele.intervals import IntervalSet
from deepallele.allele.outcome import Fate, Mode, Settings
from deepallele.errors import InputError

SETTINGS = Settings(min_insert=10, max_insert=1000, mode=Mode.PUBLISHED)
NOTHING = IntervalSet(list(LENGTHS["A"].values()))


def proper(pos=100, length=200, scores=(50, 50), mapqs=(40, 40), contig="1", flag=True):
    """A pair that passes the filters unless told otherwise."""
    reads = pair(pos, length, contig, proper=flag)
    for read, score, mapq in zip(reads, scores, mapqs, strict=True):
        read.score, read.mapq = score, mapq
    return reads


def decision(tmp_path, template_a, template_b, variants=None, settings=SETTINGS):
    mates = len(template_a)
    a = describe_bam(write_bam(tmp_path / "a.bam", "A", [template_a]), "A", mates)
    b = describe_bam(write_bam(tmp_path / "b.bam", "B", [template_b]), "B", mates)
    places = Places(np.zeros(2, dtype=bool), np.zeros(2, dtype=bool), NOTHING, variants)
    found, mirrored = decide(a, b, settings, places), decide(b, a, settings, places)
    swap = [1, 0, *range(2, len(Fate))]
    assert swap[mirrored.fate[0]] == found.fate[0] and mirrored.posterior[0] == 1 - found.posterior[0]
    return Fate(found.fate[0]), float(found.posterior[0]), int(found.side[0])


def fate(tmp_path, template_a, template_b, **options):
    return decision(tmp_path, template_a, template_b, **options)[0]


def test_the_larger_sum_of_scores_wins(tmp_path):
    better, worse = proper(scores=(60, 31)), proper(scores=(30, 60))
    assert decision(tmp_path, better, worse) == (Fate.INFORMATIVE_A, 1.0, 0)
    assert decision(tmp_path, worse, better) == (Fate.INFORMATIVE_B, 0.0, 1)
    equal = proper(scores=(61, 30))
    assert decision(tmp_path, better, equal)[:2] == (Fate.AMBIGUOUS, 0.5)


def test_base_qualities_have_no_say(tmp_path):
    worse = pair(100, proper=True, md="5C14", quality=2)
    assert fate(tmp_path, pair(100, proper=True), worse) is Fate.AMBIGUOUS
    worse[0].score = -1
    assert fate(tmp_path, pair(100, proper=True), worse) is Fate.INFORMATIVE_A


def test_a_pair_that_passes_on_one_haplotype_only_is_of_that_one(tmp_path):
    good = proper(scores=(10, 10))
    for failing in (
        proper(flag=False),
        proper(mapqs=(1, 40)),
        proper(length=1001),
        [proper()[0], UNALIGNED],
        [UNALIGNED, UNALIGNED],
    ):
        assert decision(tmp_path, good, failing) == (Fate.INFORMATIVE_A, 1.0, 0)


def test_the_shortest_and_longest_fragments(tmp_path):
    def short(length):
        read = Read(pos=100, cigar=f"{length}M", md=str(length), sequence="ACGTACGTACG"[:length], proper=True)
        return [read, Read(**{**vars(read), "reverse": True})]

    assert fate(tmp_path, short(10), short(10)) is Fate.AMBIGUOUS
    assert fate(tmp_path, short(9), short(9)) is Fate.DISCORDANT
    assert fate(tmp_path, proper(length=1000), proper(length=1000)) is Fate.AMBIGUOUS
    assert fate(tmp_path, proper(length=1001), proper(length=1001)) is Fate.DISCORDANT


def test_pairs_that_pass_on_neither_are_dropped_with_the_reason(tmp_path):
    nothing, single = [UNALIGNED, UNALIGNED], [proper()[0], UNALIGNED]
    low, loose = proper(mapqs=(40, 1)), proper(flag=False)
    assert fate(tmp_path, nothing, nothing) is Fate.UNALIGNED
    assert fate(tmp_path, single, nothing) is Fate.ONE_MATE
    assert fate(tmp_path, single, loose) is Fate.DISCORDANT
    assert fate(tmp_path, low, loose) is Fate.LOW_MAPQ
    assert fate(tmp_path, low, low) is Fate.LOW_MAPQ


def test_no_variant_needs_to_be_covered_and_places_need_not_agree(tmp_path):
    variants = IntervalSet(list(LENGTHS["A"].values()), [(0, 4000, 4001)])
    better, worse = proper(scores=(50, 50)), proper(scores=(50, 40))
    assert fate(tmp_path, better, worse, variants=variants) is Fate.INFORMATIVE_A
    assert fate(tmp_path, proper(100), proper(700)) is Fate.AMBIGUOUS


def test_ambiguous_pairs_lie_where_they_can_be_lifted(tmp_path):
    # B's 30 more bases lie at 2995 to 3025 there.
    inside = [Read(pos=2800, proper=True), Read(pos=3000, reverse=True, proper=True)]
    placed = decision(tmp_path, pair(2805, proper=True), inside)
    assert (placed[0], placed[2]) == (Fate.AMBIGUOUS, 0)
    assert fate(tmp_path, [UNALIGNED, UNALIGNED], inside) is Fate.UNLIFTED


def test_single_reads_need_a_mapping_quality_only(tmp_path):
    read, low = [Read(pos=100, score=20)], [Read(pos=100, score=30, mapq=1)]
    assert fate(tmp_path, read, low) is Fate.INFORMATIVE_A
    assert fate(tmp_path, low, low) is Fate.LOW_MAPQ
    assert fate(tmp_path, [Read(pos=100, score=21)], read) is Fate.INFORMATIVE_A
    assert fate(tmp_path, [UNALIGNED], [UNALIGNED]) is Fate.UNALIGNED


def test_scores_of_all_sizes(tmp_path):
    scores = [-128, -1, 0, 255, 256, -129, -32768, 65535, 65536, -40000, None]
    reads = [[Read(pos=100, score=score)] for score in scores[:-1]] + [[UNALIGNED]]
    records = describe_bam(write_bam(tmp_path / "a.bam", "A", reads), "A", 1).records
    assert alignment_scores(records).tolist() == [*scores[:-1], 0]


def test_a_missing_score_is_told(tmp_path):
    template = [proper()[0], proper()[1]]
    template[1].score = None
    with pytest.raises(InputError, match=r"read read0: no alignment score \(AS\)"):
        decision(tmp_path, template, template)
    # The other mode needs none.
    assert fate(tmp_path, template, template, settings=Settings()) is Fate.AMBIGUOUS


def test_the_whole_step(tmp_path):
    a = [proper(100, scores=(50, 40)), proper(200), proper(300, mapqs=(0, 0)), proper(400)]
    b = [proper(100, scores=(50, 50)), proper(200), proper(300, mapqs=(0, 0)), proper(400, flag=False)]
    stats, records = run(tmp_path / "x", a, b, settings=SETTINGS, split=True)
    expected = {"informative_A": 1, "informative_B": 1, "ambiguous": 1, "low_mapq": 1, "mode": "published"}
    assert {name: stats[name] for name in expected} == expected
    tags = {
        record.query_name: (dict(record.get_tags()).get("HP"), record.get_tag("XH")) for record in records
    }
    assert tags == {"read0": (2, 0.0), "read1": (None, 0.5), "read3": (1, 1.0)}
