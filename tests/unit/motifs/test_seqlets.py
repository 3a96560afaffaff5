from dataclasses import replace

import numpy as np
import pandas as pd
from motif_world import IdentityMap

from deepallele.motifs.attributions import read_contributions
from deepallele.motifs.seqlets import find_runs, seqlet_table

MAPS = {"M": IdentityMap(), "P": IdentityMap()}


def _runs(values):
    return find_runs(np.array([values], dtype=np.float32), 2.0).tolist()


def test_four_positions_are_needed_and_one_gap_is_allowed():
    assert _runs([2, 2, 2, 0, 0, 0]) == []
    assert _runs([2, 2, 0, 2, 2, 0]) == [[0, 0, 5, 1]]
    assert _runs([2, 2, 0, 0, 2, 2]) == []
    assert _runs([2, 0, 2, 0, 2, 0, 2]) == [[0, 0, 7, 1]]


def test_the_other_sign_ends_a_run():
    assert _runs([-3, -3, -3, -3, 3, 3, 3, 3]) == [[0, 0, 4, -1], [0, 4, 8, 1]]
    assert _runs([3, 3, -3, 3, 3]) == []
    assert _runs([3, 3, -1, 3, 3]) == [[0, 0, 5, 1]]


def test_a_run_does_not_reach_into_the_next_row():
    values = np.array([[0, 0, 3, 3], [3, 3, 0, 0]], dtype=np.float32)
    assert len(find_runs(values, 2.0)) == 0


def _quiet(world):
    """The first two regions, without variants, and contributions of 1 / 4 that never pass."""
    dataset = world.dataset
    shape = (2, 2, dataset.sequence.shape[2])
    part = replace(
        dataset,
        sequence=dataset.sequence[:2],
        region=dataset.region.iloc[:2],
        start=dataset.start[:2],
        count=dataset.count[:2],
        split=dataset.split[:, :2],
        variant=dataset.variant.iloc[:0],
    )
    return part, np.tile(np.array([0.01, -0.01], dtype=np.float32), shape[2] * 2).reshape(shape)


def test_common_and_unique_seqlets_and_their_effects(world):
    dataset, contribution = _quiet(world)
    contribution[0, 0, 10:15] = [1, 1, 3, 1, 1]
    contribution[0, 1, 12:16] = 1
    contribution[1, 1, 50:54] = -2
    table = seqlet_table(contribution, dataset, MAPS, 1.96)
    assert table[["row", "haplotype", "start", "end"]].to_numpy().tolist() == [
        [0, "A", 10, 15],
        [0, "B", 12, 16],
        [1, "B", 50, 54],
    ]
    assert table["common"].tolist() == [True, True, False]
    np.testing.assert_allclose(table["mean_effect"], [1.4, 1, -2], rtol=1e-6)
    np.testing.assert_allclose(table["max_effect"], [3, 1, -2])
    np.testing.assert_allclose(table["mate_mean_effect"], [0.6, 4.99 / 4, 0], atol=1e-6)
    rms = np.sqrt(np.mean(contribution.astype(float) ** 2))
    np.testing.assert_allclose(table["z"], table["mean_effect"] / rms, rtol=1e-6)
    first = dataset.region["start"].iloc[0]
    assert table["ref_start"].iloc[0] == first + 10 and table["ref_end"].iloc[0] == first + 15
    bases = np.array(list("ACGT"))
    assert table["sequence"].iloc[0] == "".join(bases[dataset.sequence[0, 0, 10:15]])


def test_a_seqlet_of_the_other_sign_is_not_common(world):
    dataset, contribution = _quiet(world)
    contribution[0, 0, 10:15] = 1
    contribution[0, 1, 10:15] = -1
    assert seqlet_table(contribution, dataset, MAPS, 1.96)["common"].tolist() == [False, False]


def test_bases_that_the_other_haplotype_lacks_have_no_mate(world):
    dataset, contribution = _quiet(world)
    contribution[0, 0, 11:15] = 1
    variant = world.dataset.variant.iloc[:1].assign(allele_a="ACCCC", allele_b="A", offset_a=10, offset_b=10)
    table = seqlet_table(contribution, replace(dataset, variant=variant), MAPS, 1.96)
    assert table["mate_start"].tolist() == table["mate_end"].tolist() == [11]
    assert table["mate_mean_effect"].isna().all() and table["mate_max_effect"].isna().all()
    assert not table["common"].any()


def test_no_contribution_at_all_gives_an_empty_table(world):
    dataset, contribution = _quiet(world)
    table = seqlet_table(np.zeros_like(contribution), dataset, MAPS, 1.96)
    assert len(table) == 0 and "sequence" in table.columns


def test_planted_sites_give_seqlets_and_noise_does_not(world):
    dataset = world.dataset
    contribution = read_contributions(world.attributions, dataset.sequence, dataset.region["name"])
    table = seqlet_table(contribution, dataset, MAPS, 1.96)
    pairs = table.merge(world.sites, on="row", suffixes=("", "_site"))
    pairs = pairs[(pairs["start"] < pairs["end_site"]) & (pairs["start_site"] < pairs["end"])]
    found = len(pd.unique(pairs["row"] * 1000 + pairs["start_site"])) / len(world.sites)
    assert found > 0.9
    assert table["seqlet"].isin(pairs["seqlet"]).mean() > 0.99


def test_only_bases_that_were_asked_for_set_the_scale(world):
    """Regions in no test fold have no contributions, padding has no bases: neither makes others stand out."""
    dataset, contribution = _quiet(world)
    contribution = np.random.default_rng(0).normal(0, 1, contribution.shape).astype(np.float32)
    contribution[1] = 0
    contribution[:, :, 150:] = 0
    split, sequence = dataset.split.copy(), dataset.sequence.copy()
    split[:, 1] = 0
    sequence[:, :, 150:] = 4
    table = seqlet_table(contribution, replace(dataset, split=split, sequence=sequence), MAPS, 0.5)
    rms = np.sqrt(np.mean(contribution[0, :, :150].astype(float) ** 2))
    assert len(table) > 3
    np.testing.assert_allclose(table["z"], table["mean_effect"] / rms, rtol=1e-6)
