import numpy as np
import pytest
from allele_records import LENGTHS, Read, block_map, pair, write_bam

from deepallele.allele.alignments import describe
from deepallele.allele.bam import open_bam
from deepallele.allele.lift import Lift
from deepallele.allele.likelihood import LOG_CHANCE
from deepallele.allele.sites import Sites


def make(*places, lengths=(5000, 1000)):
    table = np.array(places, dtype=np.int64).reshape(-1, 3)
    return Sites(list(lengths), table[:, 0], table[:, 1], table[:, 2])


def test_bases_are_found_as_by_plain_search():
    rng = np.random.default_rng(1)
    starts = np.sort(rng.choice(np.arange(0, 990, 4), 100, replace=False))
    places = [(int(rng.integers(0, 2)), int(s), int(s + rng.integers(1, 4))) for s in starts]
    sites = make(*(places[i] for i in rng.permutation(len(places))), lengths=(1000, 1000))
    ordered = sorted(places)
    tid, position = rng.integers(0, 2, 3000), rng.integers(-1, 1000, 3000)
    expected = [
        next((i for i, (t, s, e) in enumerate(ordered) if t == contig and s <= place < e), -1)
        for contig, place in zip(tid.tolist(), position.tolist(), strict=True)
    ]
    assert sites.find(tid, position).tolist() == expected
    assert np.stack(sites.places(np.arange(len(sites))), axis=1).tolist() == [
        list(place) for place in ordered
    ]


def test_the_end_of_a_contig_is_not_the_start_of_the_next():
    sites = make((0, 999, 1000), (1, 0, 1), lengths=(1000, 1000))
    assert sites.find(np.array([0, 1, 1]), np.array([999, 0, 1])).tolist() == [0, 1, -1]


def test_no_site():
    assert Sites.none().find(np.array([0]), np.array([5])).tolist() == [-1]


@pytest.mark.parametrize("position", [110, 2515])
def test_costs_of_mismatches_at_sites(tmp_path, position):
    # On B the base lies 5 bases to the left behind the deletion at 2000.
    start = position - 10 - 5 * (position > 2000)
    reads = pair(start)
    reads[0].md, reads[1].md = "10C9", "5C14"
    elsewhere = pair(300, md="3C16")
    bam = write_bam(tmp_path / "b.bam", "B", [[Read(None), Read(None)], reads, elsewhere])
    stream = open_bam(bam)
    lift = Lift(block_map("B"), stream.header, LENGTHS["A"], "b")
    sites = make((0, 7, 8), (0, position, position + 1))
    costs = describe(stream.take(10), 2, lift, sites).site_costs
    assert (costs.pair.tolist(), costs.site.tolist()) == ([1], [1])
    error = 1e-4
    assert costs.cost[0] == pytest.approx(np.log(error / 3) - np.log(1 - error))
    assert costs.cost[0] < LOG_CHANCE
