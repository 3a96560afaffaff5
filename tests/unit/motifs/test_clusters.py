import numpy as np
import pandas as pd
import pytest
from motif_world import PLANTED, IdentityMap

from deepallele.motifs import clusters
from deepallele.motifs.attributions import read_contributions
from deepallele.motifs.clusters import choose, join, make_sites
from deepallele.motifs.combine import cluster_seqlets
from deepallele.motifs.database import load_database
from deepallele.motifs.matrices import information
from deepallele.motifs.naming import name_motifs
from deepallele.motifs.seqlets import seqlet_table
from deepallele.motifs.similarity import zero_sum


@pytest.fixture(scope="module")
def seqlets(world):
    dataset = world.dataset
    contribution = read_contributions(world.attributions, dataset.sequence, dataset.region["name"])
    return seqlet_table(contribution, dataset, {"M": IdentityMap(), "P": IdentityMap()}, 1.96)


@pytest.fixture(scope="module")
def clustered(world, seqlets):
    return cluster_seqlets(seqlets, world.attributions, world.dataset, 2000, 20)


def _with_tf(table, world):
    pairs = table.merge(world.sites, on="row", suffixes=("", "_site"))
    pairs = pairs[(pairs["start"] < pairs["end_site"]) & (pairs["start_site"] < pairs["end"])]
    return pairs.drop_duplicates("seqlet")


def test_clusters_are_pure_and_hold_most_planted_seqlets(clustered, world):
    pairs = _with_tf(clustered[0], world)
    inside = pairs[pairs["cluster"] >= 0]
    purity = inside.groupby("cluster")["tf"].agg(lambda tf: tf.value_counts(normalize=True).iloc[0])
    assert purity.min() > 0.9
    assert len(inside) / len(pairs) > 0.8
    assert set(inside["tf"]) == set(PLANTED)


def test_clusters_are_few(clustered):
    assert len(PLANTED) <= len(clustered[1]) <= 3 * len(PLANTED)


def test_every_planted_motif_is_named_exactly(clustered, world):
    table, _, motifs = clustered
    named = name_motifs(motifs, load_database("JASPAR2020", "vertebrates"), 0.05, 4)
    pairs = _with_tf(table, world)
    majority = pairs[pairs["cluster"] >= 0].groupby("cluster")["tf"].agg(lambda tf: tf.mode()[0])
    matched = [
        tf in set(named.loc[named["motif"] == f"cluster_{number}", "tf"]) for number, tf in majority.items()
    ]
    assert all(matched)


def test_summary_counts_what_the_table_says(clustered, world):
    table, summary, motifs = clustered
    sizes = table.loc[table["cluster"] >= 0, "cluster"].value_counts().sort_index()
    assert summary["n_seqlets"].tolist() == sizes.tolist() == sorted(sizes, reverse=True)
    assert summary["n_seqlets"].min() >= 20
    assert [motif.n_sites for motif in motifs] == sizes.tolist()
    one = table[table["cluster"] == 0]
    assert summary["share_regions"].iloc[0] == one["row"].nunique() / len(world.dataset.region)
    assert summary["share_negative"].max() == 0


def test_pwm_rows_sum_to_1_and_cwm_follows_it(clustered):
    for motif in clustered[2]:
        np.testing.assert_allclose(motif.pwm.sum(axis=1), 1)
        assert motif.cwm.shape == motif.pwm.shape
        strong = motif.pwm.max(axis=1) > 0.8
        assert (motif.pwm.argmax(axis=1) == motif.cwm.argmax(axis=1))[strong].all()


def test_rounds_reach_seqlets_beyond_the_cap(world, seqlets):
    table, _, _ = cluster_seqlets(seqlets, world.attributions, world.dataset, 150, 20)
    pairs = _with_tf(table, world)
    assert (pairs["cluster"] >= 0).mean() > 0.7
    assert set(pairs.loc[pairs["cluster"] >= 0, "tf"]) == set(PLANTED)


def test_noise_makes_no_cluster(world, seqlets):
    rng = np.random.default_rng(0)
    length = rng.integers(4, 12, 400)
    matrix = rng.normal(size=(400, 12, 4)).astype(np.float32)
    label = clusters.cluster(make_sites(matrix, length), lambda left: left, 20)
    assert (label == -1).all()


def test_no_seqlet_at_all(world, seqlets):
    table, summary, motifs = cluster_seqlets(seqlets.iloc[:0], world.attributions, world.dataset, 2000, 20)
    assert len(table) == len(summary) == len(motifs) == 0
    assert list(table.columns[-2:]) == ["cluster", "sequence"]


def test_choice_takes_chromosomes_in_turn_strongest_first_and_each_site_once():
    table = pd.DataFrame(
        {
            "chrom": ["1"] * 5 + ["2"] * 2,
            "row": [0, 0, 1, 2, 3, 4, 5],
            "sequence": ["AAAA", "AAAA", "CCCC", "GGGG", "TTTT", "AAAA", "CCCC"],
            "start": 0,
            "end": 4,
            "mean_effect": [-9.0, 8.0, 7.0, 6.0, 5.0, 0.2, 0.1],
        }
    )
    assert choose(table, np.arange(7), 4).tolist() == [0, 2, 5, 6]
    assert choose(table, np.array([2, 3, 4, 5]), 2).tolist() == [2, 5]


def test_join_puts_like_groups_together_and_leaves_others():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, 10, 4))
    matrix = np.repeat([one, one, other], 10, axis=0) + rng.normal(0, 0.1, (30, 10, 4))
    sites = make_sites(matrix.astype(np.float32), np.full(30, 10))
    groups = join(sites, [np.arange(10), np.arange(10, 20), np.arange(20, 30)])
    assert sorted(map(len, groups)) == [10, 20]


def test_members_of_both_strands_are_laid_on_each_other(clustered):
    """A motif whose turned members were placed wrongly would be blurred."""
    for motif in clustered[2]:
        assert np.sort(information(motif.pwm))[-4:].min() > 1.2


def test_profile_of_turned_copies_is_the_motif_itself():
    rng = np.random.default_rng(3)
    motif = zero_sum(rng.normal(size=(1, 9, 4)).astype(np.float32))
    matrix = np.concatenate([motif, motif[:, ::-1, ::-1], motif, motif[:, ::-1, ::-1]])
    profile = clusters._profiles(make_sites(matrix, np.full(4, 9)), [np.arange(4)])
    best = min(np.abs(profile.matrix - one).max() for one in (motif, motif[:, ::-1, ::-1]))
    assert best < 1e-6
